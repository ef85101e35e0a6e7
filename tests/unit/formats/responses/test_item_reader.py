"""Items become turns in their order; what the hub cannot hold is refused by its name."""

import json
from typing import Any

import pytest

from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.responses.item_reader import ItemReader
from tollway.formats.responses.seal import write_call_seal, write_seal
from tollway.kernel.errors import TollwayError

FOREIGN = hub.Signature(origin="anthropic", value="sealed")


def read(*items: dict[str, Any]) -> ItemReader:
    reader = ItemReader()
    reader.read(Asked.parse(json.dumps({"input": items}).encode()).children("input"))
    return reader


def turns(*items: dict[str, Any]) -> object:
    return meaning(tuple(read(*items).turns))


def test_what_a_model_said_in_several_items_is_one_turn_and_so_are_results() -> None:
    found = turns(
        {"role": "user", "content": "q"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "t"}], "status": "completed"},
        {
            "type": "message",
            "id": "m",
            "status": "completed",
            "phase": "commentary",
            "role": "assistant",
            "content": "a",
        },
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "caller": {"type": "direct"}},
        {"type": "function_call", "call_id": "c2", "name": "g", "arguments": ""},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "two"}]},
        {"role": "user", "content": "next"},
        {"role": "user", "content": "and"},
    )
    assert found == (
        hub.Turn(role="user", parts=(hub.Text(text="q"),)),
        hub.Turn(
            role="assistant",
            parts=(
                hub.Thinking(text="t", id="rs_1"),
                hub.Text(text="a"),
                hub.ToolCall(id="c1", name="f", arguments="{}"),
                hub.ToolCall(id="c2", name="g", arguments=""),
            ),
        ),
        hub.Turn(
            role="user",
            parts=(
                hub.ToolResult(call_id="c1", parts=(hub.Text(text="one"),)),
                hub.ToolResult(call_id="c2", parts=(hub.Text(text="two"),)),
            ),
        ),
        hub.Turn(role="user", parts=(hub.Text(text="next"),)),
        hub.Turn(role="user", parts=(hub.Text(text="and"),)),
    )


def test_instructions_first_are_the_requests_own_and_later_ones_stay_where_they_are() -> None:
    reader = read(
        {"role": "system", "content": "one"},
        {"role": "developer", "content": [{"type": "input_text", "text": "two"}]},
        {"role": "user", "content": "q"},
        {"role": "developer", "content": "three"},
    )
    assert [text.text for text in reader.system] == ["one", "two"]
    assert [turn.role for turn in reader.turns] == ["user", "system"]


def test_thoughts_keep_their_seals() -> None:
    sealed = {"type": "reasoning", "summary": [], "encrypted_content": write_seal(FOREIGN)}
    empty = {"type": "reasoning", "summary": [{"type": "summary_text", "text": ""}], "encrypted_content": "own"}
    raw = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    (turn,) = read(sealed, empty, raw).turns
    assert meaning(turn.parts) == (
        hub.Thinking(signature=FOREIGN, is_redacted=True),
        hub.Thinking(signature=hub.Signature(origin="openai", value="own")),
        hub.Thinking(text="hm"),
    )


def test_a_calls_seal_comes_back_to_its_call() -> None:
    seal = hub.Signature(origin="gemini", value="sealed")
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    (turn,) = read(call, {"type": "reasoning", "summary": [], "encrypted_content": write_call_seal(seal)}).turns
    assert meaning(turn.parts) == (hub.ToolCall(id="c", name="f", arguments="{}", signature=seal),)


def test_a_calls_seal_without_its_call_is_a_thought() -> None:
    seal = hub.Signature(origin="gemini", value="sealed")
    (turn,) = read({"type": "reasoning", "summary": [], "encrypted_content": write_call_seal(seal)}).turns
    assert meaning(turn.parts) == (hub.Thinking(signature=seal, is_redacted=True),)


def test_tools_of_the_conversation_are_kept_for_their_reader() -> None:
    tools = [{"type": "function", "name": "f", "parameters": {}}]
    reader = read({"type": "additional_tools", "role": "developer", "tools": tools})
    assert [tool.text("name") for tool in reader.tools] == ["f"] and not reader.turns


def test_a_picture_that_a_model_made_is_what_it_said() -> None:
    made = {"type": "image_generation_call", "id": "ig", "status": "completed", "result": "AAAA", "quality": "low"}
    assert turns(made, made | {"output_format": "webp"}) == (
        hub.Turn(
            role="assistant",
            parts=(
                hub.Image(source=hub.Base64(media_type="image/png", data="AAAA")),
                hub.Image(source=hub.Base64(media_type="image/webp", data="AAAA")),
            ),
        ),
    )


def test_an_empty_result_has_no_parts() -> None:
    assert turns({"type": "function_call_output", "call_id": "c", "output": ""}) == (
        hub.Turn(role="user", parts=(hub.ToolResult(call_id="c", parts=()),)),
    )


@pytest.mark.parametrize(
    ("item", "param", "code"),
    [
        ({"id": "msg_1"}, "input[0]", "request.untranslatable"),
        ({"type": "item_reference", "id": "msg_1"}, "input[0]", "request.untranslatable"),
        ({"type": "web_search_call", "id": "w"}, "input[0].type", "request.untranslatable"),
        ({"role": "user", "content": "x", "extra": 1}, "input[0].extra", "request.untranslatable"),
        ({"role": "tool", "content": "x"}, "input[0].role", "request.field_invalid"),
        ({"role": "user", "content": "x", "phase": "x"}, "input[0].phase", "request.field_invalid"),
        ({"type": "message", "content": "x"}, "input[0].role", "request.field_invalid"),
        ({"role": "user"}, "input[0].content", "request.field_invalid"),
        (
            {"role": "system", "content": [{"type": "input_image", "image_url": "http://x"}]},
            "input[0].content[0]",
            "request.untranslatable",
        ),
        ({"type": "function_call", "name": "f"}, "input[0].call_id", "request.field_invalid"),
        ({"type": "image_generation_call", "id": "i"}, "input[0].result", "request.field_invalid"),
        ({"type": "function_call", "call_id": "c"}, "input[0].name", "request.field_invalid"),
        (
            {"type": "function_call", "call_id": "c", "name": "f", "caller": {"type": "program"}},
            "input[0].caller",
            "request.untranslatable",
        ),
        ({"type": "function_call_output", "output": "x"}, "input[0].call_id", "request.field_invalid"),
        (
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "refusal", "refusal": "x"}]},
            "input[0].output[0]",
            "request.field_invalid",
        ),
        ({"type": "reasoning", "summary": [{"type": "x"}]}, "input[0].summary[0].type", "request.field_invalid"),
    ],
)
def test_refusals_name_the_place(item: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(TollwayError) as caught:
        read(item)
    assert (caught.value.param, caught.value.code.name) == (param, code)
