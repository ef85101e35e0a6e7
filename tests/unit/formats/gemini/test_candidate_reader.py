"""A candidate is read piece by piece; what it said, called, thought and cited is one part each."""

import json

import pytest

from kit.translation import fold
from tollway.formats import hub
from tollway.formats.gemini.candidate_reader import CandidateReader
from tollway.formats.gemini.fields import Fields


def read(*pieces):
    notes: list[str] = []
    reader = CandidateReader(0, "call_", notes.append)
    events: list[hub.Event] = [hub.Begin(id="", model="")]
    for piece in pieces:
        fields = Fields.parse(json.dumps(piece).encode())
        assert fields is not None
        events += reader.read(fields)
    events += reader.finish()
    reply = fold(events)
    assert reply is not None
    return (reply.choices[0] if reply.choices else None), notes


def piece(*parts, **fields):
    return {"content": {"role": "model", "parts": list(parts)}} | fields


STOP = {"finishReason": "STOP"}
SEAL = hub.Signature(origin="gemini", value="U0VBTA==")
SEALED = {"thoughtSignature": "U0VBTA=="}


def test_texts_of_many_pieces_are_one():
    choice, notes = read(piece({"text": "Hel"}), piece({"text": "lo"}), piece({"text": ""}, **STOP))
    assert choice == hub.Choice(parts=(hub.Text(text="Hello"),), stop="end")
    assert notes == []


def test_calls_come_whole_with_their_seals():
    first = {"functionCall": {"name": "f", "args": {"a": 1}, "id": "x"}} | SEALED
    choice, _ = read(piece({"text": "I call."}, first, {"function_call": {"name": "g"}}, **STOP))
    assert choice is not None and choice.stop == "tool_calls"
    assert choice.parts == (
        hub.Text(text="I call."),
        hub.ToolCall(id="x", name="f", arguments='{"a": 1}', signature=SEAL),
        hub.ToolCall(id="call_2", name="g", arguments="{}"),
    )


def test_thoughts_are_apart_from_what_is_said():
    pieces = [piece({"text": "Hm", "thought": True}), piece({"text": "m", "thought": True} | SEALED, {"text": "A"})]
    choice, _ = read(*pieces, piece({"text": "B", "thought": True}, {"text": "", "thought": True}, **STOP))
    assert choice is not None
    assert choice.parts == (hub.Thinking(text="Hmm", signature=SEAL), hub.Text(text="A"), hub.Thinking(text="B"))


def test_a_seal_on_a_text_is_thinking_without_words_after_it():
    sealed = hub.Thinking(signature=SEAL, is_redacted=True)
    choice, _ = read(piece({"text": "A"} | SEALED, {"text": "B"}), piece({"text": ""} | SEALED, **STOP))
    assert choice is not None
    assert choice.parts == (hub.Text(text="A"), sealed, hub.Text(text="B"), sealed)
    choice, _ = read(piece({"text": ""} | SEALED, {"text": "B"}, **STOP))
    assert choice is not None and choice.parts == (sealed, hub.Text(text="B"))


def test_sources_that_come_last_are_cited_where_they_belong():
    """The seal of the text may come before them, and does not end the text for them."""
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [{"segment": {"endIndex": 5, "text": "Hello"}, "groundingChunkIndices": [0]}],
    }
    cited = hub.Citation(url="https://a.example", start=0, end=5)
    last = piece({"text": ""} | SEALED, **STOP, groundingMetadata=grounding)
    choice, notes = read(piece({"text": "Hello"}), piece({"text": " you"}), last)
    assert choice is not None
    assert choice.parts[0] == hub.Text(text="Hello you", citations=(cited,))
    assert notes == []
    # Each piece may repeat the sources.
    again, _ = read(piece({"text": "Hello"}, groundingMetadata=grounding), piece(**STOP, groundingMetadata=grounding))
    assert again is not None and again.parts == (hub.Text(text="Hello", citations=(cited,)),)


def test_sources_of_a_text_before_a_call_are_cited_too():
    grounding = {"groundingChunks": [{"web": {"uri": "https://a.example"}}]}
    parts = [{"text": "Hello"}, {"functionCall": {"name": "f"}}]
    choice, notes = read(piece(*parts, **STOP, groundingMetadata=grounding))
    assert choice is not None
    assert choice.parts[0] == hub.Text(text="Hello", citations=(hub.Citation(url="https://a.example"),))
    assert notes == []


