"""What official clients make of errors, refusals, counts and lists of models: their own classes and values."""

import base64
import json
from collections.abc import Iterator

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from kit.facts import gemini_request, messages_request, responses_request
from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway
from kit.replay import Replay

pytestmark = pytest.mark.timeout(120)

VENDORS = {
    # provider: (kind, model)
    "openai": ("openai", "gpt-4o"),
    "anthropic": ("anthropic", "claude-sonnet-4-6"),
    "older": ("anthropic", "claude-sonnet-4-5"),
    "gemini": ("gemini", "gemini-2.5-flash"),
}
WORDS = "You have used up your share of cucumbers."
ERRORS = {
    "openai": {"error": {"message": WORDS, "type": "tokens", "param": None, "code": "rate_limit_exceeded"}},
    "anthropic": {"type": "error", "error": {"type": "rate_limit_error", "message": WORDS}, "request_id": "req_v"},
    "gemini": {"error": {"code": 429, "message": WORDS, "status": "RESOURCE_EXHAUSTED"}},
}
PIXEL = base64.b64encode(b"\x89PNG not really").decode()


@pytest.fixture(scope="module")
def token(tollway: Tollway, upstream: Replay) -> str:
    """A token for all vendors."""
    root = f"http://127.0.0.1:{upstream.port}"
    listed = [provider(name, kind, root, json.dumps([model])) for name, (kind, model) in VENDORS.items()]
    tollway.apply("version: 1\nproviders:\n" + "".join(listed))
    return tollway.token()


