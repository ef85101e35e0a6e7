"""A vendor's seal over its thoughts comes back to it in the next turn, whatever dialect the caller speaks.

The caller sends back what it was shown, untouched, as each dialect's clients do.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import pytest

from kit.expected_price import model_of
from kit.facts.asked import simple
from kit.facts.continued import continued
from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway
from kit.recordings import Recording, in_scope
from kit.replay import Replay

pytestmark = pytest.mark.timeout(180)

DIALECTS = ("chat", "responses", "messages", "gemini")
ANSWERS = {name: import_module(f"kit.facts.{name}") for name in DIALECTS}
REQUESTS = {name: import_module(f"kit.facts.{name}_request") for name in DIALECTS}
KINDS = {"anthropic": "anthropic", "google": "gemini", "vertex": "vertex", "openrouter": "openrouter"}


@pytest.fixture(scope="module")
def client(tollway: Tollway, upstream: Replay) -> Iterator[GatewayClient]:
    """A caller of a gateway in front of the vendors that seal."""
    root = f"http://127.0.0.1:{upstream.port}"
    listed = "".join(provider(f"at-{name}", kind, root) for name, kind in KINDS.items())
    tollway.apply(f"version: 1\nproviders:\n{listed}")
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield client
    client.close()


def sealed(recording: Recording) -> list[str]:
    """Return the seals of a recorded whole answer."""
    assert recording.rule is not None
    if recording.status >= 400 or recording.is_stream or recording.provider not in KINDS:
        return []
    answer = ANSWERS[recording.rule.dialect].read_answer(recording.answer, is_strict=False)
    return answer.options[0].signatures if answer.options else []


def test_seals_come_back_to_their_vendor(client: GatewayClient, upstream: Replay, shared_fixtures, capsys):
    counts: dict[str, Counter[str]] = {}
    lost: list[str] = []
    for number, recording in enumerate(in_scope(shared_fixtures)):
        seals = sealed(recording)
        if not seals or recording.rule.dialect == "responses":
            continue
        spoken = recording.rule.dialect
        others = [name for name in DIALECTS if name != spoken and (spoken, name) != ("chat", "responses")]
        inbound = others[number % len(others)]
        model = f"at-{recording.provider}/{model_of(recording)}"
        asked = replace(simple(REQUESTS[spoken].read(recording.request)), model=model, count=None, web_search=False)
        body = REQUESTS[inbound].write(asked)
        upstream.status, upstream.content_type, upstream.answer = 200, "application/json", recording.answer
        shown = client.ask(inbound, body, model=model, is_stream=False)
        assert shown.status == 200, (recording.where, shown.body)
        again = client.ask(inbound, continued(inbound, body, shown.body), model=model, is_stream=False)
        assert again.status == 200, (recording.where, inbound, again.body)
        reached = upstream.seen[-1].body.decode()
        is_lost = any(json.dumps(seal)[1:-1] not in reached for seal in seals)
        counts.setdefault(recording.provider, Counter())[inbound] += 1
        lost += [f"{recording.where} to {inbound}: notes {again.notes}"] if is_lost else []
    with capsys.disabled():
        print("".join(f"\n{name:12}{dict(count)}" for name, count in sorted(counts.items())), end="")
    assert not lost, f"{len(lost)}:\n" + "\n".join(lost[:40])
    assert sum(sum(count.values()) for count in counts.values()) > 100