def test_sources_without_a_text_are_noted():
    grounding = {"groundingChunks": [{"web": {"uri": "https://a.example"}}]}
    assert read(piece(**STOP, groundingMetadata=grounding))[1] == ["citations-omitted"]
    assert read(piece({"functionCall": {"name": "f"}}, **STOP, groundingMetadata=grounding))[1] == ["citations-omitted"]


def test_sources_of_a_stretch_that_is_nowhere_are_cited_without_a_place():
    segment = {"endIndex": 3, "text": "xyz"}
    placed = {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}],
    }
    choice, notes = read(piece({"text": "abc"}, **STOP, groundingMetadata=placed))
    assert choice is not None
    assert choice.parts == (hub.Text(text="abc", citations=(hub.Citation(url="https://a.example"),)),)
    assert notes == []


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("STOP", "end"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("MODEL_ARMOR", "content_filter"),
        ("FINISH_REASON_UNSPECIFIED", None),
    ],
)
def test_each_reason_is_a_stop(reason, stop):
    choice, notes = read(piece({"text": "a"}, finishReason=reason))
    assert choice is not None and choice.stop == stop
    assert notes == []


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "OTHER", "UNEXPECTED_TOOL_CALL", "NEW_REASON"])
def test_a_reason_that_nobody_else_has_is_noted(reason):
    choice, notes = read(piece(finishReason=reason))
    assert choice is not None and choice.stop == "content_filter"
    assert notes == ["finish-reason-approximated"]
    choice, _ = read(piece({"functionCall": {"name": "f"}}, finishReason=reason))
    assert choice is not None and choice.stop == "tool_calls"


def test_a_call_that_was_cut_off_by_the_length_is_cut():
    choice, _ = read(piece({"functionCall": {"name": "f"}}, finishReason="MAX_TOKENS"))
    assert choice is not None and choice.stop == "length"


def test_a_candidate_that_was_cut_does_not_end():
    choice, _ = read(piece({"text": "Hel"}), piece({"text": "lo"}))
    assert choice is not None and choice == hub.Choice(parts=())


@pytest.mark.parametrize(
    ("part", "note"),
    [
        ({"executableCode": {"code": "1"}}, "server-tool-omitted"),
        ({"codeExecutionResult": {"output": "1"}}, "server-tool-omitted"),
        ({"toolCall": {"id": "1"}} | SEALED, "server-tool-omitted"),
        ({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, "generated-media-omitted"),
    ],
)
def test_what_has_no_place_is_noted(part, note):
    choice, notes = read(piece(part, {"text": "a"}, **STOP))
    assert choice == hub.Choice(parts=(hub.Text(text="a"),), stop="end")
    assert notes == [note]


def test_log_probabilities_come_with_their_alternatives():
    result = {
        "chosenCandidates": [{"token": "A", "tokenId": 1, "logProbability": -0.1}, {"token": "B"}],
        "topCandidates": [
            {"candidates": [{"token": "A", "logProbability": -0.1}, {"token": "a", "logProbability": -2}]}
        ],
    }
    choice, _ = read(piece({"text": "AB"}, logprobsResult=result, **STOP))
    assert choice is not None
    top = (hub.TokenLogprob(token="A", logprob=-0.1), hub.TokenLogprob(token="a", logprob=-2.0))
    assert choice.logprobs == (
        hub.TokenLogprob(token="A", logprob=-0.1, top=top),
        hub.TokenLogprob(token="B", logprob=0.0),
    )


def test_a_stretch_is_in_the_part_that_it_names():
    """Both texts have it; the sources say which is meant, or else the last one that has it."""
    segment = {"endIndex": 1, "text": "A", "partIndex": 2}
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}],
    }
    parts = [{"text": "A"}, {"functionCall": {"name": "f"}}, {"text": "A"}, {"functionCall": {"name": "g"}}]
    choice, _ = read(piece(*parts, **STOP, groundingMetadata=grounding))
    cited = (hub.Citation(url="https://a.example", start=0, end=1),)
    assert choice is not None
    assert (choice.parts[0], choice.parts[2]) == (hub.Text(text="A"), hub.Text(text="A", citations=cited))
    choice, notes = read(piece({"text": "A"}, **STOP, groundingMetadata=grounding))
    assert choice is not None and choice.parts == (hub.Text(text="A", citations=cited),)
    assert notes == []
