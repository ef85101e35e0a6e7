"""A stream that its vendor cuts ends in an error of the caller's dialect; no reason for stopping is ever invented, and
what was relayed is whole events.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import pytest

from kit.expected_price import model_of
from kit.facts.answer import events
from kit.facts.asked import simple
from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway
from kit.recordings import in_scope
from kit.replay import Replay

pytestmark = pytest.mark.timeout(180)

DIALECTS = ("chat", "responses", "messages", "gemini")
REQUESTS = {name: import_module(f"kit.facts.{name}_request") for name in DIALECTS}
KINDS = {"chat": "openai-compatible", "responses": "openai", "messages": "anthropic", "gemini": "gemini"}
ENDS = {
    "chat": ('"finish_reason":"', "[DONE]"),
    "responses": ('"type":"response.completed"', '"type":"response.incomplete"'),
    "messages": ('"stop_reason":"', '"type":"message_stop"'),
    "gemini": ('"finishReason":"',),
}
"""What says in each dialect that the model came to an end."""


def has_end(dialect: str, raw: bytes) -> bool:
    """Whether a stream says that the model came to an end."""
    return any(end in raw.decode(errors="replace").replace('": "', '":"') for end in ENDS[dialect])


@pytest.fixture(scope="module")
def client(tollway: Tollway, upstream: Replay) -> Iterator[GatewayClient]:
    """A caller of a gateway in front of one vendor of each dialect."""
    root = f"http://127.0.0.1:{upstream.port}"
    listed = "".join(provider(f"at-{dialect}", kind, root) for dialect, kind in KINDS.items())
    tollway.apply(f"version: 1\nproviders:\n{listed}")
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield client
    client.close()


def test_no_end_is_invented_for_a_cut_stream(client: GatewayClient, upstream: Replay, shared_fixtures):
    upstream.status, upstream.is_chunked = 200, True
    counts: Counter[str] = Counter()
    for number, recording in enumerate(in_scope(shared_fixtures)):
        assert recording.rule is not None
        if not recording.is_stream or recording.status >= 400:
            continue
        spoken = recording.rule.dialect
        asked = replace(simple(REQUESTS[spoken].read(recording.request)), count=None, is_stream=True, web_search=False)
        for inbound in DIALECTS:
            if spoken == "responses" and inbound != "responses":
                continue
            upstream.content_type, upstream.answer = recording.content_type, recording.answer
            upstream.seed, upstream.cut_after = number, len(recording.answer) * (3 + number % 4) // 10
            if has_end(spoken, recording.answer[: upstream.cut_after]):
                continue  # The vendor said its reason before the cut.
            model = f"at-{spoken}/{model_of(recording)}"
            body = REQUESTS[inbound].write(replace(asked, model=model))
            shown = client.ask(inbound, body, model=model, is_stream=True)
            where = f"{recording.where} to {inbound}, cut after {upstream.cut_after}"
            assert shown.status == 200, where
            assert shown.body.endswith((b"\n\n", b"\r\n\r\n")), where
            last = json.loads([data for _, data in events(shown.body)][-1])
            assert "error" in last or last.get("type") in ("error", "response.failed"), (where, last)
            assert not has_end(inbound, shown.body), where
            counts[inbound] += 1
    upstream.cut_after = None
    assert min(counts.values()) > 25, counts
