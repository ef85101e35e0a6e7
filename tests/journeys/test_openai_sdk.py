"""The official `openai` client against Tollway: only base URL and key change.

Upstreams are the built-in sandbox, two servers of other makers (fakellm, llmock) and a replaying one.
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from kit.instance import Tollway
from kit.other_makers import OtherMaker
from kit.replay import Replay
from tollway.policy.token import generate_token

pytestmark = pytest.mark.timeout(120)

HELLO = [{"role": "user", "content": "hello"}]
PIXEL = base64.b64encode(b"\x89PNG not really").decode()
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIME = {
    "type": "function",
    "function": {"name": "get_time", "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}}},
}
PROVIDERS = """
version: 1
providers:
  - {{name: fakellm, kind: openai-compatible, base_url: {fakellm}/v1, allow_private: true, models: [fake]}}
  - name: llmock
    kind: openai
    base_url: {llmock}/v1
    credential: sk-llmock
    allow_private: true
    models: [gpt-4o-mini, text-embedding-3-small, {{name: quick, upstream_model: gpt-4o}}]
  - name: replay
    kind: openai
    base_url: http://127.0.0.1:{replay}/v1
    credential: sk-replay
    allow_private: true
    models: [replayed]
"""


class Person(BaseModel):
    """What structured output is asked for."""

    name: str
    age: int
    tags: list[str]


@pytest.fixture(scope="module")
def token(tollway: Tollway, upstream: Replay, fakellm: OtherMaker, llmock_server: OtherMaker) -> str:
    """A token of a Tollway in front of all upstreams."""
    tollway.apply(PROVIDERS.format(fakellm=fakellm.url, llmock=llmock_server.url, replay=upstream.port))
    return tollway.token()


@pytest.fixture
def client(tollway: Tollway, token: str) -> Iterator[OpenAI]:
    """The client as its users make it, but without retries."""
    with OpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=token, max_retries=0) as client:
        yield client


@pytest.fixture
async def async_client(tollway: Tollway, token: str) -> AsyncIterator[AsyncOpenAI]:
    """The asynchronous client."""
    async with AsyncOpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=token, max_retries=0) as client:
        yield client


@pytest.fixture
def replay(upstream: Replay) -> Iterator[Replay]:
    """The replaying upstream with its defaults."""
    upstream.status, upstream.content_type, upstream.answer = 200, "application/json", b"{}"
    upstream.delay_seconds = upstream.pause_seconds = 0.0
    upstream.cut_after = None
    upstream.seen.clear()
    upstream.closed.clear()
    yield upstream
    upstream.delay_seconds = upstream.pause_seconds = 0.0
    upstream.cut_after = None


# Chat.


@pytest.mark.parametrize("model", ["sandbox-small", "fake", "gpt-4o-mini", "quick", "llmock/gpt-4o-mini"])
def test_chat(client: OpenAI, model: str) -> None:
    reply = client.chat.completions.create(model=model, messages=HELLO)
    assert reply.choices[0].message.content
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == model
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0
    assert reply._request_id.startswith("req_")


@pytest.mark.parametrize("model", ["sandbox-small", "fake", "gpt-4o-mini", "quick"])
def test_streamed_chat_is_the_whole_answer_in_pieces(client: OpenAI, model: str) -> None:
    whole = client.chat.completions.create(model=model, messages=HELLO).choices[0].message.content
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert len(chunks) > 3
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert {chunk.model for chunk in chunks} == {model}
    assert all(chunk.usage is None for chunk in chunks), "nobody asked for usage"


@pytest.mark.parametrize("model", ["sandbox-small", "gpt-4o-mini", "quick"])
def test_streamed_usage_comes_last_when_it_is_asked_for(client: OpenAI, model: str) -> None:
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True, stream_options=options))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_stream_helper(client: OpenAI) -> None:
    with client.chat.completions.stream(model="sandbox-small", messages=HELLO) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"content.delta", "content.done", "chunk"} <= kinds
    assert final.choices[0].message.content.startswith("You said: hello")


def test_several_choices(client: OpenAI) -> None:
    reply = client.chat.completions.create(model="sandbox-small", messages=HELLO, n=3)
    assert [choice.index for choice in reply.choices] == [0, 1, 2]
    streamed = client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, n=2, stream=True)
    assert {choice.index for chunk in streamed for choice in chunk.choices} == {0, 1}


def test_output_bound(client: OpenAI) -> None:
    for bound in ({"max_tokens": 4}, {"max_completion_tokens": 4}):
        reply = client.chat.completions.create(model="sandbox-small", messages=HELLO, **bound)
        assert reply.choices[0].finish_reason == "length"
        assert reply.usage.completion_tokens == 4


# What passes through unchanged.


def test_request_and_answer_pass_unread_fields(client: OpenAI, replay: Replay) -> None:
    logprobs = {"content": [{"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}], "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": logprobs}
    choice["message"] = {"role": "assistant", "content": "x", "refusal": None, "made_up": [1, None]}
    answer = {"id": "c1", "object": "chat.completion", "created": 1, "model": "replayed", "choices": [choice]}
    replay.answer = json.dumps({**answer, "service_tier": "flex", "future": {"a": None}}).encode()
    reply = client.chat.completions.create(
        model="replayed",
        messages=HELLO,
        stop=["END", "\n\n"],
        logprobs=True,
        top_logprobs=2,
        seed=7,
        logit_bias={"50256": -100},
        metadata={"team": "a"},
        extra_body={"something_new": {"x": None}},
    )
    assert reply.choices[0].logprobs.content[0].logprob == -0.5
    assert reply.service_tier == "flex"
    assert reply.model_extra["future"] == {"a": None}
    sent = json.loads(replay.seen[-1].body)
    assert sent["stop"] == ["END", "\n\n"]
    assert (sent["logprobs"], sent["top_logprobs"], sent["seed"]) == (True, 2, 7)
    assert sent["logit_bias"] == {"50256": -100}
    assert sent["something_new"] == {"x": None}
    headers = replay.seen[-1].headers
    assert headers["authorization"] == "Bearer sk-replay"
    assert not {name for name in headers if name.startswith("x-stainless")}


def test_images_by_address_and_inline(client: OpenAI, replay: Replay) -> None:
    content = [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
    ]
    messages = [{"role": "user", "content": content}]
    for model in ("sandbox-small", "gpt-4o-mini"):
        assert client.chat.completions.create(model=model, messages=messages).choices[0].message.content
    replay.answer = b'{"id":"c","object":"chat.completion","created":1,"model":"replayed","choices":[]}'
    client.chat.completions.create(model="replayed", messages=messages)
    assert json.loads(replay.seen[-1].body)["messages"] == messages


# Tools and structured output.


@pytest.mark.parametrize("model", ["sandbox-small", "gpt-4o-mini"])
def test_tool_loop(client: OpenAI, model: str) -> None:
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    call = first.choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert set(json.loads(call.function.arguments)) == {"city"}
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}]
    second = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content


def test_forced_tool(client: OpenAI) -> None:
    choice = {"type": "function", "function": {"name": "get_time"}}
    reply = client.chat.completions.create(
        model="sandbox-small", messages=HELLO, tools=[WEATHER, TIME], tool_choice=choice
    )
    assert [call.function.name for call in reply.choices[0].message.tool_calls] == ["get_time"]


def test_parallel_tools(client: OpenAI) -> None:
    messages = [{"role": "user", "content": "weather and time please"}]
    reply = client.chat.completions.create(model="fake", messages=messages, tools=[WEATHER, TIME])
    assert [call.function.name for call in reply.choices[0].message.tool_calls] == ["get_weather", "get_time"]


def test_streamed_parallel_tools(client: OpenAI) -> None:
    messages = [{"role": "user", "content": "weather and time please"}]
    arguments = {0: "", 1: ""}
    names = {}
    for chunk in client.chat.completions.create(model="fake", messages=messages, tools=[WEATHER, TIME], stream=True):
        for call in chunk.choices[0].delta.tool_calls or ():
            names[call.index] = names.get(call.index) or call.function.name
            arguments[call.index] += call.function.arguments or ""
    assert names == {0: "get_weather", 1: "get_time"}
    assert [json.loads(text) for text in arguments.values()] == [{"city": "Lyon"}, {"zone": "Europe/Paris"}]


def test_streamed_tool_of_the_sandbox(client: OpenAI) -> None:
    with client.chat.completions.stream(model="sandbox-small", messages=HELLO, tools=[WEATHER]) as stream:
        stream.until_done()
        message = stream.get_final_completion().choices[0].message
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "sandbox"}


@pytest.mark.parametrize("model", ["sandbox-small", "gpt-4o-mini"])
def test_structured_output(client: OpenAI, model: str) -> None:
    parsed = client.chat.completions.parse(model=model, messages=HELLO, response_format=Person)
    assert isinstance(parsed.choices[0].message.parsed, Person)
    wanted = {"type": "json_schema", "json_schema": {"name": "p", "schema": Person.model_json_schema()}}
    plain = client.chat.completions.create(model=model, messages=HELLO, response_format=wanted)
    assert Person.model_validate_json(plain.choices[0].message.content)


# Embeddings and models.


def test_embeddings_by_float_and_base64(client: OpenAI) -> None:
    floats = client.embeddings.create(model="sandbox-embedding", input=["a b", "c"], encoding_format="float")
    packed = client.embeddings.create(model="sandbox-embedding", input=["a b", "c"])  # the client asks for base64
    assert [len(item.embedding) for item in floats.data] == [256, 256]
    for one, other in zip(floats.data, packed.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)
    assert floats.usage.prompt_tokens == 3
    small = client.embeddings.create(model="sandbox-embedding", input="a", dimensions=8)
    assert len(small.data[0].embedding) == 8
    other_maker = client.embeddings.create(model="text-embedding-3-small", input=["x", "y"])
    assert [len(item.embedding) for item in other_maker.data] == [1536, 1536]


def test_models(client: OpenAI, tollway: Tollway) -> None:
    listed = [model.id for model in client.models.list()]
    assert {"sandbox-small", "fake", "gpt-4o-mini", "quick", "replayed"} <= set(listed)
    shown = client.models.retrieve("quick")
    assert (shown.id, shown.object) == ("quick", "model")
    assert client.models.retrieve("llmock/gpt-4o-mini").id == "llmock/gpt-4o-mini"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("nothing")
    assert caught.value.code == "model.not_found"
    with client.with_options(api_key=tollway.token("--model", "fake")) as narrow:
        assert [model.id for model in narrow.models.list()] == ["fake"]


# Errors: each as the exception that users of the client expect.


def chat(client: OpenAI, model: str = "sandbox-small", **options: object) -> object:
    return client.chat.completions.create(model=model, messages=HELLO, **options)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("sk-nonsense", "token.malformed"),
        (generate_token("s", bytes(48)).reveal(), "token.invalid"),
    ],
)
def test_wrong_key(client: OpenAI, key: str, code: str) -> None:
    with client.with_options(api_key=key) as stranger, pytest.raises(openai.AuthenticationError) as caught:
        chat(stranger)
    assert caught.value.code == code
    assert caught.value.type == "authentication_error"
    assert caught.value.request_id.startswith("req_")
    assert caught.value.response.headers["www-authenticate"].startswith('Bearer realm="tollway", error="invalid_token"')


def test_model_denied(client: OpenAI, tollway: Tollway) -> None:
    token = tollway.token("--model", "fake")
    with client.with_options(api_key=token) as narrow, pytest.raises(openai.PermissionDeniedError) as caught:
        chat(narrow)
    assert (caught.value.code, caught.value.param) == ("token.model_denied", "model")


def test_unknown_model(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        chat(client, "gpt-99")
    assert "gpt-99" in caught.value.message


def test_rate_limit(client: OpenAI, tollway: Tollway) -> None:
    with client.with_options(api_key=tollway.token("--rpm", "1")) as limited:
        chat(limited)
        with pytest.raises(openai.RateLimitError) as caught:
            chat(limited)
    assert caught.value.code == "limit.requests"
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 61


def test_budget(client: OpenAI, tollway: Tollway) -> None:
    with client.with_options(api_key=tollway.token("--budget", "0.0000001/month")) as poor:
        with pytest.raises(openai.RateLimitError) as caught:
            chat(poor)
        assert caught.value.type == "insufficient_quota"
        assert caught.value.code == "budget.exhausted"


def test_budget_caps_the_output_and_says_so(client: OpenAI, tollway: Tollway) -> None:
    with client.with_options(api_key=tollway.token("--budget", "0.001/month")) as poor:
        answer = poor.chat.completions.with_raw_response.create(
            model="sandbox-large", messages=HELLO, extra_headers={"x-sandbox-tokens": "5000"}
        )
        cap = int(answer.headers["x-tollway-output-cap"])
        assert answer.parse().usage.completion_tokens == cap < 100
        assert answer.parse().choices[0].finish_reason == "length"


def test_bad_request(client: OpenAI, tollway: Tollway) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, max_tokens=0)
    assert (caught.value.code, caught.value.param) == ("request.field_invalid", "max_tokens")
    with pytest.raises(openai.BadRequestError):
        client.post("/chat/completions", body=[1], cast_to=object)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_what_the_upstream_says_about_the_request_is_the_answer(client: OpenAI, status: int, kind: type) -> None:
    with pytest.raises(kind) as caught:
        chat(client, extra_headers={"x-sandbox-status": str(status)})
    assert caught.value.status_code == status
    assert caught.value.code == f"sandbox_{status}"
    assert caught.value.response.headers["x-tollway-upstream-request-id"] == "sandbox"
    assert caught.value.request_id.startswith("req_")


def test_refusal_of_our_own_key_is_not_the_callers_fault(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        chat(client, extra_headers={"x-sandbox-status": "401"})
    assert (caught.value.status_code, caught.value.code) == (502, "upstream.auth")


def test_timeout_of_the_client(client: OpenAI) -> None:
    began = time.monotonic()
    with pytest.raises(openai.APITimeoutError):
        chat(client, extra_headers={"x-sandbox-latency-ms": "20000"}, timeout=0.3)
    assert time.monotonic() - began < 5


def test_stream_that_was_cut_raises(client: OpenAI) -> None:
    stream = chat(client, stream=True, extra_headers={"x-sandbox-cut-after": "3"})
    with pytest.raises(openai.APIError) as caught:
        for _ in stream:
            pass
    assert caught.value.code == "upstream.truncated"


def test_whole_answer_that_was_cut_raises(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        chat(client, extra_headers={"x-sandbox-cut-after": "0"})
    assert caught.value.code == "upstream.truncated"


@pytest.mark.parametrize("kind", ["truncate", "disconnect"])
def test_faults_of_another_makers_stream_raise(client: OpenAI, llmock_server: OtherMaker, kind: str) -> None:
    fault = {"type": "stream_fault", "kind": kind, "after_chunks": 3}
    llmock_server.ask("POST", "/_llmock/scenario", {"behaviors": [fault]})
    with pytest.raises(openai.APIError) as caught:
        for _ in chat(client, "gpt-4o-mini", stream=True):
            pass
    assert caught.value.code == "upstream.truncated"


def test_retries_of_the_client_heal_a_busy_upstream(client: OpenAI, llmock_server: OtherMaker) -> None:
    llmock_server.ask("POST", "/_llmock/reset")
    faults = [{"type": "fail", "status": 429, "retry_after": 1}, {"type": "fail", "status": 503}]
    llmock_server.ask("POST", "/_llmock/scenario", {"behaviors": faults})
    with client.with_options(max_retries=3) as patient:
        assert chat(patient, "gpt-4o-mini").choices[0].message.content
    verdict = llmock_server.ask("GET", "/_llmock/verdict")
    assert not [item for item in verdict["findings"] if item["severity"] == "error"], verdict
    statuses = [item["status"] for item in llmock_server.ask("GET", "/_llmock/requests")["requests"]]
    assert statuses == [429, 503, 200]


# Leaving early, headers, the asynchronous client.


def chunk_of(text: str) -> bytes:
    delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "replayed", "choices": [delta]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def test_closing_a_stream_closes_the_upstream(client: OpenAI, replay: Replay, tollway: Tollway) -> None:
    replay.content_type, replay.pause_seconds = "text/event-stream", 0.005
    replay.answer = b"".join(chunk_of(f"word{at} ") for at in range(5_000)) + b"data: [DONE]\n\n"
    with chat(client, "replayed", stream=True) as stream:
        assert next(iter(stream)).choices[0].delta.content == "word0 "
    assert replay.closed.wait(20)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        rows = json.loads(tollway.run("usage", "--by", "outcome,model", "--since", "1h", "--json"))
        if "disconnected" in json.dumps(rows):
            return
        time.sleep(0.3)
    raise AssertionError(f"the call is not recorded as disconnected: {rows}")


async def test_cancelled_task_closes_the_upstream(async_client: AsyncOpenAI, replay: Replay) -> None:
    replay.delay_seconds = 30
    call = asyncio.create_task(async_client.chat.completions.create(model="replayed", messages=HELLO))
    while not replay.seen:
        await asyncio.sleep(0.02)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    replay.delay_seconds = 0


async def test_async_client(async_client: AsyncOpenAI) -> None:
    replies = await asyncio.gather(
        *(
            async_client.chat.completions.create(
                model="sandbox-small", messages=[{"role": "user", "content": f"number {number}"}]
            )
            for number in range(20)
        )
    )
    assert [reply.choices[0].message.content.split()[2:4] for reply in replies] == [
        ["number", str(number)] for number in range(20)
    ]
    stream = await async_client.chat.completions.create(model="sandbox-small", messages=HELLO, stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]).startswith("You said: hello")
    assert len((await async_client.embeddings.create(model="sandbox-embedding", input="a")).data) == 1


def test_raw_response(client: OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(model="quick", messages=HELLO)
    assert answer.request_id == answer.headers["x-request-id"] == answer.parse()._request_id
    assert answer.headers["x-tollway-provider"] == "llmock"
    assert answer.headers["x-tollway-upstream-model"] == "gpt-4o"
    assert "upstream;dur=" in answer.headers["server-timing"]
    assert "set-cookie" not in answer.headers
    with client.chat.completions.with_streaming_response.create(model="quick", messages=HELLO, stream=True) as streamed:
        assert streamed.headers["content-type"].startswith("text/event-stream")
        assert list(streamed.iter_lines())[-2] == "data: [DONE]"


def test_key_as_other_sdks_send_it(tollway: Tollway, token: str, client: OpenAI) -> None:
    for header in ("x-api-key", "api-key", "x-goog-api-key"):
        reply = client.chat.completions.create(
            model="sandbox-small", messages=HELLO, extra_headers={"Authorization": openai.Omit(), header: token}
        )
        assert reply.choices
