"""What vendors document and recordings rarely hold, for callers of every other dialect: refusals, what was withheld,
several choices, calls in turns, thoughts, and errors in the middle of a stream.
"""

import json
from collections.abc import Iterator
from importlib import import_module

import pytest

from kit.facts import shown
from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway
from kit.rare_answers import STREAMS, WHOLE
from kit.replay import Replay
from kit.vendor_answers import answer

pytestmark = pytest.mark.timeout(120)

DIALECTS = ("chat", "responses", "messages", "gemini")
ANSWERS = {name: import_module(f"kit.facts.{name}") for name in DIALECTS}
KINDS = {"chat": "openai-compatible", "responses": "openai-responses", "messages": "anthropic", "gemini": "gemini"}
MODELS = {"chat": "gpt-4o", "responses": "gpt-5", "messages": "claude-sonnet-4-6", "gemini": "gemini-2.5-flash"}
HELLO = [{"role": "user", "content": "hello"}]
ASKED = {
    "chat": {"messages": HELLO, "n": 2},
    "responses": {"input": "hello"},
    "messages": {"messages": HELLO, "max_tokens": 100, "stop_sequences": ["3"]},
    "gemini": {
        "contents": [{"role": "user", "parts": [{"text": "hello"}]}], "generationConfig": {"candidateCount": 2},
    },
}  # fmt: skip
CASES = [(spoken, case, False) for spoken, cases in WHOLE.items() for case in cases]
CASES += [(spoken, case, True) for spoken, cases in STREAMS.items() for case in cases]


@pytest.fixture(scope="module")
def client(tollway: Tollway, upstream: Replay) -> Iterator[GatewayClient]:
    """A caller of a gateway in front of one vendor of each dialect."""
    root = f"http://127.0.0.1:{upstream.port}"
    listed = "".join(provider(f"at-{dialect}", kind, root) for dialect, kind in KINDS.items())
    tollway.apply(f"version: 1\nproviders:\n{listed}")
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield client
    client.close()


def asked_by(inbound: str, spoken: str, *, is_stream: bool) -> dict[str, object]:
    """Return a request, for two choices where both sides have them."""
    body: dict[str, object] = dict(ASKED[inbound])
    if spoken not in ("chat", "gemini"):
        body.pop("n", None)
        body.pop("generationConfig", None)
    if spoken == "responses":
        body.pop("stop_sequences", None)  # It has no word for them, and would be asked in Chat Completions.
    if is_stream and inbound != "gemini":
        body["stream"] = True
    if is_stream and inbound == "chat":
        body["stream_options"] = {"include_usage": True}
    return body


@pytest.mark.parametrize(("spoken", "case", "is_stream"), CASES, ids=lambda value: str(value).replace(" ", "-"))
def test_a_rare_answer_is_shown_as_it_was_meant(client, upstream, spoken, case, is_stream):
    upstream.status, upstream.is_chunked = 200, True
    upstream.content_type = "text/event-stream" if is_stream else "application/json"
    upstream.answer = STREAMS[spoken][case] if is_stream else json.dumps(WHOLE[spoken][case]).encode()
    reader = ANSWERS[spoken].read_stream if is_stream else ANSWERS[spoken].read_answer
    vendor = reader(upstream.answer, is_strict=False)
    for seed, inbound in enumerate(DIALECTS):
        if inbound == spoken or (spoken == "responses" and inbound == "chat"):
            continue
        upstream.seed = seed
        body = asked_by(inbound, spoken, is_stream=is_stream)
        told = client.ask(inbound, body, model=f"at-{spoken}/{MODELS[spoken]}", is_stream=is_stream)
        assert told.status == 200, (inbound, told.body)
        reader = ANSWERS[inbound].read_stream if is_stream else ANSWERS[inbound].read_answer
        faults = shown.faults(vendor, reader(told.body, is_strict=True), inbound)
        assert not faults, (inbound, faults, told.body)


def test_a_call_after_all_of_these_is_as_good_as_the_first(client, upstream):
    upstream.status, upstream.content_type = 200, "application/json"
    upstream.answer = answer("messages", "text", is_stream=False)
    told = client.ask("chat", {"messages": HELLO}, model="at-messages/claude-sonnet-4-6", is_stream=False)
    assert ANSWERS["chat"].read_answer(told.body, is_strict=True).options[0].stop == "end"
