"""Items of answers: what they mean, and what of them nobody else has."""

import json
from typing import Any

import pytest
from hypothesis import given

from kit.json_values import objects
from tollway.formats import hub
from tollway.formats.lenient import Fields
from tollway.formats.responses.answer_items import (
    call_of,
    notes_once,
    read_citation,
    read_item,
    read_logprobs,
    read_part,
    signature_of,
    stop_of,
    thinking_of,
)


def fields(**values: Any) -> Fields:
    found = Fields.parse(json.dumps(values).encode())
    assert found is not None
    return found


def test_items_and_what_is_left_out() -> None:
    notes: list[str] = []
    message = fields(
        type="message",
        content=[
            {"type": "output_text", "text": "a", "annotations": [{"type": "file_citation", "filename": "f"}]},
            {"type": "refusal", "refusal": "no"},
            {"type": "hologram"},
        ],
    )
    assert read_item(message, "openai", notes) == [
        hub.Text(text="a", citations=(hub.Citation(title="f"),)),
        hub.Refusal(text="no"),
    ]
    assert read_item(fields(type="web_search_call"), "openai", notes) == []
    assert notes == ["file-citations-as-titles", "items-omitted"]


def test_thoughts() -> None:
    seal = hub.Signature(origin="azure", value="s")
    summed = fields(type="reasoning", id="r", summary=[{"text": "a"}, {"text": "b"}], encrypted_content="s")
    assert thinking_of(summed, "azure") == hub.Thinking(text="a\n\nb", signature=seal, id="r")
    assert thinking_of(fields(content=[{"text": "raw"}], summary=[{"text": "a"}]), "x") == hub.Thinking(text="raw")
    assert thinking_of(fields(encrypted_content="s"), "azure") == hub.Thinking(signature=seal, is_redacted=True)
    assert thinking_of(fields(summary=[]), "azure") is None
    assert signature_of(fields(), "azure") is None


def test_calls_without_call_id_have_their_own() -> None:
    assert call_of(fields(id="fc", name="f", arguments="{}")) == hub.ToolCall(id="fc", name="f", arguments="{}")
    assert call_of(fields(id="fc", call_id="c")).id == "c"


def test_citations() -> None:
    assert read_citation(fields(type="url_citation", url="u", title="", start_index=0, end_index=4), []) == (
        hub.Citation(url="u", start=0, end=4)
    )
    assert read_citation(fields(type="file_path"), []) is None


def test_log_probabilities() -> None:
    part = fields(
        logprobs=[
            {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1}]},
            {"token": "c", "logprob": -2, "bytes": "?"},
            {"token": "d"},
        ]
    )
    assert read_logprobs(part) == (
        hub.TokenLogprob(token="a", logprob=-0.5, bytes=(97,), top=(hub.TokenLogprob(token="b", logprob=-1),)),
        hub.TokenLogprob(token="c", logprob=-2),
    )


@pytest.mark.parametrize(
    ("response", "kinds", "expected"),
    [
        ({"status": "completed"}, {hub.Text}, "end"),
        ({"status": "complete"}, {hub.Text}, "end"),
        ({}, {hub.Text, hub.ToolCall}, "tool_calls"),
        ({"status": "completed"}, {hub.Refusal}, "refusal"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, {hub.ToolCall}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, set(), "content_filter"),
        ({"status": "incomplete", "incomplete_details": {"reason": "steered"}}, set(), None),
        ({"status": "cancelled"}, {hub.Text}, None),
    ],
)
def test_why_an_answer_ended(response: dict[str, Any], kinds: set[type], expected: str | None) -> None:
    assert stop_of(fields(**response), kinds) == expected


@given(objects("type", "content", "summary", "encrypted_content", "arguments", "annotations", "logprobs", "text"))
def test_no_item_raises(item: dict[str, Any]) -> None:
    for kind in ("message", "reasoning", "function_call", item.get("type")):
        read = fields(**item | {"type": kind})
        read_item(read, "openai", [])
        read_part(read, [])
        read_logprobs(read)


def test_notes_are_given_once() -> None:
    notes = ["a"]
    notes_once(notes, "a")
    assert notes == ["a"]
