"""Streams are written as Anthropic's client wants them, and mean what the whole answer means."""

import json
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.messages_values import (
    ANSWER_CALLS,
    ANSWER_TEXTS,
    FOREIGN_SEALS,
    THOUGHTS,
    WORDS,
    accept_message,
    accumulate,
    shown,
)
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.messages.answer_writer import write_reply
from tollway.formats.messages.stream_writer import StreamWriter

USAGE = Usage(input_tokens=9, output_tokens=5, cached_input_tokens=2, reasoning_tokens=1, web_searches=1)
SEAL = hub.Signature(origin="gemini", value="CtQB")


def events_of(parts: Iterable[hub.Part], stop: hub.StopReason = "end") -> list[hub.Event]:
    """The events of an answer, each text cut in two."""
    events: list[hub.Event] = [hub.Begin(id="x", model="m")]
    for at, part in enumerate(parts):
        events += _part_events(at, part)
    return [*events, hub.ChoiceEnd(choice=0, stop=stop), hub.UsageStated(usage=USAGE), hub.Done()]


def _part_events(at: int, part: hub.Part) -> list[hub.Event]:
    match part:
        case hub.ToolCall():
            opened, text = hub.ToolCall(id=part.id, name=part.name, arguments=""), part.arguments
        case hub.Thinking():
            opened, text = hub.Thinking(is_redacted=part.is_redacted, id=part.id), part.text
        case hub.Refusal():
            opened, text = hub.Refusal(text=""), part.text
        case _:
            assert isinstance(part, hub.Text)
            opened, text = hub.Text(text=""), part.text
    middle = len(text) // 2
    pieces = [hub.TextDelta(choice=0, part=at, text=piece) for piece in (text[:middle], text[middle:])]
    seal = getattr(part, "signature", None)
    sealed = [] if seal is None else [hub.SignatureStated(choice=0, part=at, signature=seal)]
    cited = [hub.Cited(choice=0, part=at, citation=citation) for citation in getattr(part, "citations", ())]
    begin = hub.PartBegin(choice=0, part=at, opened=opened)
    return [begin, *pieces, *sealed, *cited, hub.PartEnd(choice=0, part=at)]


def stream(events: list[hub.Event]) -> bytes:
    writer = StreamWriter(shown())
    return b"".join(map(writer.write, events))


def kinds(raw: bytes) -> list[str]:
    return [line.removeprefix("event: ") for line in raw.decode().split("\n") if line.startswith("event: ")]


@settings(max_examples=50)
@given(
    st.lists(
        ANSWER_TEXTS | THOUGHTS | ANSWER_CALLS | st.builds(hub.Refusal, text=WORDS) | st.just(hub.Text(text="")),
        max_size=4,
    ),
    st.sampled_from(["end", "length", "tool_calls", "refusal", "pause"]),
)
def test_the_official_client_makes_the_whole_answer_of_any_stream(parts, stop):
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=tuple(parts), stop=stop),), usage=USAGE)
    streamed, whole = accumulate(stream(events_of(parts, stop))), accept_message(write_reply(reply, shown()))
    assert streamed.model_dump() == whole.model_dump()


def test_the_order_of_events_is_anthropics():
    raw = stream(events_of([hub.Text(text="hi"), hub.ToolCall(id="1", name="f", arguments="{}")], "tool_calls"))
    deltas = ["content_block_delta"] * 2
    assert kinds(raw) == [
        *("message_start", "ping"),
        *("content_block_start", *deltas, "content_block_stop"),
        *("content_block_start", *deltas, "content_block_stop"),
        *("message_delta", "message_stop"),
    ]


@given(FOREIGN_SEALS)
def test_a_seal_over_a_call_is_beside_it_early_or_late(seal):
    call = hub.ToolCall(id="1", name="f", arguments="{}", signature=seal)
    late = accumulate(stream(events_of([call], "tool_calls")))
    begin = hub.PartBegin(choice=0, part=0, opened=call)
    early = accumulate(stream([hub.Begin(id="x", model="m"), begin, hub.PartEnd(choice=0, part=0), *events_of([])[1:]]))
    assert [block.type for block in late.content] == ["tool_use", "redacted_thinking"]
    assert [block.type for block in early.content] == ["redacted_thinking", "tool_use"]
    assert late.content[1] == early.content[0]


def test_a_call_begins_before_its_arguments_are_known():
    writer = StreamWriter(shown())
    writer.write(hub.Begin(id="x", model="m"))
    begun = writer.write(hub.PartBegin(choice=0, part=0, opened=hub.ToolCall(id="1", name="f", arguments="")))
    assert kinds(begun) == ["content_block_start"]


def test_a_part_with_nothing_in_it_is_no_block():
    parts = [hub.Text(text=""), hub.Thinking(), hub.Refusal(text="")]
    assert kinds(stream(events_of(parts))) == ["message_start", "ping", "message_delta", "message_stop"]


def test_a_stream_that_is_cut_has_no_reason_and_no_end():
    events = events_of([hub.Text(text="hi")])[:-1]
    raw = stream(events)
    assert "message_delta" not in kinds(raw) and b"end_turn" not in raw


def test_usage_may_come_at_any_time():
    late = events_of([hub.Text(text="hi")])
    early = [late[0], late[-2], *late[1:-2], late[-1]]
    assert accumulate(stream(early)).usage == accumulate(stream(late)).usage
    assert accumulate(stream(early)).usage.cache_read_input_tokens == 2


def test_a_vendors_failure_is_an_error_event():
    raw = stream([hub.Begin(id="x", model="m"), hub.Failed(kind="overloaded_error", message="Overloaded")])
    assert kinds(raw)[-1] == "error"
    body = json.loads(raw.decode().rsplit("data: ", 1)[1])
    assert body["error"]["type"] == "overloaded_error" and body["request_id"] == shown().request_id


def test_a_withheld_thought_shows_no_words():
    opened = hub.Thinking(is_redacted=True)
    sealed = [hub.SignatureStated(choice=0, part=0, signature=SEAL)] * 2
    words = hub.TextDelta(choice=0, part=0, text="secret")
    begin, end = hub.PartBegin(choice=0, part=0, opened=opened), hub.PartEnd(choice=0, part=0)
    events = events_of([])
    raw = stream([events[0], begin, words, *sealed, end, *events[1:]])
    assert b"secret" not in raw and [block.type for block in accumulate(raw).content] == ["redacted_thinking"]


def test_only_the_first_choice_is_shown():
    other = [
        hub.PartBegin(choice=1, part=0, opened=hub.Text(text="")),
        hub.TextDelta(choice=1, part=0, text="other"),
        hub.PartEnd(choice=1, part=0),
        hub.ChoiceEnd(choice=1, stop="length"),
    ]
    events = events_of([hub.Text(text="hi")])
    assert stream([events[0], *other, *events[1:]]) == stream(events)


def test_log_probabilities_have_no_place():
    assert StreamWriter(shown()).write(hub.LogprobsStated(choice=0, logprobs=())) == b""


def test_a_thought_that_came_with_its_seal_is_whole():
    opened = hub.Thinking(text="hm", signature=SEAL)
    events = events_of([])
    begin = [hub.PartBegin(choice=0, part=0, opened=opened), hub.PartEnd(choice=0, part=0)]
    (block,) = accumulate(stream([events[0], *begin, *events[1:]])).content
    assert (block.type, block.thinking) == ("thinking", "hm") and block.signature
