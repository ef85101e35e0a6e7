"""Messages are read block by block; what only Anthropic reads is refused with its place."""

import json

import pytest

from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.messages.content_reader import read_system, read_turns
from tollway.formats.messages.seal import write_call_seal
from tollway.kernel.errors import TollwayError


def turn(content: object, role: str = "user") -> hub.Turn:
    raw = json.dumps({"role": role, "content": content}).encode()
    return read_turns([Asked.parse(raw, "messages[0]")])[0]


def refusal(content: object, role: str = "user") -> TollwayError:
    with pytest.raises(TollwayError) as caught:
        turn(content, role)
    return caught.value


def test_a_text_is_a_block_of_text():
    assert turn("hi") == hub.Turn(role="user", parts=(hub.Text(text="hi", at="messages[0].content"),), at="messages[0]")
    assert meaning(turn([{"type": "text", "text": "hi"}])) == meaning(turn("hi"))


def test_places_are_those_of_the_callers_body():
    assert turn([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]).parts[1].at == "messages[0].content[1]"


def test_instructions_come_as_text_or_as_blocks():
    assert read_system(Asked.parse(b'{"system":"be kind"}')) == (hub.Text(text="be kind", at="system"),)
    blocks = b'{"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}'
    assert read_system(Asked.parse(blocks))[0].cache == hub.CacheMark(ttl="1h")
    assert read_system(Asked.parse(b'{"system":""}')) == read_system(Asked.parse(b"{}")) == ()


def test_instructions_in_mid_conversation_are_text_alone():
    assert turn([{"type": "text", "text": "now"}], "system").parts == (
        hub.Text(text="now", at="messages[0].content[0]"),
    )
    addition = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "f"}}
    assert refusal([addition], "system").code.name == "request.untranslatable"
    assert refusal([{"type": "image"}], "system").param == "messages[0].content[0].type"


def test_thoughts_keep_their_seals():
    parts = turn(
        [
            {"type": "thinking", "thinking": "hm", "signature": "EqQBCg=="},
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "redacted_thinking", "data": "EpEB"},
        ],
        "assistant",
    ).parts
    assert meaning(parts) == (
        hub.Thinking(text="hm", signature=hub.Signature(origin="anthropic", value="EqQBCg==")),
        hub.Thinking(text="hm"),
        hub.Thinking(signature=hub.Signature(origin="anthropic", value="EpEB"), is_redacted=True),
    )


def test_a_calls_seal_finds_its_call_wherever_it_stands():
    seal = hub.Signature(origin="gemini", value="CtQB")
    call = hub.ToolCall(id="call 1", name="f", arguments="{}")
    carried = {"type": "redacted_thinking", "data": write_call_seal(call, seal)}
    use = {"type": "tool_use", "id": "call 1", "name": "f", "input": {}}
    other = {"type": "tool_use", "id": "call 2", "name": "f", "input": {}}
    expected = (hub.ToolCall(id="call 1", name="f", arguments="{}", signature=seal),)
    assert meaning(turn([carried, use], "assistant").parts) == expected
    assert meaning(turn([use, carried], "assistant").parts) == expected
    assert turn([carried, other, use], "assistant").parts[0].signature is None


def test_a_call_keeps_its_arguments_to_the_byte():
    call = b'{"type":"tool_use","id":"1","name":"f","input":{ "a": 1.0 },"caller":{"type":"direct"}}'
    raw = b'{"role":"assistant","content":[%b]}' % call
    (part,) = read_turns([Asked.parse(raw)])[0].parts
    assert isinstance(part, hub.ToolCall) and part.arguments == '{ "a": 1.0 }'


