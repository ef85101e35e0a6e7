"""Messages become instructions, turns, calls and results, in their order."""

import pytest

from kit.chat import read, refused
from kit.translation import meaning
from tollway.formats import hub

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
USER = {"role": "user", "content": "Hi"}


def turns(*messages):
    return meaning(read(messages=list(messages)).turns)


def test_instructions_before_the_first_turn_are_the_requests():
    request = read(
        messages=[
            {"role": "system", "content": "a"},
            {"role": "developer", "content": [{"type": "text", "text": "b"}]},
            USER,
            {"role": "system", "content": "c"},
        ]
    )
    assert [text.text for text in request.system] == ["a", "b"]
    assert [turn.role for turn in request.turns] == ["user", "system"]
    assert request.turns[1].at == "messages[3]"


def test_named_instructions_keep_their_name():
    assert turns({"role": "system", "content": "a", "name": "example_user"})[0].name == "example_user"


def test_an_assistants_parts_come_in_the_dialects_order():
    message = {
        "role": "assistant",
        "content": "Text",
        "refusal": "No.",
        "reasoning_content": "Hm.",
        "tool_calls": [CALL | {"index": 0}],
        "annotations": [
            {
                "type": "url_citation",
                "url_citation": {"url": "https://e.com", "title": "T", "start_index": 0, "end_index": 4},
            }
        ],
        "name": "bot",
        "prefix": False,
        "audio": None,
        "function_call": None,
    }
    citation = hub.Citation(url="https://e.com", title="T", start=0, end=4)
    assert turns(message) == (
        hub.Turn(
            role="assistant",
            name="bot",
            parts=(
                hub.Thinking(text="Hm."),
                hub.Text(text="Text", citations=(citation,)),
                hub.Refusal(text="No."),
                hub.ToolCall(id="call_1", name="f", arguments='{"a": 1}'),
            ),
        ),
    )


def test_a_seal_over_a_text_comes_after_it():
    detail = {"type": "reasoning.encrypted", "data": "s", "format": "google-gemini-v1", "index": 0}
    parts = turns({"role": "assistant", "content": "a", "reasoning_details": [detail]})[0].parts
    assert [type(part) for part in parts] == [hub.Text, hub.Thinking]


def test_a_seal_on_a_call_is_kept():
    call = CALL | {"extra_content": {"google": {"thought_signature": "c2VhbA=="}}}
    parts = turns({"role": "assistant", "content": None, "tool_calls": [call]})[0].parts
    assert parts[0].signature == hub.Signature(origin="gemini", value="c2VhbA==")


def test_arguments_may_be_an_object():
    call = {"id": "x", "function": {"name": "f", "arguments": {"a": 1}}}
    assert turns({"role": "assistant", "tool_calls": [call]})[0].parts[0].arguments == '{"a": 1}'


def test_results_that_follow_each_other_are_one_turn():
    results = [{"role": "tool", "tool_call_id": f"call_{n}", "content": f"r{n}", "name": "f"} for n in (1, 2)]
    found = turns(*results, USER, {"role": "tool", "tool_call_id": "call_3", "content": [{"type": "text", "text": ""}]})
    assert [turn.role for turn in found] == ["user"] * 3
    assert found[0].parts == (
        hub.ToolResult(call_id="call_1", parts=(hub.Text(text="r1"),), name="f"),
        hub.ToolResult(call_id="call_2", parts=(hub.Text(text="r2"),), name="f"),
    )
    assert isinstance(found[2].parts[0], hub.ToolResult)


def test_an_empty_answer_is_an_empty_turn():
    assert turns(USER, {"role": "assistant", "content": None})[1].parts == ()


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ({"content": "x"}, "field_invalid", "messages[0].role"),
        ({"role": "odd", "content": "x"}, "field_invalid", "messages[0].role"),
        ({"role": "function", "content": "x", "name": "f"}, "untranslatable", "messages[0].role"),
        ({"role": "user"}, "field_invalid", "messages[0].content"),
        ({"role": "user", "content": 3}, "field_invalid", "messages[0].content"),
        ({"role": "user", "content": "x", "odd": 1}, "untranslatable", "messages[0].odd"),
        ({"role": "assistant", "content": "x", "prefix": True}, "untranslatable", "messages[0].prefix"),
        ({"role": "assistant", "audio": {"id": "a"}}, "untranslatable", "messages[0].audio"),
        ({"role": "assistant", "tool_calls": [{"id": "a"}]}, "field_invalid", "messages[0].tool_calls[0].function"),
        (
            {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]},
            "field_invalid",
            "messages[0].tool_calls[0].id",
        ),
        (
            {"role": "assistant", "tool_calls": [{"id": "a", "function": {}}]},
            "field_invalid",
            "messages[0].tool_calls[0].function.name",
        ),
        (
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "custom", "custom": {}}]},
            "untranslatable",
            "messages[0].tool_calls[0].type",
        ),
        ({"role": "assistant", "annotations": [{"type": "odd"}]}, "untranslatable", "messages[0].annotations[0].type"),
        ({"role": "tool", "content": "x"}, "field_invalid", "messages[0].tool_call_id"),
        (
            {
                "role": "tool",
                "tool_call_id": "a",
                "content": [{"type": "video_url", "video_url": {"url": "https://e"}}],
            },
            "untranslatable",
            "messages[0].content[0]",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(message, code, param):
    error = refused(messages=[message])
    assert (error.code.name, error.param) == (f"request.{code}", param)
