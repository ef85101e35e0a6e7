"""A stream that is passed on keeps its bytes but for the model, is counted, and never ends as if it were whole."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.responses_values import official_events, shown
from tollway.contract.usage import Usage
from tollway.formats.responses.response_writer import skeleton
from tollway.formats.responses.stream_watch import EVENT_BYTES_MAX, StreamWatch, rename
from tollway.formats.responses.usage import write_usage
from tollway.wire.sse import event_bytes


def watch(model_json: bytes | None = None) -> StreamWatch:
    return StreamWatch(clock=lambda: 5, request_id="req_1", input_tokens_estimate=9, model_json=model_json)


def event(number: int, kind: str, **fields: Any) -> bytes:
    data = {"type": f"response.{kind}", "sequence_number": number} | fields
    return event_bytes(json.dumps(data).encode(), data["type"])


def lifecycle(number: int, kind: str, **fields: Any) -> bytes:
    status = "in_progress" if kind == "created" else kind
    whole = skeleton(shown(), status) | {"model": "gpt-5"} | fields
    return event(number, kind, response=whole)


def text(number: int, delta: str) -> bytes:
    fields = {"delta": delta, "item_id": "m", "output_index": 0, "content_index": 0, "logprobs": []}
    return event(number, "output_text.delta", **fields)


STATED = write_usage(Usage(input_tokens=3, output_tokens=2, cached_input_tokens=1))
BEGUN = lifecycle(0, "created") + text(1, "hello") + text(2, '"type":"response.completed" "model":"x"')
WHOLE = BEGUN + lifecycle(3, "completed", usage=STATED)


@given(st.integers(1, 60))
def test_bytes_pass_unchanged_whatever_their_chunking(size: int) -> None:
    tap = watch()
    out = b"".join(tap.feed(WHOLE[at : at + size]) for at in range(0, len(WHOLE), size)) + tap.finish(None)
    assert out == WHOLE
    assert tap.error_code is None and tap.is_done and tap.first_ns == 5
    assert tap.usage() == Usage(input_tokens=3, output_tokens=2, cached_input_tokens=1, tier="default")
    assert tap.response is not None and json.loads(tap.response)["status"] == "completed"


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\r\r"])
def test_other_line_ends_are_kept(end: bytes) -> None:
    raw = WHOLE.replace(b"\n\n", end).replace(b"\n", end[: len(end) // 2])
    tap = watch()
    assert tap.feed(raw) + tap.finish(None) == raw and tap.is_done


def test_only_the_models_change() -> None:
    tap = watch(b'"alias"')
    out = tap.feed(WHOLE) + tap.finish(None)
    assert text(1, "hello") in out and text(2, '"type":"response.completed" "model":"x"') in out
    before, after = official_events(WHOLE), official_events(out)
    for old, new in zip(before, after, strict=True):
        if old.type in ("response.created", "response.completed"):
            assert old.response.model == "gpt-5" and new.response.model == "alias"
            old.response.model = "alias"
        assert old == new
    assert tap.response is not None and json.loads(tap.response)["model"] == "alias"


def test_events_without_names_get_none() -> None:
    raw = lifecycle(0, "created").replace(b"event: response.created\n", b": ping\n")
    out = watch(b'"alias"').feed(raw)
    assert out.startswith(b': ping\ndata: {"type"') and b"event:" not in out and b'"model":"alias"' in out
    split = raw.replace(b', "response"', b',\ndata: "response"')
    assert json.loads(watch(b'"alias"').feed(split).removeprefix(b"data: "))["response"]["model"] == "alias"


@pytest.mark.parametrize(
    "raw",
    [
        b'data: {"type":"response.created","type":"response.created","response":{"model":"a"}}\n\n',
        b'data: {"type":"response.created","response":{"model":"a","model":"b"}}\n\n',
        b'data: {"type":"response.created","response":[]}\n\n',
        b'data: {"type":"message","x":{"type":"error"}}\n\n',
        b'data: ["type":"error"]\n\n',
    ],
)
def test_what_cannot_be_renamed_passes_as_it_is(raw: bytes) -> None:
    tap = watch(b'"alias"')
    assert tap.feed(raw) == raw
    tap.finish(None)


def test_bytes_that_are_no_text_in_a_response_break_nothing() -> None:
    tap = watch()
    tap.feed(b'data: {"type":"response.created","response":{"id":"a","output":"\xff"}}\n\n')
    assert b"response.failed" in tap.finish(None)


def test_a_cut_stream_ends_with_a_failure_in_the_right_order() -> None:
    tap = watch()
    out = tap.feed(BEGUN[:-5])
    out += tap.finish(None)
    assert tap.error_code == "upstream.truncated"
    events = official_events(out)
    assert [found.type for found in events] == [
        "response.created",
        "response.output_text.delta",
        "error",
        "response.failed",
    ]
    failed = events[-1]
    assert failed.type == "response.failed" and failed.response.id == "resp_0123456789abcdefghijklmn"
    assert tap.usage() == Usage(input_tokens=9, output_tokens=1, is_estimated=True)


def test_an_error_of_ours_is_told_by_its_code() -> None:
    tap = watch()
    (only,) = official_events(tap.finish("upstream.timeout"))
    assert only.type == "error" and only.code == "upstream.timeout" and "req_1" in only.message


def test_the_vendors_own_failure_is_not_told_twice() -> None:
    raw = lifecycle(0, "created") + lifecycle(1, "failed", error={"code": "server_error", "message": "m"})
    tap = watch()
    assert tap.feed(raw) + tap.finish(None) == raw
    assert tap.error_code == "upstream.truncated" and not tap.is_done


def test_long_deltas_are_counted_by_their_bytes() -> None:
    tap = watch()
    tap.feed(text(0, "x" * 400) + text(1, ""))
    assert tap.usage().output_tokens == 100


def test_an_endless_event_is_passed_on_unread() -> None:
    tap = watch()
    raw = b"data: " + b"x" * EVENT_BYTES_MAX
    assert tap.feed(raw) == raw
    assert b"upstream.truncated" in tap.finish(None)


@given(st.binary())
def test_no_bytes_raise_and_only_whole_events_pass(raw: bytes) -> None:
    tap = watch(b'"alias"')
    assert raw.startswith(tap.feed(raw))
    tap.finish(None)
    tap.usage()


def test_renaming_leaves_what_names_no_model() -> None:
    assert rename(b'{"model":"a","x":1}', b'"b"') == b'{"model":"b","x":1}'
    for raw in (b'{"x":1}', b"[]", b'{"model":"b"}'):
        assert rename(raw, b'"b"') is raw
