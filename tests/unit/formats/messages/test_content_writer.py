"""Conversations are written as Anthropic takes them; what it cannot be told is refused with its place."""

import json

import msgspec
import pytest

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.content_writer import ContentWriter, lacks_thought
from tollway.formats.messages.model import find_model

USER = hub.Turn(role="user", parts=(hub.Text(text="hi"),))
SEAL = hub.Signature(origin="anthropic", value="EqQB")


def written(*turns: hub.Turn, model: str = "claude-sonnet-4-5") -> tuple[list[dict[str, object]], list[str]]:
    notes: list[str] = []
    messages = ContentWriter(find_model(model), notes).write(turns)
    return json.loads(msgspec.json.encode(messages)), notes


def said(*parts: hub.Part) -> hub.Turn:
    return hub.Turn(role="assistant", parts=parts)


def heard(*parts: hub.Part) -> hub.Turn:
    return hub.Turn(role="user", parts=parts)


def test_turns_of_one_role_are_one_message_with_the_results_first():
    first = hub.ToolResult(call_id="1", parts=(hub.Text(text="a"),))
    second = hub.ToolResult(call_id="2", parts=(), is_error=True)
    call = hub.ToolCall(id="1", name="f", arguments='{"a": 1}')
    messages, notes = written(USER, said(call), heard(first), heard(hub.Text(text="so?"), second))
    assert messages[1:] == [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "a"}]},
                {"type": "tool_result", "tool_use_id": "2", "is_error": True},
                {"type": "text", "text": "so?"},
            ],
        },
    ]
    assert notes == ["tool-results-first"]


def test_arguments_keep_their_bytes():
    notes: list[str] = []
    call = hub.ToolCall(id="1", name="f", arguments='{ "a": 1.0 }')
    messages = ContentWriter(find_model("glm"), notes).write([USER, said(call)])
    assert b'"input":{ "a": 1.0 }' in msgspec.json.encode(messages)


def test_only_thoughts_of_anthropics_own_are_sent():
    foreign = hub.Thinking(text="x", signature=hub.Signature(origin="gemini", value="y"))
    own = hub.Thinking(text="hm", signature=SEAL)
    redacted = hub.Thinking(is_redacted=True, signature=SEAL)
    messages, notes = written(USER, said(foreign, hub.Thinking(text="z"), own, redacted), said(foreign), USER)
    assert messages[1]["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "EqQB"},
    ]
    assert notes == ["foreign-thinking-omitted"]


def test_a_seal_over_a_call_is_left_out():
    call = hub.ToolCall(id="1", name="f", arguments="", signature=hub.Signature(origin="gemini", value="x"))
    messages, notes = written(USER, said(call), USER)
    assert messages[1]["content"] == [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]
    assert notes == ["foreign-thinking-omitted"]


def test_empty_texts_are_left_out_and_an_empty_answer_too():
    messages, _ = written(heard(hub.Text(text=""), hub.Text(text="hi")), said(hub.Text(text=" \n")), USER)
    assert messages == [{"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "hi"}]}]


def test_ids_that_anthropic_does_not_take_are_rewritten_alike():
    call = hub.ToolCall(id="functions.f:0", name="f", arguments="")
    other = hub.ToolCall(id="functions_f_0", name="f", arguments="")
    result = hub.ToolResult(call_id="functions.f:0", parts=())
    messages, notes = written(USER, said(call, other), heard(result))
    ids = [block["id"] for block in messages[1]["content"]]
    assert ids[0] == messages[2]["content"][0]["tool_use_id"] != ids[1]
    assert notes == ["tool-call-ids-rewritten"] and len(ids[0]) <= 64 and ids[0].replace("_", "").isalnum()


def test_what_an_error_holds_beside_text_comes_after_it():
    image = hub.Image(source=hub.Link(url="https://e.com/a.png"))
    call = hub.ToolCall(id="1", name="f", arguments="")
    result = hub.ToolResult(call_id="1", parts=(image, hub.Text(text="no")), is_error=True)
    messages, notes = written(USER, said(call), heard(result))
    assert messages[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "no"}], "is_error": True},
        {"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}},
    ]
    assert notes == ["tool-result-media-beside"]


