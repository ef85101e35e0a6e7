"""Watching a stream changes nothing that need not change, whatever the chunking."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.usage import Usage
from tollway.formats.chat.stream_watch import EVENT_BYTES_MAX, StreamWatch

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def watch(**options):
    defaults = {"hide_usage": False, "model_json": None}
    return StreamWatch(clock=lambda: 5, request_id="req_1", input_tokens_estimate=4, **{**defaults, **options})


def event(end="\n\n", **fields):
    return f"data: {json.dumps(fields)}{end}".encode()


def delta(text, **more):
    return event(id="c", model="up", choices=[{"index": 0, "delta": {"content": text}}], **more)


DONE = b"data: [DONE]\n\n"
STREAM = b": hello\n\n" + delta("Grüße") + delta(" du") + event(choices=[], usage=USAGE) + DONE


def cut(data, at):
    places = [0, *sorted(at), len(data)]
    return [data[a:b] for a, b in pairwise(places)]


def play(tap, chunks, error=None):
    return b"".join([tap.feed(chunk) for chunk in chunks if chunk]) + tap.finish(error)


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
@given(at=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_bytes_are_unchanged_under_any_chunking(end, at):
    data = STREAM.replace(b"\n\n", end)
    tap = watch()
    assert play(tap, cut(data, [place % (len(data) + 1) for place in at])) == data
    assert tap.usage() == Usage(9, 3)
    assert tap.error_code is None


@given(at=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_only_the_event_that_our_option_caused_is_hidden(at):
    tap = watch(hide_usage=True)
    expected = STREAM.replace(event(choices=[], usage=USAGE), b"")
    assert play(tap, cut(STREAM, at)) == expected
    assert tap.usage() == Usage(9, 3)


def test_usage_beside_choices_is_never_hidden():
    data = delta("x", usage=USAGE) + DONE
    assert play(watch(hide_usage=True), [data]) == data


@given(at=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_an_alias_is_the_model_of_every_event(at):
    shown = play(watch(model_json=b'"mine"'), cut(STREAM, at))
    models = [json.loads(line[6:]).get("model") for line in shown.decode().split("\n\n") if line.startswith("data: {")]
    assert models == ["mine", "mine", None]


@given(place=st.integers(0, len(STREAM) - 1))
def test_a_stream_cut_at_any_byte_ends_in_an_error_event_and_no_half_event(place):
    tap = watch()
    shown = play(tap, [STREAM[:place]] if place else [], "upstream.truncated")
    *events, last, empty = shown.split(b"\n\n")
    assert empty == b""
    assert json.loads(last.removeprefix(b"data: "))["error"]["code"] == "upstream.truncated"
    for whole in events:
        assert whole.startswith(b": ") or whole == b"data: [DONE]" or json.loads(whole.removeprefix(b"data: "))
    assert b'"finish_reason"' not in shown


def test_an_end_without_the_terminal_event_is_a_truncation():
    tap = watch()
    assert b"upstream.truncated" in play(tap, [delta("x")])
    assert tap.error_code == "upstream.truncated"


def test_a_last_event_without_a_blank_line_is_passed_on():
    data = delta("x") + b"data: [DONE]"
    tap = watch()
    assert play(tap, [data]) == data
    assert tap.error_code is None


def test_a_stream_without_usage_is_estimated_by_events_or_by_length():
    short = watch()
    play(short, [delta(" word") for _ in range(20)], "upstream.truncated")
    assert short.usage() == Usage(4, 20, is_estimated=True)
    long = watch()
    play(long, [delta("x" * 400)], "upstream.truncated")
    assert long.usage() == Usage(4, 100, is_estimated=True)


def test_events_with_tool_calls_are_read_and_renamed_like_others():
    call = {"index": 0, "function": {"name": "f", "arguments": "x" * 100}}
    data = event(model="up", choices=[{"index": 0, "delta": {"tool_calls": [call]}}]) + DONE
    tap = watch(model_json=b'"mine"')
    assert play(tap, [data]) == data.replace(b'"model": "up"', b'"model":"mine"')
    assert tap.usage().output_tokens > 20


def test_groqs_own_field_is_read():
    tap = watch()
    play(tap, [event(choices=[], x_groq={"usage": USAGE}), DONE])
    assert tap.usage() == Usage(9, 3)


def test_an_endless_event_is_passed_on_and_memory_stays_bounded():
    tap = watch(hide_usage=True)
    big = b"data: " + b"x" * (EVENT_BYTES_MAX + 10)
    assert tap.feed(big) == big
    assert tap.feed(b"\n\n") + tap.feed(DONE) == b"\n\n" + DONE


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_can_break_the_watch(chunks):
    tap = watch(hide_usage=True, model_json=b'"m"')
    play(tap, chunks)
    assert tap.usage() is not None


TEXTS = st.one_of(
    st.sampled_from(["", "a", '"', "\\", 'x"usage":{', "\n\n", "\r", "usage", '"}}]}', "ü"]), st.text(max_size=12)
)
EVENTS = st.one_of(
    TEXTS.map(delta),
    TEXTS.map(lambda text: delta(text, usage=None)),
    TEXTS.map(lambda text: delta(text).replace(b'": ', b'":').replace(b", ", b",")),
    TEXTS.map(lambda text: b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % text.encode("utf-8", "replace")),
    st.just(b'data: {"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":9,"completion_tokens":3}}\n\n'),
    st.just(b'data: {"choices":[{"delta":{"content":"a\\\\"}}]}\n\n'),
    st.just(b'data: {"choices":[{"delta":{"content":""}}]}\n\n'),
    st.just(b'data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"ab"}}]}}]}\n\n'),
    st.just(DONE),
)


@given(st.lists(EVENTS, max_size=8))
def test_an_event_like_the_first_but_for_its_text_counts_as_it_would_without_it(events):
    """Byte by byte nothing is known to be whole, so that every event is read in full."""
    whole, bytewise = watch(), watch()
    for chunk in events:
        assert whole.feed(chunk) == b"".join([bytewise.feed(bytes([byte])) for byte in chunk])
        assert (whole._text_events, whole._event_bytes) == (bytewise._text_events, bytewise._event_bytes)
    assert (whole.finish(None), whole.usage(), whole.is_done) == (
        bytewise.finish(None),
        bytewise.usage(),
        bytewise.is_done,
    )


def test_an_event_that_differs_in_its_text_alone_is_known_by_what_surrounds_it(monkeypatch):
    compact = [delta(text).replace(b'": ', b'":').replace(b", ", b",") for text in ("one", "two", "th\u00fc")]
    tap = watch()
    tap.feed(compact[0])
    monkeypatch.setattr("tollway.formats.chat.stream_watch._adds_text", lambda chunk: pytest.fail("was looked through"))
    assert b"".join([tap.feed(chunk) for chunk in compact[1:]]) == b"".join(compact[1:])
    assert tap.usage().output_tokens == 3
