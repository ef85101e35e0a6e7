"""The tap of a same-dialect stream keeps its bytes, counts, renames, and ends what was cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.usage import Usage
from tollway.formats.messages.stream_watch import EVENT_BYTES_MAX, StreamWatch, rename

START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"claude-opus-5",'
    b'"content":[],"usage":{"input_tokens":9,"cache_creation_input_tokens":5,"output_tokens":1}}   }\n\n'
)
BLOCK = (
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text"}}\n\n'
)
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
TEXT = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    b'"text":"twelve bytes"}}\n\n'
)
END = (
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
    b'"usage":{"output_tokens":7}}\n\n'
)
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
WHOLE = START + BLOCK + PING + TEXT + END + STOP


def watch(model_json: bytes | None = None) -> StreamWatch:
    return StreamWatch(clock=lambda: 7, request_id="req_1", input_tokens_estimate=3, model_json=model_json)


def run(raw: bytes, *cuts: int, model_json: bytes | None = None, error: str | None = None) -> tuple[bytes, StreamWatch]:
    tap = watch(model_json)
    out, start = b"", 0
    for cut in (*cuts, len(raw)):
        out += tap.feed(raw[start:cut])
        start = cut
    return out + tap.finish(error), tap


def error_of(out: bytes) -> dict[str, Any]:
    assert out.endswith(b"\n\n")
    name, data = out.decode().removesuffix("\n\n").rsplit("\n\n", 1)[-1].split("\n")
    assert name == "event: error"
    body: dict[str, Any] = json.loads(data.removeprefix("data: "))
    return body


@pytest.mark.parametrize("raw", [WHOLE, WHOLE.replace(b"\n", b"\r\n"), WHOLE.replace(b"\n", b"\r")])
def test_a_whole_stream_passes_unchanged_whatever_its_chunking(raw):
    for cut in range(0, len(raw), 5):
        out, tap = run(raw, cut)
        assert out == raw and tap.error_code is None
        assert tap.usage() == Usage(input_tokens=14, output_tokens=7, cache_write_tokens=5)


def test_only_whole_events_are_passed_on():
    tap = watch()
    assert tap.feed(START[:-1]) == b"" and tap.feed(START[-1:] + b"event: p") == START
    assert tap.first_ns == 7


def test_the_model_is_renamed_in_the_first_event_alone():
    out, _ = run(WHOLE, model_json=b'"alias"')
    assert out == WHOLE.replace(b'"claude-opus-5"', b'"alias"')


def test_another_thing_named_so_is_left_alone():
    start = START.replace(b'"content":[]', b'"content":[{"model":"claude-opus-5"}]')
    out, _ = run(start + STOP, model_json=b'"alias"')
    body = json.loads(out.split(b"\n")[1].removeprefix(b"data: "))
    assert body["message"]["model"] == "alias" and body["message"]["content"] == [{"model": "claude-opus-5"}]


def test_a_first_event_without_a_single_model_keeps_its_models():
    start = START.replace(b'"content":[]', b'"model":"b","content":[]')
    assert b'"alias"' not in run(start + STOP, model_json=b'"alias"')[0]
    empty = b'data: {"type":"message_start"}\n\n'
    assert run(empty + STOP, model_json=b'"alias"')[0] == empty + STOP


def test_a_cut_stream_ends_with_an_error_and_an_estimate():
    for end in range(len(WHOLE) - len(STOP)):
        out, tap = run(WHOLE[:end])
        assert error_of(out)["error"]["code"] == "upstream.truncated" == tap.error_code
        assert tap.usage().is_estimated
    assert run(START + TEXT)[1].usage() == Usage(
        input_tokens=14, output_tokens=3, cache_write_tokens=5, is_estimated=True
    )
    assert run(TEXT)[1].usage() == Usage(input_tokens=3, output_tokens=3, is_estimated=True)


def test_the_gateways_own_reason_ends_the_stream():
    out, tap = run(START, error="upstream.timeout")
    assert error_of(out)["error"]["code"] == "upstream.timeout" == tap.error_code


def test_the_vendors_own_error_is_passed_on_alone():
    error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    out, tap = run(START + error)
    assert out == START + error and tap.error_code == "upstream.truncated" and tap.usage().is_estimated


def test_the_last_event_may_lack_its_empty_line():
    out, tap = run(WHOLE[:-1])
    assert out == WHOLE[:-1] and tap.error_code is None


def test_an_endless_event_is_passed_on_unread():
    tap = watch()
    endless = b"data: " + b"x" * EVENT_BYTES_MAX
    assert tap.feed(endless) == endless


def test_data_on_several_lines_are_read_too():
    stop = b'data: {"type":\ndata: "message_stop"}\nid: 7\n\n'
    assert run(START + stop)[1].error_code is None


def test_thinking_and_arguments_are_counted_too():
    thought = b'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"four"}}\n\n'
    piece = b'data: {"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\\"a\\""}}\n\n'
    broken = b'data: {"type":"content_block_delta","delta":7}\n\n'
    assert run(thought + piece + broken)[1].usage().output_tokens == 2


EVENTS = st.lists(st.sampled_from([START, TEXT, END, STOP, b"data: 7\n\n", b"\n\n", b":c\n\n"]), max_size=6)


@given(EVENTS, st.binary())
def test_whole_events_pass_whatever_follows(events, rest):
    whole = b"".join(events)
    out, tap = run(whole + rest, len(whole) // 2)
    assert out.startswith(whole) and tap.usage().output_tokens >= 0


def test_a_whole_answer_is_renamed():
    assert rename(b'{"id":"msg_1", "model":"m"}', b'"alias"') == b'{"id":"msg_1","model":"alias"}'
    for raw in (b'{"id": "msg_1"}', b"[]", b"nonsense"):
        assert rename(raw, b'"alias"') == raw
