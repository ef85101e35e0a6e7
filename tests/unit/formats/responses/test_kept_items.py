"""Items are kept in full, each with an id, and read again as the same items."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseItem
from pydantic import TypeAdapter

from kit.json_values import VALUES
from tollway.formats.responses.kept_items import read_items, with_ids

_official: TypeAdapter[ResponseItem] = TypeAdapter(ResponseItem)


def kept(*items: dict[str, Any]) -> list[dict[str, Any]]:
    raw = read_items(json.dumps(items).encode())
    found = with_ids(raw, "resp_abc")
    listed = [json.loads(bytes(item)) for _, item in found]
    assert [item["id"] for item in listed] == [item_id for item_id, _ in found]
    return listed


def test_a_string_is_the_users_message() -> None:
    (item,) = read_items(b'"hi"')
    ((item_id, whole),) = with_ids([item], "resp_abc")
    assert item_id == "msg_abc_i0"
    assert json.loads(bytes(whole)) == {
        "id": "msg_abc_i0",
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "hi"}],
        "status": "completed",
    }


@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": "hi"},
        {"role": "developer", "content": [{"type": "input_text", "text": "hi"}]},
        {"role": "assistant", "content": "ho"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "id": None, "status": None},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        {"type": "reasoning", "summary": [], "encrypted_content": "s"},
    ],
)
def test_what_is_listed_is_what_the_sdk_lists(item: dict[str, Any]) -> None:
    (listed,) = kept(item)
    _official.validate_python(listed, strict=True)
    again = with_ids([msgspec.Raw(json.dumps(listed).encode())], "resp_other")
    assert json.loads(bytes(again[0][1])) == listed


def test_ids_that_are_there_stay() -> None:
    first, second = kept({"role": "user", "content": "a", "id": "msg_1"}, {"type": "made_up"})
    assert first["id"] == "msg_1" and second == {"id": "item_abc_i1", "type": "made_up"}


@given(VALUES.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_nothing_raises(raw: bytes) -> None:
    with_ids(read_items(raw), "resp_abc")
