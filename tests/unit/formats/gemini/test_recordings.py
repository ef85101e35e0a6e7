"""Recorded traffic of Google's two APIs: every request is read or refused by a name, every answer is read."""

import json
from collections import Counter

import pytest

from kit.gemini_values import SHOWN
from kit.recordings import in_scope
from kit.translation import fold, meaning
from tollway.contract.usage import Usage
from tollway.formats.dialect import Target
from tollway.formats.gemini.count import read_count_request
from tollway.formats.gemini.dialect import DIALECT
from tollway.formats.gemini.generation import generation
from tollway.formats.gemini.path import parse
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

REFUSED = {
    "cachedContent": 1,
    "contents[1].parts[0].executableCode": 1,
    "contents[1].parts[0].toolCall": 1,
    "modelArmorConfig": 1,
    "tools[0].codeExecution": 1,
    "tools[0].fileSearch": 3,
}
"""What only Google serves: its caches, its tools and their traces, its filters."""

DETAILS = {"AUDIO": "input_audio_tokens", "IMAGE": "input_image_tokens", "VIDEO": "input_video_tokens"}


@pytest.fixture(scope="module")
def exchanges(shared_fixtures):
    found = [item for item in in_scope(shared_fixtures) if item.rule.dialect == "gemini"]
    assert len(found) > 140
    return found


def body_of(item):
    return JSONObject.parse(json.dumps(item.request).encode())


def test_every_request_is_read_or_refused_by_the_name_of_a_field(exchanges, capsys):
    refused: Counter[str] = Counter()
    read = 0
    for item in exchanges:
        address = parse(item.path)
        assert address is not None and address.method in ("generateContent", "streamGenerateContent"), item.where
        try:
            request = DIALECT.read_request(body_of(item), model=address.model, is_stream=item.is_stream)
        except TollwayError as error:
            assert error.code.name == "request.untranslatable", (item.where, error)
            refused[error.param or ""] += 1
            continue
        read += 1
        # What is read means the same once it is written and read again, for a model of today.
        model = address.model if generation(address.model) >= 2.5 else "gemini-2.5-flash"
        written = DIALECT.write_request(request, Target(vendor=item.kind, model=model))
        assert set(written.notes) <= {"thought-signature-waived"}, item.where
        again = DIALECT.read_request(JSONObject.parse(written.body), model=address.model, is_stream=item.is_stream)
        assert meaning(again) == meaning(request), item.where
    with capsys.disabled():
        print(f"\nrequests of generateContent: {read} read, {refused.total()} refused: {dict(refused)}")
    assert dict(refused) == REFUSED


def test_every_answer_is_read_with_the_usage_it_states(exchanges):
    stops: Counter[str | None] = Counter()
    notes: Counter[str] = Counter()
    for item in exchanges:
        if item.status >= 400:
            fault = DIALECT.read_error(item.status, item.answer)
            assert (fault.kind, bool(fault.message)) == ("INVALID_ARGUMENT", True)
            continue
        reply = whole(item)
        stops.update(choice.stop for choice in reply.choices)
        notes.update(reply.notes)
        assert reply.model and reply.choices, item.where
        assert reply.usage == stated(item), item.where
        if not item.is_stream:
            assert DIALECT.read_usage(item.answer) == reply.usage
        # What was read is the same once it is written and read again.
        assert meaning(DIALECT.read_reply(DIALECT.write_reply(reply, SHOWN), "").choices) == meaning(reply.choices)
    assert stops.keys() == {"end", "tool_calls", "length", "content_filter"}
    assert notes.keys() <= {"server-tool-omitted", "finish-reason-approximated", "prompt-blocked"}


def test_every_stream_gives_the_same_events_however_it_is_cut(exchanges):
    for item in (item for item in exchanges if item.is_stream):
        raw = item.answer
        expected = events(raw)
        assert events(*(raw[at : at + 1] for at in range(len(raw)))) == expected
        for at in range(0, len(raw), 1 + len(raw) // 40):
            assert events(raw[:at], raw[at:]) == expected, item.where


def test_every_stream_passes_the_watch_unchanged(exchanges):
    for item in (item for item in exchanges if item.is_stream):
        tap = DIALECT.open_watch(
            clock=lambda: 1, request_id="r", input_tokens_estimate=1, hide_usage=False, model_json=None
        )
        raw = item.answer
        passed = b"".join(tap.feed(raw[at : at + 100]) for at in range(0, len(raw), 100)) + tap.finish(None)
        assert (passed, tap.error_code, tap.usage()) == (raw, None, stated(item)), item.where


def test_counts_are_read(shared_fixtures):
    items = [item for item in in_scope(shared_fixtures, "count") if item.rule.dialect == "gemini"]
    assert len(items) == 2
    for item in items:
        address = parse(item.path)
        assert address is not None and address.method == "countTokens"
        assert read_count_request(body_of(item), model=address.model).turns


def events(*chunks):
    reader = DIALECT.open_reader("gemini")
    found = [event for chunk in chunks for event in reader.feed(chunk)]
    return found + reader.finish()


def whole(item):
    if not item.is_stream:
        return DIALECT.read_reply(item.answer, item.kind)
    reply = fold(events(item.answer))
    assert reply is not None
    return reply


def stated(item):
    """Return the usage that the recording states, worked out from its last statement without the code under test."""
    answers = [item.response]
    if item.is_stream:
        answers = [json.loads(line[5:]) for line in item.response.splitlines() if line.startswith("data:")]
    usage = next((answer["usageMetadata"] for answer in reversed(answers) if "usageMetadata" in answer), {})
    if "totalTokenCount" not in usage:
        return None
    thoughts = usage.get("thoughtsTokenCount", 0)
    kinds = {entry["modality"]: entry["tokenCount"] for entry in usage.get("promptTokensDetails", [])}
    queries = [
        query
        for answer in answers
        for candidate in answer.get("candidates", [])
        for query in candidate.get("groundingMetadata", {}).get("webSearchQueries", [])
    ]
    is_per_answer = answers[0]["modelVersion"].startswith("gemini-2")
    return Usage(
        input_tokens=usage["totalTokenCount"] - usage.get("candidatesTokenCount", 0) - thoughts,
        output_tokens=usage.get("candidatesTokenCount", 0) + thoughts,
        cached_input_tokens=usage.get("cachedContentTokenCount", 0),
        reasoning_tokens=thoughts,
        web_searches=min(1, len(queries)) if is_per_answer else len(queries),
        tier=usage.get("serviceTier", usage.get("trafficType", "")).lower(),
        **{name: kinds[kind] for kind, name in DETAILS.items() if kind in kinds},
    )
