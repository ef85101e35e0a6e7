"""A written stream is one that Google's own client reads, and means what the events meant."""

import json

from google.genai import types

from kit.translation import fold
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.gemini.answer_reader import EventReader
from tollway.formats.gemini.event_writer import EventWriter

SHOWN = Shown(request_id="req-1", model="mine", created_seconds=5, request=hub.Request(model="mine", turns=()))
FOREIGN = hub.Signature(origin="anthropic", value="abc")
BEGIN = hub.Begin(id="r", model="claude")


def part(number, opened, *deltas, choice=0):
    begun = hub.PartBegin(choice=choice, part=number, opened=opened)
    texts = [hub.TextDelta(choice=choice, part=number, text=delta) for delta in deltas]
    return [begun, *texts, hub.PartEnd(choice=choice, part=number)]


def write(*events):
    writer = EventWriter(SHOWN)
    return [writer.write(event) for event in events]


def answers(chunks):
    found = [json.loads(chunk.removeprefix(b"data: ")) for chunk in chunks if chunk]
    assert all(chunk.endswith(b"\r\n\r\n") for chunk in chunks if chunk)
    for answer in found:
        types.GenerateContentResponse.model_validate(answer)
        assert (answer["modelVersion"], answer["responseId"]) == ("mine", "r")
    return found


def read(chunks):
    reader = EventReader()
    return fold(reader.feed(b"".join(chunks)) + reader.finish())


def test_texts_go_out_at_once_and_the_end_comes_once():
    end = [hub.ChoiceEnd(choice=0, stop="end"), hub.UsageStated(usage=Usage(3, 2)), hub.Done()]
    chunks = write(BEGIN, *part(0, hub.Text(text=""), "Hel", "", "lo"), *end)
    assert [bool(chunk) for chunk in chunks] == [False, False, True, False, True, False, False, False, True]
    first, second, last = answers(chunks)
    assert first["candidates"] == [{"content": {"parts": [{"text": "Hel"}], "role": "model"}, "index": 0}]
    assert "usageMetadata" not in second and "finishReason" not in second["candidates"][0]
    assert last["candidates"] == [
        {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP", "index": 0}
    ]
    assert last["usageMetadata"] == {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def test_a_stream_means_what_its_events_meant():
    cited = hub.Citation(url="https://a.example", start=1, end=3)
    events = [
        BEGIN,
        hub.PartBegin(choice=0, part=0, opened=hub.Thinking()),
        hub.TextDelta(choice=0, part=0, text="Hm"),
        hub.SignatureStated(choice=0, part=0, signature=FOREIGN),
        hub.PartEnd(choice=0, part=0),
        *part(1, hub.Text(text=""), "ä"),
        hub.PartBegin(choice=0, part=2, opened=hub.ToolCall(id="1", name="f", arguments="")),
        hub.TextDelta(choice=0, part=2, text='{"a"'),
        hub.TextDelta(choice=0, part=2, text=":1}"),
        hub.SignatureStated(choice=0, part=2, signature=FOREIGN),
        hub.PartEnd(choice=0, part=2),
        hub.PartBegin(choice=0, part=3, opened=hub.Text(text="")),
        hub.TextDelta(choice=0, part=3, text="xyz"),
        hub.LogprobsStated(choice=0, logprobs=(hub.TokenLogprob(token="xyz", logprob=-1.0),)),
        hub.Cited(choice=0, part=3, citation=cited),
        hub.PartEnd(choice=0, part=3),
        *part(0, hub.Text(text=""), "other", choice=1),
        hub.ChoiceEnd(choice=0, stop="tool_calls"),
        hub.ChoiceEnd(choice=1, stop="length"),
        hub.UsageStated(usage=Usage(3, 9, reasoning_tokens=4)),
        hub.Done(),
    ]
    chunks = write(*events)
    answers(chunks)
    expected, found = fold(events), read(chunks)
    assert expected is not None and found is not None
    assert (found.choices, found.usage) == (expected.choices, expected.usage)


def test_a_seal_alone_is_an_empty_text_that_carries_it():
    events = [
        BEGIN,
        hub.PartBegin(choice=0, part=0, opened=hub.Thinking(is_redacted=True)),
        hub.SignatureStated(choice=0, part=0, signature=FOREIGN),
        hub.PartEnd(choice=0, part=0),
    ]
    (answer,) = answers(write(*events))
    (sealed,) = answer["candidates"][0]["content"]["parts"]
    assert sealed.keys() == {"text", "thoughtSignature"}


def test_a_thought_without_a_seal_ends_without_a_word():
    chunks = write(BEGIN, *part(0, hub.Thinking(), "Hm"))
    assert [bool(chunk) for chunk in chunks] == [False, False, True, False]


def test_a_malformed_call_is_told_at_the_end():
    call = part(0, hub.ToolCall(id="1", name="f", arguments=""), "{broken")
    (last,) = answers(write(BEGIN, *call, hub.ChoiceEnd(choice=0, stop="tool_calls"), hub.Done()))
    assert last["candidates"][0]["finishReason"] == "MALFORMED_FUNCTION_CALL"


def test_a_call_without_arguments_has_none():
    (answer,) = answers(write(BEGIN, *part(0, hub.ToolCall(id="1", name="f", arguments=""))))
    assert answer["candidates"][0]["content"]["parts"] == [{"functionCall": {"id": "1", "name": "f", "args": {}}}]


def test_a_cut_stream_has_no_end():
    chunks = write(BEGIN, *part(0, hub.Text(text=""), "a"), hub.ChoiceEnd(choice=0, stop="end"))
    assert all("finishReason" not in answer["candidates"][0] for answer in answers(chunks))


def test_a_vendor_that_broke_off_is_an_error():
    chunk = write(BEGIN, hub.Failed(kind="overloaded_error", message="Overloaded"))[1]
    error = json.loads(chunk.removeprefix(b"data: "))["error"]
    assert (error["code"], error["status"], error["message"]) == (502, "UNAVAILABLE", "Overloaded")
    assert error["details"][0]["reason"] == "overloaded_error"
    assert b"broke the answer off" in write(hub.Failed(kind="x", message=""))[0]


def test_an_answer_without_id_has_the_requests():
    chunks = write(hub.Begin(id="", model=""), *part(0, hub.Refusal(text=""), "no"))
    assert json.loads(chunks[2].removeprefix(b"data: "))["responseId"] == "req-1"
