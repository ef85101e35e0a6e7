"""A relayed stream keeps its bytes, is understood while it passes, and ends with an error when it was cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.usage import Usage
from tollway.formats.gemini.stream_watch import EVENT_BYTES_MAX, StreamWatch, rename

PIECES = [
    {"candidates": [{"content": {"parts": [{"text": "Hello"}]}, "index": 0}], "usageMetadata": {"promptTokenCount": 3}},
    {"candidates": [{"content": {"parts": [{"text": "you"}]}, "finishReason": "STOP"}]},
    {"candidates": [], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}},
]


def stream(pieces, end="\r\n\r\n"):
    return "".join(f"data: {json.dumps(piece | {'modelVersion': 'gemini-x'})}{end}" for piece in pieces).encode()


def watch(model=None):
    return StreamWatch(
        clock=iter(range(5, 99)).__next__,
        request_id="req-1",
        input_tokens_estimate=9,
        model_json=None if model is None else json.dumps(model).encode(),
    )


def passed(tap, *chunks, error_code=None):
    return b"".join(tap.feed(chunk) for chunk in chunks) + tap.finish(error_code)


@pytest.mark.parametrize("end", ["\r\n\r\n", "\n\n", "\r\r", "\n\r\n"])
def test_the_bytes_pass_unchanged_however_they_are_cut(end):
    raw = stream(PIECES, end)
    for at in range(len(raw) + 1):
        tap = watch()
        assert passed(tap, raw[:at], raw[at:]) == raw
        assert (tap.usage(), tap.error_code, tap.first_ns) == (Usage(3, 2), None, 5)
    tap = watch()
    assert passed(tap, *(raw[at : at + 1] for at in range(len(raw)))) == raw
    assert tap.usage() == Usage(3, 2)


def test_only_whole_events_pass():
    tap = watch()
    raw = stream(PIECES[:1])
    assert tap.feed(raw[:-1]) == b""
    assert tap.feed(raw[-1:] + b"data: {") == raw


def test_the_model_is_renamed_and_nothing_else():
    raw = stream(PIECES)
    assert passed(watch("mine"), raw) == raw.replace(b'"modelVersion": "gemini-x"', b'"modelVersion":"mine"')


def test_a_model_that_was_generated_is_not_renamed():
    part = {"functionCall": {"name": "f", "args": {"modelVersion": "x"}}}
    piece = {"candidates": [{"content": {"parts": [part, {"text": '"modelVersion": "y"'}]}, "finishReason": "STOP"}]}
    raw = passed(watch("mine"), stream([piece]))
    data = json.loads(raw.removeprefix(b"data: "))
    assert data == piece | {"modelVersion": "mine"}
    without = f"data: {json.dumps(piece)}\n\n".encode()
    assert passed(watch("mine"), without) == without


def test_an_event_of_many_lines_is_renamed_as_one():
    part = {"functionCall": {"name": "f", "args": {"modelVersion": "x"}}}
    piece = {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}], "modelVersion": "gemini-x"}
    lines = json.dumps(piece, indent=1).split("\n")
    raw = "".join(f"data: {line}\n" for line in lines).encode() + b"\n"
    out = passed(watch("mine"), raw)
    data = b"\n".join(line.removeprefix(b"data: ") for line in out.splitlines())
    assert json.loads(data) == piece | {"modelVersion": "mine"}


def test_a_stream_that_was_cut_ends_with_an_error_and_is_estimated():
    tap = watch()
    out = passed(tap, stream(PIECES[:1]) + b'data: {"cand')
    assert out.startswith(stream(PIECES[:1])) and b'{"cand' not in out.removeprefix(stream(PIECES[:1]))
    error = json.loads(out.split(b"data: ")[-1])["error"]
    assert error["details"][0]["reason"] == "upstream.truncated"
    assert tap.error_code == "upstream.truncated"
    assert tap.usage() == Usage(3, 2, is_estimated=True)


def test_an_error_from_outside_is_told():
    tap = watch()
    out = passed(tap, stream(PIECES), error_code="upstream.timeout")
    assert json.loads(out.split(b"data: ")[-1])["error"]["details"][0]["reason"] == "upstream.timeout"
    assert tap.error_code == "upstream.timeout"


def test_an_error_of_the_vendors_is_told_once():
    tap = watch()
    raw = stream([PIECES[0], {"error": {"code": 503, "status": "UNAVAILABLE"}}])
    assert passed(tap, raw) == raw
    assert tap.error_code == "upstream.failed"


def test_nothing_stated_is_an_estimate():
    tap = watch()
    tap.feed(stream([{"candidates": [{"content": {"parts": [{"text": "Hello you"}]}}]}]))
    assert tap.usage() == Usage(9, 3, is_estimated=True)


def test_every_candidate_that_was_begun_must_end():
    tap = watch()
    tap.feed(stream([{"candidates": [{"index": 0, "finishReason": "STOP"}, {"index": 1}]}]))
    assert not tap.is_done
    tap.feed(stream([{"candidates": [{"index": 1, "finishReason": "STOP"}]}]))
    assert tap.is_done


def test_a_refused_prompt_is_an_end():
    tap = watch()
    raw = stream([{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}}])
    assert passed(tap, raw) == raw
    assert (tap.error_code, tap.usage()) == (None, Usage(4))


def test_a_last_event_gets_the_end_it_lacks():
    tap = watch()
    assert passed(tap, stream(PIECES).removesuffix(b"\r\n\r\n")) == stream(PIECES)


def test_an_event_beyond_all_bounds_passes_unread():
    tap = watch()
    huge = b"data: " + b"x" * EVENT_BYTES_MAX
    assert tap.feed(huge) == huge
    assert tap.feed(b"\r\n\r\n" + stream(PIECES)) == b"\r\n\r\n" + stream(PIECES)
    assert tap.is_done


@given(st.lists(st.binary(max_size=20)), st.none() | st.just("mine"))
def test_any_bytes_pass(chunks, model):
    tap = watch(model)
    out = passed(tap, *chunks, error_code=None)
    whole = b"".join(chunks)
    error_at = out.rfind(b'data: {"error":{"code":')
    assert whole.startswith(out[: max(error_at, 0)])


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"candidates":[]}', b'{"modelVersion":1,"modelVersion":2}'])
def test_an_answer_without_a_model_keeps_its_bytes(raw):
    assert rename(raw, b'"mine"') == raw


def test_a_whole_answer_is_renamed_in_place():
    assert rename(b'{ "a":1,\n "modelVersion" : "x\\"y" }', b'"mine"') == b'{ "a":1,\n "modelVersion":"mine" }'
    nested = b'{"a":{"modelVersion":"x"},"modelVersion":"y"}'
    assert json.loads(rename(nested, b'"mine"')) == {"a": {"modelVersion": "x"}, "modelVersion": "mine"}
    assert rename(b'{"a":{"modelVersion":"x"},"model_version":"y","b":{"modelVersion":"z"}}', b'"m"').count(b'"m"') == 0
