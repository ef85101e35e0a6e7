"""Usage is read exactly, can never make a charge negative, and is written as it was read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from tollway.contract.usage import Usage
from tollway.formats.responses.usage import estimate_usage, read_usage, write_usage

COUNTS = st.integers(0, 10**6)


def answer(usage: Any, **more: Any) -> bytes:
    return json.dumps({"usage": usage} | more).encode()


def test_every_count() -> None:
    stated = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 20, "audio_tokens": 3},
        "output_tokens": 50,
        "output_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 2},
        "total_tokens": 150,
    }
    assert read_usage(answer(stated, service_tier="flex")) == Usage(
        input_tokens=100,
        output_tokens=50,
        cached_input_tokens=40,
        cache_write_tokens=20,
        reasoning_tokens=30,
        input_audio_tokens=3,
        output_audio_tokens=2,
        tier="flex",
    )


def test_details_are_cut_to_their_total() -> None:
    stated = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 11, "cache_write_tokens": 12},
        "output_tokens": -5,
        "output_tokens_details": {"reasoning_tokens": 9},
    }
    assert read_usage(answer(stated, service_tier="auto")) == Usage(
        input_tokens=10, cached_input_tokens=10, cache_write_tokens=10
    )


def test_built_in_tools_are_counted_as_they_are_billed() -> None:
    output = [
        {"type": "web_search_call", "action": {"type": "search", "query": "a"}},
        {"type": "web_search_call", "action": {"type": "open_page", "url": "u"}},
        {"type": "web_search_call"},
        {"type": "file_search_call"},
        {"type": "code_interpreter_call", "container_id": "c1"},
        {"type": "code_interpreter_call", "container_id": "c1"},
        {"type": "code_interpreter_call", "container_id": "c2"},
    ]
    usage = read_usage(answer({"input_tokens": 1, "output_tokens": 1}, output=output))
    assert usage is not None
    assert (usage.web_searches, usage.file_searches, usage.code_executions) == (2, 1, 2)
    stated = read_usage(
        answer({"input_tokens": 1}, output=output, tool_usage={"web_search": {"num_requests": 7}}),
    )
    assert stated is not None and stated.web_searches == 7


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"usage":null}', b'{"usage":{}}', b'{"usage":{"total_tokens":5}}'])
def test_nothing_stated_is_none(raw: bytes) -> None:
    assert read_usage(raw) is None


@given(VALUES | objects("usage", "output", "tool_usage", "service_tier"))
def test_no_json_raises(value: object) -> None:
    raw = json.dumps(value).encode()
    read_usage(raw)
    assert estimate_usage(raw, 3).is_estimated


@given(COUNTS, COUNTS, st.data())
def test_what_is_written_is_read_again(inputs: int, outputs: int, data: st.DataObject) -> None:
    usage = Usage(
        input_tokens=inputs,
        output_tokens=outputs,
        cached_input_tokens=data.draw(st.integers(0, inputs)),
        cache_write_tokens=data.draw(st.integers(0, inputs)),
        reasoning_tokens=data.draw(st.integers(0, outputs)),
    )
    written = write_usage(usage)
    assert read_usage(answer(written)) == usage
    assert written["total_tokens"] == inputs + outputs


def test_an_estimate_counts_what_was_made() -> None:
    output = [
        {"type": "message", "content": [{"type": "output_text", "text": "12345678"}, {"refusal": "1234"}]},
        {"type": "function_call", "arguments": "1234"},
        {"type": "reasoning", "summary": [{"text": "1"}]},
    ]
    assert estimate_usage(answer(None, output=output), 9) == Usage(input_tokens=9, output_tokens=5, is_estimated=True)
