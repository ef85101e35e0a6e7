"""Streams are of the official grammar: the SDK's own types take every event, its accumulator the whole."""

import pytest
from hypothesis import given

from kit.responses_values import REPLIES, official_accumulation, official_events, official_response, shown
from kit.translation import fold
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.responses.reply_reader import read_reply
from tollway.formats.responses.response_writer import write_reply
from tollway.formats.responses.stream_reader import EventReader
from tollway.formats.responses.stream_writer import EventWriter

USAGE = Usage(input_tokens=3, output_tokens=2)
LOGPROB = hub.TokenLogprob(token="a", logprob=-1.0, bytes=(97,))


def events_of(reply: hub.Reply) -> list[hub.Event]:
    """Tell a whole answer as the events of a stream, every text in pieces of one or two letters."""
    events: list[hub.Event] = [hub.Begin(id=reply.id, model=reply.model, created_seconds=reply.created_seconds)]
    (choice,) = reply.choices
    for number, part in enumerate(choice.parts):
        events += _part_events(number, part)
    events.append(hub.ChoiceEnd(choice=0, stop=choice.stop))
    return [*events, hub.UsageStated(usage=USAGE), hub.Done()]


def _part_events(number: int, part: hub.Part) -> list[hub.Event]:
    place = {"choice": 0, "part": number}
    match part:
        case hub.ToolCall():
            opened: object = hub.ToolCall(id=part.id, name=part.name, arguments="")
            text = part.arguments
        case hub.Thinking():
            opened, text = hub.Thinking(is_redacted=part.is_redacted), part.text
        case hub.Refusal():
            opened, text = hub.Refusal(text=""), part.text
        case hub.Text():
            opened, text = hub.Text(text=""), part.text
        case _:
            raise AssertionError(part)
    events: list[hub.Event] = [hub.PartBegin(opened=opened, **place)]  # type: ignore[arg-type]  # one of the four
    events += [hub.TextDelta(text=text[at : at + 2], **place) for at in range(0, len(text), 2)]
    if isinstance(part, hub.Text):
        events += [hub.Cited(citation=citation, **place) for citation in part.citations]
    if isinstance(part, hub.Thinking | hub.ToolCall) and part.signature is not None:
        events.append(hub.SignatureStated(signature=part.signature, **place))
    return [*events, hub.PartEnd(**place)]


def written(events: list[hub.Event], **changes: object) -> bytes:
    writer = EventWriter(shown(**changes))
    return b"".join(map(writer.write, events))


@given(REPLIES)
def test_a_stream_amounts_to_the_whole_answer(reply: hub.Reply) -> None:
    writer = EventWriter(shown())
    raw = b"".join(map(writer.write, events_of(reply)))
    events = official_events(raw)
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    last = events[-1]
    assert last.type in ("response.completed", "response.incomplete")
    whole = official_response(write_reply(reply, shown()))
    assert writer.response is not None
    streamed = official_response(writer.response)
    assert [item.to_dict() | {"status": 0} for item in streamed.output] == [
        item.to_dict() | {"status": 0} for item in whole.output
    ]
    assert streamed.incomplete_details == whole.incomplete_details
    if last.type == "response.completed":
        assert official_accumulation(raw).output_text == whole.output_text


@given(REPLIES)
def test_our_own_reader_reads_it_alike(reply: hub.Reply) -> None:
    raw = written(events_of(reply))
    reader = EventReader("openai")
    read = fold(reader.feed(raw) + reader.finish())
    again = read_reply(write_reply(reply, shown()), "openai")
    assert read is not None and read.choices[0].parts == again.choices[0].parts
    assert read.usage is not None and read.usage.input_tokens == 3