def test_differences_that_change_no_answer_are_noted():
    image = hub.Image(source=hub.Link(url="https://e.com/a.png"), detail="low")
    refusal = hub.Refusal(text="no")
    cited = hub.Text(text="a", citations=(hub.Citation(url="https://e.com"),))
    turns = (hub.Turn(role="user", parts=(image,), name="ann"), said(refusal, cited), USER)
    messages, notes = written(*turns)
    assert messages[1]["content"] == [{"type": "text", "text": "no"}, {"type": "text", "text": "a"}]
    assert notes == ["message-name-ignored", "image-detail-ignored", "refusal-as-text", "citations-omitted"]


def test_markers_are_written_where_they_stand():
    mark = hub.CacheMark(ttl="1h")
    messages, _ = written(heard(hub.Text(text="a", cache=mark)))
    assert messages[0]["content"] == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ]


def test_instructions_in_mid_conversation_are_for_the_models_that_take_them():
    system = hub.Turn(role="system", parts=(hub.Text(text="now"),), at="messages[2]")
    turns = (USER, said(hub.Text(text="a")), USER, system)
    assert written(*turns, model="claude-opus-4-8")[0][3]["role"] == "system"
    with pytest.raises(Inexpressible, match="only at the beginning") as refusal:
        written(*turns, model="claude-opus-4-7")
    assert refusal.value.at == "messages[2]"


@pytest.mark.parametrize(
    ("turns", "advice"),
    [
        ((), "at least one"),
        ((said(hub.Thinking(text="x")),), "at least one"),
        ((heard(hub.Text(text="")),), "must not be empty"),
        ((heard(hub.Audio(source=hub.Link(url="https://e.com/a.mp3"))),), "no recordings"),
        ((heard(hub.Video(source=hub.Link(url="https://e.com/a.mp4"))),), "no recordings"),
        ((USER, said(hub.Image(source=hub.Link(url="https://e.com/a.png")))), "from the user alone"),
        ((USER, said(hub.ToolCall(id="1", name="f", arguments="[1]"))), "must be a JSON object"),
        ((USER, said(hub.ToolCall(id="1", name="f", arguments="{"))), "must be a JSON object"),
        ((USER, said(hub.ToolCall(id="1", name="f", arguments="\ud800"))), "must be a JSON object"),
    ],
)
def test_what_cannot_be_said_is_refused(turns, advice):
    with pytest.raises(Inexpressible, match=advice) as refusal:
        written(*turns)
    assert refusal.value.field == "turns"


def test_an_answer_that_was_begun_is_for_the_models_that_continue_it():
    begun = hub.Turn(role="assistant", parts=(hub.Text(text="The best is ("),), at="messages[1]")
    assert written(USER, begun)[0][1]["role"] == "assistant"
    with pytest.raises(Inexpressible, match="continues no") as refusal:
        written(USER, begun, model="claude-opus-4-6")
    assert refusal.value.at == "messages[1]"


def test_files_of_anthropics_are_noticed():
    writer = ContentWriter(find_model("claude-sonnet-4-5"), [])
    writer.write([heard(hub.Document(source=hub.FileId(origin="anthropic", id="file_1")))])
    assert writer.uses_files
    writer = ContentWriter(find_model("claude-sonnet-4-5"), [])
    writer.write([USER])
    assert not writer.uses_files


def test_a_call_made_without_a_thought_is_found():
    call = hub.ToolCall(id="1", name="f", arguments="")
    result = heard(hub.ToolResult(call_id="1", parts=()))
    writer = ContentWriter(find_model("claude-sonnet-4-5"), [])
    assert lacks_thought(writer.write([USER, said(call), result]))
    assert not lacks_thought(writer.write([USER, said(hub.Thinking(text="h", signature=SEAL), call), result]))
    assert not lacks_thought(writer.write([USER, said(call), result, said(hub.Text(text="a")), USER]))
    assert not lacks_thought(writer.write([USER]))