@pytest.fixture
def openai_client(tollway: Tollway, token: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=token, max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(tollway: Tollway, token: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=tollway.gateway_url, api_key=token, max_retries=0) as client:
        yield client


@pytest.fixture
def google_client(tollway: Tollway, token: str) -> Iterator[genai.Client]:
    client = genai.Client(api_key=token, http_options=types.HttpOptions(base_url=tollway.gateway_url))
    yield client
    client.close()


@pytest.fixture
def raw_client(tollway: Tollway, token: str) -> Iterator[GatewayClient]:
    client = GatewayClient(tollway.gateway_url, token)
    yield client
    client.close()


@pytest.fixture
def replay(upstream: Replay) -> Iterator[Replay]:
    """The upstream with a whole answer of JSON, set by each test."""
    upstream.seen.clear()
    upstream.status, upstream.content_type = 200, "application/json"
    yield upstream
    upstream.status = 200


@pytest.mark.parametrize("vendor", ERRORS)
def test_a_vendors_limit_is_each_clients_own_class(replay, openai_client, anthropic_client, google_client, vendor):
    """The status, the vendor's words and the class that the client's users catch, whichever vendor refused."""
    replay.status, replay.answer = 429, json.dumps(ERRORS[vendor]).encode()
    model = VENDORS[vendor][1]
    said = [{"role": "user", "content": "hi"}]
    with pytest.raises(openai.RateLimitError, match="share of cucumbers"):
        openai_client.chat.completions.create(model=model, messages=said)
    with pytest.raises(openai.RateLimitError, match="share of cucumbers"):
        openai_client.responses.create(model=model, input="hi")
    with pytest.raises(anthropic.RateLimitError, match="share of cucumbers") as caught:
        anthropic_client.messages.create(model=model, messages=said, max_tokens=5)
    assert caught.value.type == "rate_limit_error"
    with pytest.raises(errors.ClientError, match="share of cucumbers") as refused:
        google_client.models.generate_content(model=model, contents="hi")
    assert (refused.value.code, refused.value.status) == (429, "RESOURCE_EXHAUSTED")


def test_what_a_vendor_cannot_be_asked_is_refused_by_the_callers_own_name(
    replay, openai_client, anthropic_client, google_client
):
    said = [{"role": "user", "content": "hi"}]
    with pytest.raises(openai.BadRequestError, match="logprobs") as caught:
        openai_client.chat.completions.create(model="claude-sonnet-4-6", messages=said, logprobs=True)
    assert (caught.value.code, caught.value.param) == ("request.untranslatable", "logprobs")
    with pytest.raises(openai.BadRequestError, match="background"):
        openai_client.responses.create(model="claude-sonnet-4-6", input="hi", background=True)
    with pytest.raises(anthropic.BadRequestError, match="container"):
        anthropic_client.messages.create(model="gpt-4o", messages=said, max_tokens=5, container="c_1")
    with pytest.raises(errors.ClientError, match="cachedContent"):
        config = types.GenerateContentConfig(cached_content="cachedContents/x")
        google_client.models.generate_content(model="gpt-4o", contents="hi", config=config)
    assert replay.seen == []


def test_counts_come_from_whoever_can_count(replay, anthropic_client, google_client):
    said = [{"role": "user", "content": "hi"}]
    replay.answer = b'{"input_tokens": 41}'
    assert anthropic_client.messages.count_tokens(model="claude-sonnet-4-6", messages=said).input_tokens == 41
    assert google_client.models.count_tokens(model="claude-sonnet-4-6", contents="hi").total_tokens == 41
    replay.answer = b'{"totalTokens": 42}'
    assert anthropic_client.messages.count_tokens(model="gemini-2.5-flash", messages=said).input_tokens == 42
    assert google_client.models.count_tokens(model="gemini-2.5-flash", contents="hi").total_tokens == 42
    asked = len(replay.seen)
    assert anthropic_client.messages.count_tokens(model="gpt-4o", messages=said).input_tokens > 0
    assert len(replay.seen) == asked, "OpenAI's Chat Completions cannot count; the gateway estimates"


def test_each_client_lists_the_models_in_its_own_shape(openai_client, anthropic_client, google_client):
    wanted = {model for _, model in VENDORS.values()}
    assert wanted <= {model.id for model in openai_client.models.list()}
    assert wanted <= {model.id for model in anthropic_client.models.list()}
    assert {f"models/{name}" for name in wanted} <= {model.name for model in google_client.models.list()}
    assert anthropic_client.models.retrieve("gpt-4o").id == "gpt-4o"
    assert google_client.models.get(model="gpt-4o").name == "models/gpt-4o"


def test_a_picture_reaches_every_vendor_from_every_client(replay, openai_client, anthropic_client, google_client):
    """Bytes are what must not change; the answer is of no matter, so the vendor refuses."""
    replay.status, replay.answer = 400, json.dumps(ERRORS["openai"]).encode()
    url = f"data:image/png;base64,{PIXEL}"
    for vendor in ERRORS:
        model = VENDORS[vendor][1]
        picture = {"type": "image_url", "image_url": {"url": url}}
        with pytest.raises(openai.BadRequestError):
            openai_client.chat.completions.create(model=model, messages=[{"role": "user", "content": [picture]}])
        shown = {"role": "user", "content": [{"type": "input_image", "image_url": url, "detail": "auto"}]}
        with pytest.raises(openai.BadRequestError):
            openai_client.responses.create(model=model, input=[shown])
        source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
        block = {"role": "user", "content": [{"type": "image", "source": source}]}
        with pytest.raises(anthropic.BadRequestError):
            anthropic_client.messages.create(model=model, max_tokens=5, messages=[block])
        part = types.Part(inline_data=types.Blob(data=base64.b64decode(PIXEL), mime_type="image/png"))
        with pytest.raises(errors.ClientError):
            google_client.models.generate_content(model=model, contents=[part])
        reached = [seen.body.decode() for seen in replay.seen[-4:]]
        assert all(PIXEL in body for body in reached), vendor


LOGPROBS = [
    {
        "token": "Hi",
        "logprob": -0.25,
        "bytes": [72, 105],
        "top_logprobs": [{"token": "Hi", "logprob": -0.25, "bytes": [72, 105]}],
    },
    {"token": "!", "logprob": -1.5, "bytes": [33], "top_logprobs": [{"token": ".", "logprob": -1.0, "bytes": [46]}]},
]


def test_log_probabilities_are_shown_where_both_sides_have_them(replay, raw_client):
    message = {"role": "assistant", "content": "Hi!", "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": {"content": LOGPROBS}}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [choice]}
    replay.answer = json.dumps(whole | {"usage": usage}).encode()
    generation = {"responseLogprobs": True, "logprobs": 1}
    body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "generationConfig": generation}
    shown = raw_client.ask("gemini", body, model="gpt-4o", is_stream=False)
    reached = json.loads(replay.seen[-1].body)
    assert (reached["logprobs"], reached["top_logprobs"]) == (True, 1)
    (candidate,) = json.loads(shown.body)["candidates"]
    chosen = [(item["token"], item["logProbability"]) for item in candidate["logprobsResult"]["chosenCandidates"]]
    assert chosen == [("Hi", -0.25), ("!", -1.5)]
    top = [item["candidates"][0]["token"] for item in candidate["logprobsResult"]["topCandidates"]]
    assert top == ["Hi", "."]


def test_thinking_asked_for_by_one_is_asked_of_the_other(replay, raw_client):
    """Effort and budget are two ways of saying it; each vendor gets its own."""
    replay.status, replay.answer = 400, json.dumps(ERRORS["openai"]).encode()
    said = [{"role": "user", "content": "hi"}]
    bodies = {
        "chat": {"messages": said, "reasoning_effort": "high"},
        "responses": {"input": "hi", "reasoning": {"effort": "high"}},
        "messages": {"messages": said, "max_tokens": 9_000, "thinking": {"type": "enabled", "budget_tokens": 4_096}},
        "gemini": {
            "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
            "generationConfig": {"thinkingConfig": {"thinkingBudget": 4_096, "includeThoughts": True}},
        },
    }
    for dialect, body in bodies.items():
        raw_client.ask(dialect, body, model="claude-sonnet-4-5", is_stream=False)
        reached = json.loads(replay.seen[-1].body)
        assert messages_request.read(reached).reasoning, dialect
        assert reached["max_tokens"] > reached["thinking"]["budget_tokens"] >= 1_024
        raw_client.ask(dialect, body, model="gemini-2.5-flash", is_stream=False)
        assert gemini_request.read(json.loads(replay.seen[-1].body)).reasoning not in (None, "none"), dialect
    assert responses_request.read({"model": "m", **bodies["responses"]}).reasoning == "high"