def test_log_probabilities_travel_with_their_text() -> None:
    place = {"choice": 0, "part": 0}
    events: list[hub.Event] = [
        hub.Begin(id="i", model="m"),
        hub.PartBegin(opened=hub.Text(text=""), **place),
        hub.TextDelta(text="a", **place),
        hub.LogprobsStated(choice=0, logprobs=(LOGPROB,)),
        hub.TextDelta(text="b", **place),
        hub.PartEnd(**place),
        hub.ChoiceEnd(choice=0, stop="end"),
        hub.Done(),
    ]
    seen = official_events(written(events, request=hub.Request(model="m", turns=(), logprobs=True)))
    deltas = [(event.delta, len(event.logprobs)) for event in seen if event.type == "response.output_text.delta"]
    assert deltas == [("a", 1), ("b", 0)]
    (done,) = [event for event in seen if event.type == "response.output_text.done"]
    assert [item.token for item in done.logprobs] == ["a"]


@pytest.mark.parametrize("is_early", [True, False])
def test_a_calls_seal_follows_its_call(*, is_early: bool) -> None:
    seal = hub.Signature(origin="gemini", value="s")
    call = hub.ToolCall(id="c", name="f", arguments="", signature=seal if is_early else None)
    place = {"choice": 0, "part": 0}
    events: list[hub.Event] = [hub.Begin(id="i", model="m"), hub.PartBegin(opened=call, **place)]
    if not is_early:
        events.append(hub.SignatureStated(signature=seal, **place))
    events += [hub.PartEnd(**place), hub.ChoiceEnd(choice=0, stop="tool_calls"), hub.Done()]
    whole = official_accumulation(written(events))
    assert [item.type for item in whole.output] == ["function_call", "reasoning"]


def test_a_failure_is_an_error_and_a_failed_response() -> None:
    place = {"choice": 0, "part": 0}
    events: list[hub.Event] = [
        hub.Begin(id="i", model="m"),
        hub.PartBegin(opened=hub.Text(text=""), **place),
        hub.TextDelta(text="a", **place),
        hub.Failed(kind="overloaded_error", message="busy"),
        hub.TextDelta(text="b", **place),
        hub.Done(),
    ]
    seen = official_events(written(events))
    assert [event.type for event in seen[-2:]] == ["error", "response.failed"]


def test_tier_and_incompleteness_are_those_of_the_end() -> None:
    place = {"choice": 0, "part": 0}
    events: list[hub.Event] = [
        hub.Begin(id="i", model="m"),
        hub.PartBegin(opened=hub.Text(text=""), **place),
        hub.PartEnd(**place),
        hub.ChoiceEnd(choice=0, stop="length"),
        hub.UsageStated(usage=Usage(input_tokens=1, tier="flex")),
        hub.Done(),
    ]
    last = official_events(written(events))[-1]
    assert last.type == "response.incomplete" and last.response.service_tier == "flex"
    assert last.response.output[0].status == "incomplete"


def test_a_citation_without_address_is_not_shown() -> None:
    place = {"choice": 0, "part": 0}
    events: list[hub.Event] = [
        hub.Begin(id="i", model="m"),
        hub.PartBegin(opened=hub.Text(text=""), **place),
        hub.Cited(citation=hub.Citation(title="book"), **place),
        hub.Cited(citation=hub.Citation(url="u"), **place),
        hub.PartEnd(**place),
        hub.LogprobsStated(choice=0, logprobs=(LOGPROB,)),
        hub.ChoiceEnd(choice=0, stop="end"),
        hub.Done(),
    ]
    seen = official_events(written(events))
    places = [event.annotation_index for event in seen if event.type == "response.output_text.annotation.added"]
    assert places == [0] and not any(event.type == "response.output_text.delta" for event in seen)


def test_what_has_no_place_is_not_written() -> None:
    writer = EventWriter(shown())
    place = {"choice": 0, "part": 0}
    for event in (
        hub.PartEnd(**place),
        hub.TextDelta(text="x", **place),
        hub.Cited(citation=hub.Citation(url="u"), **place),
        hub.LogprobsStated(choice=0, logprobs=(LOGPROB,)),
        hub.ChoiceEnd(choice=1, stop="end"),
    ):
        assert writer.write(event) == b""
    assert writer.response is None
