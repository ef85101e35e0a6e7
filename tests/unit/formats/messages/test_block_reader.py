"""Blocks become parts, one event at a time; what the hub cannot hold is named."""

import json

import pytest

from tollway.formats import hub
from tollway.formats.lenient import Fields
from tollway.formats.messages.block_reader import BlockReader
from tollway.formats.messages.output import OUTPUT_TOOL


def fields(value: object) -> Fields:
    found = Fields.parse(json.dumps(value).encode())
    assert found is not None
    return found


def read(block: dict[str, object], *deltas: dict[str, object]) -> tuple[list[hub.Event], list[str]]:
    notes: list[str] = []
    reader = BlockReader(notes.append)
    events = reader.begin(fields(block))
    for delta in deltas:
        events += reader.add(fields(delta))
    return events + reader.end(), notes


def texts(events: list[hub.Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, hub.TextDelta))


def opened(events: list[hub.Event]) -> object:
    assert isinstance(events[0], hub.PartBegin)
    return events[0].opened


def test_a_text_grows():
    events, _ = read({"type": "text", "text": "a"}, {"type": "text_delta", "text": "b"})
    assert opened(events) == hub.Text(text="") and texts(events) == "ab"


def test_a_citation_waits_for_its_text():
    cited = {"type": "citations_delta", "citation": {"cited_text": "q", "url": "https://e.com", "title": "E"}}
    events, _ = read({"type": "text", "text": ""}, cited, {"type": "text_delta", "text": "four"})
    citation = hub.Citation(url="https://e.com", title="E", quote="q", start=0, end=4)
    assert events[-2:] == [hub.Cited(choice=0, part=0, citation=citation), hub.PartEnd(choice=0, part=0)]


def test_a_thought_has_its_seal_in_the_end():
    events, _ = read(
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "EqQB"},
    )
    seal = hub.Signature(origin="anthropic", value="EqQB")
    assert events[1:3] == [
        hub.TextDelta(choice=0, part=0, text="hm"),
        hub.SignatureStated(choice=0, part=0, signature=seal),
    ]


def test_a_redacted_thought_is_its_seal():
    events, _ = read({"type": "redacted_thinking", "data": "EpEB"})
    assert opened(events) == hub.Thinking(is_redacted=True)
    assert isinstance(events[1], hub.SignatureStated) and events[1].signature.value == "EpEB"


@pytest.mark.parametrize(
    ("given", "pieces", "arguments"),
    [({}, ['{"a"', ":1}"], '{"a":1}'), ({}, [], "{}"), ({"a": 1}, [], '{"a": 1}'), ({}, [""], "{}")],
)
def test_arguments_come_in_pieces_or_at_once(given, pieces, arguments):
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": given}
    events, _ = read(call, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))
    assert opened(events) == hub.ToolCall(id="toolu_1", name="f", arguments="") and texts(events) == arguments


def test_the_call_that_stands_for_a_json_answer_is_text():
    notes: list[str] = []
    reader = BlockReader(notes.append)
    events = (
        reader.begin(fields({"type": "tool_use", "id": "1", "name": OUTPUT_TOOL, "input": {"a": 1}})) + reader.end()
    )
    assert opened(events) == hub.Text(text="") and texts(events) == '{"a": 1}'
    assert not reader.has_calls


def test_a_call_of_the_callers_is_noticed():
    reader = BlockReader([].append)
    reader.begin(fields({"type": "tool_use", "id": "1", "name": "f", "input": {}}))
    assert reader.has_calls


@pytest.mark.parametrize(
    ("kind", "noted"),
    [
        ("server_tool_use", "server-tool-omitted"),
        ("web_search_tool_result", "server-tool-omitted"),
        ("mcp_tool_use", "server-tool-omitted"),
        ("mcp_tool_result", "server-tool-omitted"),
        ("container_upload", "answer-part-skipped"),
        ("hologram", "answer-part-skipped"),
    ],
)
def test_what_cannot_be_held_is_named_and_skipped(kind, noted):
    events, notes = read({"type": kind}, {"type": "input_json_delta", "partial_json": "{}"})
    assert events == [] and notes == [noted]


def test_parts_are_counted_without_what_was_skipped():
    reader = BlockReader([].append)
    first = reader.begin(fields({"type": "text", "text": "a"}))
    skipped = reader.begin(fields({"type": "server_tool_use"}))
    second = reader.begin(fields({"type": "text", "text": "b"}))
    assert first[0].part == 0 and skipped == [hub.PartEnd(choice=0, part=0)] and second[0].part == 1


def test_a_refusals_words_are_a_part_of_their_own():
    reader = BlockReader([].append)
    assert reader.refuse("no")[1] == hub.TextDelta(choice=0, part=0, text="no")
    assert reader.begin(fields({"type": "text", "text": ""}))[0].part == 1
