"""A stream that is translated ends as its source ended, and is billed by what it said."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kit.dialect_answers import STREAMS, TEXT, USAGE
from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.dialects import CHAT, DIALECTS, GEMINI, MESSAGES
from tollway.gateway.translation import ArrayWatch, TranslatingWatch

SHOWN = Shown("req_1", "asked", 7, hub.Request(model="asked", turns=(), is_stream=True))


def open_watch(source="messages", target="chat", clock=lambda: 5):
    return TranslatingWatch(DIALECTS[source], "x", DIALECTS[target], SHOWN, clock=clock, estimate=40)


@given(st.sampled_from(sorted(DIALECTS)), st.sampled_from(sorted(DIALECTS)), st.integers(1, 200))
def test_any_chunking_gives_the_same_stream(source, target, size):
    raw = STREAMS[source]
    whole, cut = open_watch(source, target), open_watch(source, target)
    once = whole.feed(raw) + whole.finish(None)
    pieces = b"".join(cut.feed(raw[at : at + size]) for at in range(0, len(raw), size)) + cut.finish(None)
    reader = DIALECTS[target].open_reader("x")
    other = DIALECTS[target].open_reader("x")
    assert text_of(reader.feed(once) + reader.finish()) == text_of(other.feed(pieces) + other.finish()) == TEXT
    assert whole.usage() == cut.usage() == USAGE
    assert (whole.error_code, whole.first_ns) == (None, 5)


def text_of(events):
    assert isinstance(events[-1], hub.Done)
    return "".join(event.text for event in events if isinstance(event, hub.TextDelta))


def test_the_first_instant_is_that_of_the_first_bytes():
    instants = iter((3, 9))
    watch = open_watch(clock=lambda: next(instants))
    assert watch.first_ns == 0
    watch.feed(b"x")
    watch.feed(b"y")
    assert watch.first_ns == 3


def test_a_stream_that_ends_early_ends_in_an_error_event_and_an_estimate():
    watch = open_watch()
    raw = STREAMS["messages"]
    watch.feed(raw[: raw.index(b"content_block_stop")])
    last = watch.finish(None)
    assert b"upstream.truncated" in last and b"finish_reason" not in last.partition(b"error")[2]
    assert watch.error_code == "upstream.truncated"
    usage = watch.usage()
    assert usage.is_estimated and usage.input_tokens == USAGE.input_tokens and usage.output_tokens > 0


def test_a_stream_that_says_nothing_is_billed_for_its_input():
    watch = open_watch()
    assert b"upstream.timeout" in watch.finish("upstream.timeout")
    assert (watch.usage().input_tokens, watch.usage().is_estimated) == (40, True)


def test_a_failure_the_vendor_tells_of_is_told_once_in_the_callers_words():
    watch = open_watch("messages", "chat")
    raw = STREAMS["messages"]
    begun = raw[: raw.index(b"event: content_block_stop")]
    error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    out = watch.feed(begun + error)
    assert b"Overloaded" in out
    assert watch.finish(None) == b""
    assert watch.error_code == "upstream.failed" and watch.usage().is_estimated


def test_what_follows_the_end_is_not_passed_on():
    watch = open_watch("chat", "messages")
    watch.feed(STREAMS["chat"])
    assert watch.feed(STREAMS["chat"]) == b"" and watch.finish(None) == b"" and watch.error_code is None


def test_an_array_of_geminis_is_one_json_text_with_the_same_elements():
    inner = TranslatingWatch(CHAT, "x", GEMINI, SHOWN, clock=lambda: 5, estimate=40)
    watch = ArrayWatch(inner)
    raw = b"".join(watch.feed(STREAMS["chat"][at : at + 9]) for at in range(0, len(STREAMS["chat"]), 9))
    elements = json.loads(raw + watch.finish(None))
    texts = [
        part.get("text", "")
        for e in elements
        for c in e.get("candidates", [])
        for part in c["content"].get("parts", [])
    ]
    assert "".join(texts) == TEXT
    assert (watch.first_ns, watch.error_code, watch.usage()) == (5, None, USAGE)


def test_the_notes_are_the_readers():
    assert TranslatingWatch(MESSAGES, "x", CHAT, SHOWN, clock=lambda: 1, estimate=1).notes == []


def test_a_cut_stream_of_responses_goes_on_counting_its_events_and_fails_the_response():
    watch = open_watch("messages", "responses")
    raw = STREAMS["messages"]
    out = watch.feed(raw[: raw.index(b"event: content_block_stop")]) + watch.finish("upstream.truncated")
    events = [json.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: ")]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "response.failed"


def test_usage_that_no_upstream_stated_is_estimated_for_clients_that_insist_on_it():
    raw = b"".join(e + b"\n\n" for e in STREAMS["chat"].split(b"\n\n")[:-1] if b'"usage"' not in e)
    watch = open_watch("chat", "responses")
    out = watch.feed(raw) + watch.finish(None)
    done = json.loads(out.splitlines()[-2].removeprefix(b"data: "))
    assert done["response"]["usage"]["input_tokens"] == 40
    assert watch.usage().is_estimated and watch.error_code is None