def test_a_result_has_text_or_blocks_and_may_be_an_error():
    image = {"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}}
    parts = turn(
        [
            {"type": "tool_result", "tool_use_id": "1", "content": "fine", "is_error": False},
            {
                "type": "tool_result",
                "tool_use_id": "2",
                "content": [{"type": "text", "text": "x"}, image],
                "is_error": True,
            },
            {"type": "tool_result", "tool_use_id": "3"},
        ]
    ).parts
    picture = hub.Image(source=hub.Link(url="https://e.com/a.png"))
    assert meaning(parts) == (
        hub.ToolResult(call_id="1", parts=(hub.Text(text="fine"),)),
        hub.ToolResult(call_id="2", parts=(hub.Text(text="x"), picture), is_error=True),
        hub.ToolResult(call_id="3", parts=()),
    )


def test_a_cited_text_keeps_its_sources():
    cited = {"type": "char_location", "cited_text": "q", "document_title": "D", "document_index": 0}
    text = {"type": "text", "text": "four", "citations": [cited]}
    assert turn([text], "assistant").parts == (
        hub.Text(
            text="four",
            citations=(hub.Citation(title="D", quote="q", start=0, end=4),),
            at="messages[0].content[0]",
        ),
    )


@pytest.mark.parametrize(
    "kind",
    [
        "server_tool_use",
        "web_search_tool_result",
        "bash_code_execution_tool_result",
        "mcp_tool_use",
        "container_upload",
        "advisor_tool_result",
        "compaction",
        "hologram",
    ],
)
def test_what_only_anthropic_reads_is_refused_by_place(kind):
    error = refusal([{"type": "text", "text": "a"}, {"type": kind, "id": "x"}], "assistant")
    assert (error.code.name, error.param) == ("request.untranslatable", "messages[0].content[1]")
    assert "leave the block out" in error.public or "as" in error.public or "only Anthropic" in error.public


def test_what_the_callers_own_search_found_is_a_document():
    found = {
        "type": "search_result",
        "source": "https://e.com/a",
        "title": "A",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "citations": {"enabled": True},
    }
    document = hub.Document(
        source=hub.PlainText(text="a\nb"), name="A", context="https://e.com/a", wants_citations=True
    )
    assert meaning(turn([found]).parts) == (document,)
    result = turn([{"type": "tool_result", "tool_use_id": "1", "content": [found]}]).parts[0]
    assert isinstance(result, hub.ToolResult) and meaning(result.parts) == (document,)


def test_a_tool_that_is_loaded_later_is_refused_within_a_result():
    content = [{"type": "tool_reference", "tool_name": "f"}]
    error = refusal([{"type": "tool_result", "tool_use_id": "1", "content": content}])
    assert error.param == "messages[0].content[0].content[0]"


@pytest.mark.parametrize(
    ("content", "role", "param"),
    [
        ([{"type": "tool_use", "id": "1", "name": "f", "input": {}}], "user", "messages[0].content[0]"),
        ([{"type": "thinking", "thinking": "x", "signature": "y"}], "user", "messages[0].content[0]"),
        ([{"type": "tool_result", "tool_use_id": "1"}], "assistant", "messages[0].content[0]"),
        ([{"type": "tool_use", "name": "f", "input": {}}], "assistant", "messages[0].content[0].id"),
        ([{"type": "tool_use", "id": "1", "input": {}}], "assistant", "messages[0].content[0].name"),
        ([{"type": "tool_use", "id": "1", "name": "f", "input": []}], "assistant", "messages[0].content[0].input"),
        ([{"type": "redacted_thinking"}], "assistant", "messages[0].content[0].data"),
        ([{"type": "tool_result", "content": "x"}], "user", "messages[0].content[0].tool_use_id"),
        (
            [{"type": "tool_result", "tool_use_id": "1", "content": [{}]}],
            "user",
            "messages[0].content[0].content[0].type",
        ),
        ([{"type": "text"}], "user", "messages[0].content[0].text"),
        ([{"text": "a"}], "user", "messages[0].content[0].type"),
        ([7], "user", "messages[0].content[0]"),
        (7, "user", "messages[0].content"),
        (None, "user", "messages[0].content"),
        ("a", "tool", "messages[0].role"),
    ],
)
def test_a_wrong_form_is_refused_by_place(content, role, param):
    error = refusal(content, role)
    assert (error.code.name, error.param) == ("request.field_invalid", param)


def test_a_call_by_a_program_is_refused():
    call = {"type": "tool_use", "id": "1", "name": "f", "input": {}, "caller": {"type": "code_execution_20260120"}}
    assert refusal([call], "assistant").param == "messages[0].content[0].caller"


def test_an_unknown_field_of_a_block_is_refused():
    assert refusal([{"type": "text", "text": "a", "tone": "warm"}]).param == "messages[0].content[0].tone"
