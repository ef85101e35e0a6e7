"""Turns become items in their order; for whom they are decides what can be in them."""

from typing import Any

import pytest

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.responses.item_writer import ItemWriter

OPENAI = Target(vendor="openai", model="gpt-4o")
MARKING = Target(vendor="openai", model="gpt-5.6")
DEEPSEEK = Target(vendor="deepseek", model="d")
OWN = hub.Signature(origin="openai", value="sealed")
FOREIGN = hub.Signature(origin="anthropic", value="sealed")


def write(*parts: hub.Part, role: str = "user", target: Target = OPENAI) -> tuple[list[dict[str, Any]], list[str]]:
    notes: list[str] = []
    turn = hub.Turn(role=role, parts=parts)  # type: ignore[arg-type]  # one of the three
    return ItemWriter(target, notes).write((turn,)), notes


def test_calls_and_thoughts_stand_between_messages() -> None:
    items, notes = write(
        hub.Thinking(text="t", signature=OWN, id="rs_1"),
        hub.Text(text="a"),
        hub.ToolCall(id="c", name="f", arguments=""),
        hub.Refusal(text="no"),
        role="assistant",
    )
    assert items == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "t"}],
            "encrypted_content": "sealed",
        },
        {"type": "message", "role": "assistant", "content": "a"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    ]
    assert not notes


def test_results_are_text_where_they_can_be() -> None:
    picture = hub.Image(source=hub.Base64(media_type="image/png", data="AAAA"))
    items, notes = write(
        hub.ToolResult(call_id="a", parts=(hub.Text(text="one"),)),
        hub.ToolResult(call_id="b", parts=()),
        hub.ToolResult(call_id="c", parts=(hub.Text(text="two"), picture), is_error=True, cache=hub.CacheMark()),
    )
    assert [item["output"] for item in items] == [
        "one",
        "",
        [
            {"type": "input_text", "text": "two"},
            {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,AAAA"},
        ],
    ]
    assert notes == ["cache-marks-ignored", "tool-error-flag-omitted"]


@pytest.mark.parametrize(
    ("thinking", "target", "expected"),
    [
        (hub.Thinking(text="t"), OPENAI, []),
        (hub.Thinking(text="t", signature=FOREIGN), OPENAI, []),
        (hub.Thinking(text="t", signature=FOREIGN), DEEPSEEK, []),
        (
            hub.Thinking(text="t"),
            DEEPSEEK,
            [{"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "t"}]}],
        ),
        (
            hub.Thinking(signature=OWN, is_redacted=True),
            OPENAI,
            [{"type": "reasoning", "summary": [], "encrypted_content": "sealed"}],
        ),
    ],
)
def test_thinking_goes_to_who_can_read_it(thinking: hub.Thinking, target: Target, expected: object) -> None:
    items, notes = write(thinking, role="assistant", target=target)
    assert items == expected
    assert notes == ([] if expected else ["foreign-thinking-omitted"])


def test_documents_by_where_they_are() -> None:
    items, notes = write(
        hub.Document(source=hub.Base64(media_type="application/pdf", data="AAAA")),
        hub.Document(source=hub.Base64(media_type="text/markdown", data="AAAA"), name="a.md"),
        hub.Document(source=hub.Link(url="http://x")),
        hub.Document(source=hub.FileId(origin="openai", id="f")),
        hub.Document(source=hub.PlainText(text="words"), name="a", context="from b", wants_citations=True),
    )
    assert items[0]["content"] == [
        {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,AAAA"},
        {"type": "input_file", "filename": "a.md", "file_data": "data:text/markdown;base64,AAAA"},
        {"type": "input_file", "file_url": "http://x"},
        {"type": "input_file", "file_id": "f"},
        {"type": "input_text", "text": "from b"},
        {"type": "input_text", "text": "a\n\nwords"},
    ]
    assert notes == ["document-citations-ignored", "document-context-as-text", "document-as-text"]


@pytest.mark.parametrize(
    ("part", "role"),
    [
        (hub.Image(source=hub.Link(url="u")), "assistant"),
        (hub.Audio(source=hub.Base64(media_type="audio/wav", data="A")), "user"),
        (hub.Video(source=hub.Link(url="u")), "user"),
        (hub.Image(source=hub.FileId(origin="anthropic", id="f")), "user"),
        (hub.Document(source=hub.FileId(origin="gemini", id="f")), "user"),
        (hub.Image(source=hub.PlainText(text="x")), "user"),
    ],
)
def test_what_has_no_place_is_refused_where_it_stands(part: Any, role: str) -> None:
    part = type(part)(**{name: getattr(part, name) for name in part.__struct_fields__} | {"at": "messages[3]"})
    with pytest.raises(Inexpressible) as caught:
        write(part, role=role)
    assert (caught.value.field, caught.value.at) == ("turns", "messages[3]")


def test_marks_are_written_for_models_that_take_them() -> None:
    text = hub.Text(text="a", cache=hub.CacheMark(ttl="1h"))
    marked = {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}
    assert write(text, target=MARKING) == ([{"type": "message", "role": "user", "content": [marked]}], [])
    result = hub.ToolResult(call_id="c", parts=(text,))
    assert write(result, target=MARKING)[0][0]["output"] == [marked]
    assert write(text) == ([{"type": "message", "role": "user", "content": "a"}], ["cache-marks-ignored"])
    assert write(result) == (
        [{"type": "function_call_output", "call_id": "c", "output": "a"}],
        ["cache-marks-ignored"],
    )
    assert write(text, role="assistant", target=MARKING)[1] == ["cache-marks-ignored"]


def test_citations_that_lead_somewhere_stay() -> None:
    whole = hub.Citation(url="u", start=0, end=1)
    items, notes = write(hub.Text(text="a", citations=(whole, hub.Citation(title="book"))), role="assistant")
    assert items[0]["content"] == [
        {
            "type": "output_text",
            "text": "a",
            "annotations": [{"type": "url_citation", "url": "u", "title": "", "start_index": 0, "end_index": 1}],
        }
    ]
    assert notes == ["citations-omitted"]


def test_what_cannot_be_marked_or_cited_is_noted() -> None:
    call = hub.ToolCall(id="c", name="f", arguments="{}", cache=hub.CacheMark())
    assert write(call, role="assistant", target=MARKING)[1] == ["cache-marks-ignored"]
    cited = hub.Text(text="a", citations=(hub.Citation(url="u", start=0, end=1),))
    assert write(cited)[1] == write(hub.ToolResult(call_id="c", parts=(cited,)))[1] == ["citations-omitted"]


def test_names_and_a_users_refusal() -> None:
    notes: list[str] = []
    turn = hub.Turn(role="user", parts=(hub.Refusal(text="no"),), name="bob")
    items = ItemWriter(OPENAI, notes).write((turn,))
    assert items == [{"type": "message", "role": "user", "content": "no"}] and notes == ["message-name-ignored"]
