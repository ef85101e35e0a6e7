"""Every recorded request, sent as it is to a vendor of another dialect: nothing of it is lost, or it is refused before
the call with the field's name. Where the answer's thoughts are sealed, the next turn carries the seal back.
"""

import json
from collections import Counter
from collections.abc import Iterator
from importlib import import_module

import pytest

from kit.facts.asked import lost
from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway
from kit.recordings import Recording, in_scope
from kit.replay import Replay
from kit.vendor_stand_in import REQUESTS, dialect_of, respond

pytestmark = pytest.mark.timeout(300)

DIALECTS = ("chat", "responses", "messages", "gemini")
ANSWERS = {name: import_module(f"kit.facts.{name}") for name in DIALECTS}
TARGETS = {
    # provider: (kind, model, the dialects it speaks)
    "to-openai": ("openai", "gpt-5", ("chat", "responses")),
    "to-responses": ("openai-responses", "gpt-5", ("chat", "responses")),
    "to-anthropic": ("anthropic", "claude-sonnet-4-5", ("messages",)),
    "to-gemini": ("gemini", "gemini-2.5-flash", ("gemini",)),
    "to-mistral": ("mistral", "mistral-large-latest", ("chat",)),
}


@pytest.fixture(scope="module")
def vendors() -> Iterator[Replay]:
    """All vendors: one server that speaks every dialect, by path, and refuses what is misshapen."""
    replay = Replay(respond=respond).start()
    yield replay
    replay.stop()


@pytest.fixture(scope="module")
def client(tollway: Tollway, vendors: Replay) -> Iterator[GatewayClient]:
    """A caller of a gateway in front of them."""
    root = f"http://127.0.0.1:{vendors.port}"
    listed = [provider(name, kind, f"{root}/{kind}") for name, (kind, _, _) in TARGETS.items()]
    tollway.apply("version: 1\nproviders:\n" + "".join(listed))
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield client
    client.close()


def send(client: GatewayClient, vendors: Replay, recording: Recording, target: str) -> tuple[str, list[str]]:
    """Send one recorded request to one vendor; return what came of it and what is wrong."""
    assert recording.rule is not None
    inbound = recording.rule.dialect
    model = f"{target}/{TARGETS[target][1]}"
    vendors.seen.clear()
    is_stream = ":stream" in recording.path or bool(recording.request.get("stream"))
    answered = client.ask(inbound, recording.request, model=model, is_stream=is_stream)
    if not vendors.seen:
        message = json.loads(answered.body)["error"]["message"]
        # The answers that recorded calls continue belong to somebody else.
        is_foreign = b"response.previous_not_found" in answered.body
        if answered.status == 400 and ("`" in message or is_foreign):
            return "refused", []
        return "failed", [f"not sent: {answered.status} {message[:200]}"]
    seen = vendors.seen[-1]
    spoken = dialect_of(seen)
    if answered.status != 200:
        return "failed", [f"the vendor would refuse it: {answered.body[:300]!r}"]
    sent = REQUESTS[inbound].read(recording.request)
    reached = REQUESTS[spoken].read(json.loads(seen.body))
    faults = lost(sent, reached, notes=answered.notes, default_tokens_max=spoken == "messages")
    reader = ANSWERS[inbound].read_stream if is_stream else ANSWERS[inbound].read_answer
    try:
        told = reader(answered.body, is_strict=True)
    except (AssertionError, ValueError, LookupError, RuntimeError) as wrong:
        return "failed", [*faults, f"not a valid answer: {wrong!r}"[:400]]
    if not (told.options[0].text or told.options[0].calls):
        faults.append("the answer is empty")
    return ("failed" if faults else "sent"), faults


def test_nothing_that_was_asked_is_lost_on_the_way_to_another_vendor(client, vendors, shared_fixtures, capsys):
    counts: dict[tuple[str, str], Counter[str]] = {}
    failures: list[str] = []
    for recording in in_scope(shared_fixtures):
        for target, (_, _, dialects) in TARGETS.items():
            assert recording.rule is not None
            if recording.rule.dialect in dialects:
                continue
            outcome, faults = send(client, vendors, recording, target)
            counts.setdefault((recording.rule.dialect, target), Counter())[outcome] += 1
            failures += [f"{recording.where} {target}: {fault}" for fault in faults]
    with capsys.disabled():
        print(f"\n{'from':11}{'to':14}{'sent':>6}{'refused':>9}{'failed':>8}")
        for (inbound, target), count in sorted(counts.items()):
            print(f"{inbound:11}{target:14}{count['sent']:>6}{count['refused']:>9}{count['failed']:>8}")
    assert not failures, f"{len(failures)}:\n" + "\n".join(failures[:80])
    for (inbound, target), count in counts.items():
        assert count["sent"] > count["refused"], (inbound, target)
