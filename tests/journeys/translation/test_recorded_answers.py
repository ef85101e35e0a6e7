"""Every recorded answer, whole or streamed and cut at random, is shown to callers of every dialect as its vendor meant
it: text, calls, thoughts, stop, citations, usage and price. Errors keep their status, words and request id.

The request is the recorded one's meaning, written in the caller's dialect; what reached the vendor must mean the same.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from importlib import import_module

import pytest

from kit.costs import costs
from kit.expected_price import expected_usd, model_of
from kit.facts import chat_request, shown
from kit.facts.answer import Answer
from kit.facts.asked import Asked, lost, simple
from kit.gateway_client import Answered, GatewayClient, provider
from kit.instance import Tollway
from kit.recordings import Recording, in_scope
from kit.replay import Replay
from kit.vendor_stand_in import dialect_of

pytestmark = pytest.mark.timeout(300)

ERROR_FIELDS = {
    "chat": {"message", "type", "param", "code"},
    "responses": {"message", "type", "param", "code"},
    "messages": {"message", "type"},
    "gemini": {"message", "status", "code"},
}
NANO = Decimal("0.000000001")
CHAT_ONLY, RESPONSES_FIRST = "at-chat-only", "at-responses-first"
DIALECTS = ("chat", "responses", "messages", "gemini")
ANSWERS = {name: import_module(f"kit.facts.{name}") for name in DIALECTS}
REQUESTS = {name: import_module(f"kit.facts.{name}_request") for name in DIALECTS}


class Journey:
    """The calls of this module, and what came of them."""

    def __init__(self, client: GatewayClient, upstream: Replay) -> None:
        self.client = client
        self.upstream = upstream
        self.table: dict[str, Counter[str]] = {}
        self.failures: list[str] = []
        self.prices: dict[str, tuple[str, object]] = {}
        """By request id: where it was, and the price expected."""

    def show(self, recording: Recording, inbound: str, number: int) -> None:
        """Answer one caller with one recording, and note what is wrong."""
        outcome, faults = self._outcome(recording, inbound, number)
        self.table.setdefault(recording.provider, Counter())[f"{inbound} {outcome}"] += 1
        self.failures += [f"{recording.where} to {inbound}: {fault}" for fault in faults]

    def _outcome(self, recording: Recording, inbound: str, number: int) -> tuple[str, list[str]]:
        assert recording.rule is not None
        spoken = recording.rule.dialect
        upstream = self.upstream
        upstream.status, upstream.content_type, upstream.answer = (
            recording.status, recording.content_type, recording.answer,
        )  # fmt: skip
        upstream.seed, upstream.is_chunked = number, number % 3 > 0
        upstream.seen.clear()
        model = f"{name_of(recording, inbound)}/{model_of(recording)}"
        asked = simple(REQUESTS[spoken].read(recording.request))
        asked = replace(asked, model=model, is_stream=recording.is_stream, count=None, web_search=False)
        body = REQUESTS[inbound].write(asked) if inbound != spoken else recording.request
        sent = REQUESTS[inbound].read(body | {"model": model})
        answered = self.client.ask(inbound, body, model=model, is_stream=recording.is_stream)
        if not upstream.seen:
            return self._refused(answered)
        seen = upstream.seen[-1]
        reached = REQUESTS[dialect_of(seen)].read(json.loads(seen.body))
        faults = [] if inbound == spoken else self._lost(sent, reached, answered, recording, seen.body)
        if recording.status >= 400:
            return ("errors", faults + error_faults(recording, answered, inbound))
        if answered.status != 200:
            return "failed", [*faults, f"status {answered.status}: {answered.body[:300]!r}"]
        vendor = read(spoken, recording.answer, is_stream=recording.is_stream, is_strict=False)
        try:
            told = read(inbound, answered.body, is_stream=recording.is_stream, is_strict=inbound != spoken)
        except (AssertionError, ValueError, LookupError, RuntimeError) as wrong:
            return "failed", [*faults, f"not a valid answer: {wrong!r}"[:400]]
        faults += shown.faults(vendor, told, inbound, is_translated=inbound != spoken)
        if told.model != model and inbound != "gemini" and told.error is None:
            faults.append(f"model: {told.model!r} instead of {model!r}")
        # What states no usage is estimated; a kind of no vendor has no list, one of another vendor another list.
        is_others = model.startswith(RESPONSES_FIRST) and recording.provider != "openai"
        if vendor.use is not None and not model.startswith(CHAT_ONLY) and not is_others:
            self.prices[answered.headers["x-request-id"]] = (recording.where, expected_usd(recording, vendor))
        return ("failed" if faults else "in"), faults

    @staticmethod
    def _refused(answered: Answered) -> tuple[str, list[str]]:
        """A refusal before the call is fine when it names a field and says what would work.

        The answers that recorded calls continue belong to somebody else, so continuing them is refused too.
        """
        if answered.status == 400 and (named_field(answered.body) or b"response.previous_not_found" in answered.body):
            return "refused", []
        return "failed", [f"not sent: {answered.status} {answered.body[:300]!r}"]

    @staticmethod
    def _lost(sent: Asked, reached: Asked, answered: Answered, recording: Recording, body: bytes) -> list[str]:
        assert recording.rule is not None
        spoken = recording.rule.dialect
        found = lost(sent, reached, notes=answered.notes, default_tokens_max=spoken == "messages")
        is_mistral = recording.provider == "mistral"
        check = chat_request.misshapen_for_mistral if is_mistral else REQUESTS[spoken].misshapen
        return found + [f"misshapen: {fault}" for fault in check(json.loads(body))]


def read(dialect: str, raw: bytes, *, is_stream: bool, is_strict: bool) -> Answer:
    reader = ANSWERS[dialect]
    return (reader.read_stream if is_stream else reader.read_answer)(raw, is_strict=is_strict)


def can_reach(recording: Recording, inbound: str) -> bool:
    """Whether a caller can be brought to the vendor's dialect.

    Whoever speaks Responses speaks Chat Completions too, so that a caller of that is passed on
    (test_recorded_responses.py shows these answers to such callers), and nobody else can ask for an answer later.
    """
    assert recording.rule is not None
    if recording.rule.dialect != "responses" or inbound == "responses":
        return True
    return inbound != "chat" and not recording.request.get("background")


def name_of(recording: Recording, inbound: str) -> str:
    """Return the provider that stands for the one of a recording, of a kind that is asked in the recorded dialect.

    A kind that speaks Chat Completions first would be asked in that, and one that speaks Responses at all would pass a
    Responses call on.
    """
    assert recording.rule is not None
    spoken = recording.rule.dialect
    if inbound == "responses" and spoken == "chat":
        return CHAT_ONLY
    if spoken == "responses" and inbound in ("messages", "gemini"):
        return RESPONSES_FIRST
    is_usual = spoken in ("chat", "messages", "gemini") and not recording.rule.kind
    return f"at-{recording.provider}" + ("" if is_usual else f"-{spoken}")


def named_field(body: bytes) -> bool:
    """Whether an error names the field that could not be translated: backticks in its words, in every dialect."""
    error = json.loads(body)["error"]
    return "`" in error["message"]


def error_faults(recording: Recording, answered: Answered, inbound: str) -> list[str]:
    """Return what of a vendor's error did not reach the caller, in the caller's own shape of errors."""
    faults = []
    if answered.status != recording.status:
        faults.append(f"error: status {recording.status} became {answered.status}")
    if not answered.headers.get("x-tollway-upstream-request-id"):
        faults.append("error: the vendor's request id is not shown")
    try:
        given, error = json.loads(recording.answer), json.loads(answered.body)["error"]
    except (ValueError, LookupError):
        return [*faults, f"error: {answered.body[:200]!r} is none of {inbound}"]
    said = (given.get("error") or given).get("message", "")
    if said and said not in error.get("message", ""):
        faults.append(f"error: {said[:100]!r} became {error.get('message')!r}")
    wanted = {
        "chat": {"type", "code"},
        "responses": {"type", "code"},
        "messages": {"type"},
        "gemini": {"status", "code"},
    }
    if not wanted[inbound] <= error.keys():
        faults.append(f"error: has {sorted(error)} and misses {sorted(wanted[inbound] - error.keys())}")
    return faults


@pytest.fixture(scope="module")
def journey(tollway: Tollway, upstream: Replay, shared_fixtures) -> Iterator[Journey]:
    """A gateway whose providers are all the recorded ones."""
    kinds = {name_of(recording, ""): recording.kind for recording in in_scope(shared_fixtures)}
    root = f"http://127.0.0.1:{upstream.port}"
    listed = [provider(name, kind, root) for name, kind in sorted(kinds.items())]
    listed.append(provider(CHAT_ONLY, "openai-compatible", root))
    listed.append(provider(RESPONSES_FIRST, "openai-responses", root))
    tollway.apply("version: 1\nproviders:\n" + "".join(listed))
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield Journey(client, upstream)
    client.close()


def test_every_caller_is_shown_what_every_vendor_answered(journey: Journey, shared_fixtures, capsys):
    for number, recording in enumerate(in_scope(shared_fixtures)):
        for inbound in DIALECTS:
            if can_reach(recording, inbound):
                journey.show(recording, inbound, number)
    with capsys.disabled():
        print(table(journey.table))
    totals: Counter[str] = Counter()
    for counts in journey.table.values():
        for name, count in counts.items():
            totals[name.partition(" ")[2]] += count
    assert totals["in"] > 1_000 and totals["refused"] < totals["in"] / 50, totals
    assert not journey.failures, f"{len(journey.failures)}:\n" + "\n".join(journey.failures[:80])


def test_every_answer_costs_what_its_vendors_list_says(journey: Journey, tollway: Tollway, capsys):
    """To the nano-dollar, whoever asked; what the list does not know is unpriced and not zero."""
    assert journey.prices, "the calls of the test before this one"
    found = costs(tollway, journey.prices)
    priced, unpriced, wrong = Counter[str](), Counter[str](), []
    for request_id, (where, expected) in journey.prices.items():
        provider_name = where.partition(":")[0]
        (unpriced if expected is None else priced)[provider_name] += 1
        rounded = None if expected is None else expected.quantize(NANO, ROUND_HALF_EVEN)
        if found[request_id] != rounded:
            wrong.append(f"{where}: costs {found[request_id]}, the list says {rounded}")
    with capsys.disabled():
        for name in sorted(priced | unpriced):
            print(f"\n{name:13}{priced[name]:>6} priced{unpriced[name]:>6} unpriced", end="")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(sorted(set(wrong))[:80])


def table(counts: dict[str, Counter[str]]) -> str:
    """Return provider x inbound dialect: answered, refused by name, errors, failed."""
    lines = [f"\n{'provider':13}" + "".join(f"{dialect + ' in/refused/errors/failed':>34}" for dialect in DIALECTS)]
    for name, count in sorted(counts.items()):
        cells = [
            "/".join(str(count[f"{dialect} {outcome}"]) for outcome in ("in", "refused", "errors", "failed"))
            for dialect in DIALECTS
        ]
        lines.append(f"{name:13}" + "".join(f"{cell:>34}" for cell in cells))
    return "\n".join(lines)
