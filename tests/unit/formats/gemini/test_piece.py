"""A plain piece is read in one step and means what it means field by field."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.gemini_values import SHOWN, events, replies
from tollway.formats.gemini import answer_reader, stream_watch
from tollway.formats.gemini.answer_reader import EventReader
from tollway.formats.gemini.event_writer import EventWriter
from tollway.formats.gemini.piece import find_plain
from tollway.formats.gemini.stream_watch import StreamWatch

PLAIN = {
    "candidates": [{"content": {"parts": [{"text": "Grüße"}, {"text": "!"}], "role": "model"}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3},
    "modelVersion": "gemini-x",
    "responseId": "r",
}


def find(**changes):
    return find_plain(json.dumps(PLAIN | changes).encode())


def candidate(**changes):
    return [PLAIN["candidates"][0] | changes]


def test_a_plain_piece():
    piece = find()
    assert piece is not None
    assert (piece.text_bytes, piece.model_version, bytes(piece.usage_metadata)) == (
        8,
        "gemini-x",
        b'{"promptTokenCount": 3}',
    )
    (found,) = piece.candidates
    assert (found.index, found.finish_reason, [part.text for part in found.content.parts]) == (
        0,
        "STOP",
        ["Grüße", "!"],
    )


def test_what_nobody_reads_does_not_matter():
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
    assert (
        find(candidates=candidate(safetyRatings=ratings, avgLogprobs=-0.1, finishMessage="m", tokenCount=3)) is not None
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"error": {}},
        {"promptFeedback": {}},
        {"candidates": None},
        {"candidates": candidate(groundingMetadata={})},
        {"candidates": candidate(logprobsResult={})},
        {"candidates": candidate(index=-1)},
        {"candidates": candidate(index="1")},
        {"candidates": candidate(content={"parts": [{"text": "a", "thought": True}]})},
        {"candidates": candidate(content={"parts": [{"text": "a", "thoughtSignature": "AA=="}]})},
        {"candidates": candidate(content={"parts": [{"functionCall": {"name": "f"}}]})},
        {"candidates": candidate(content={"parts": [{"text": "a", "new": 1}]})},
        {"new": 1},
        {"model_version": "x"},
    ],
)
def test_anything_else_is_none(changes):
    assert find(**changes) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_plain_or_not(raw):
    assert find_plain(raw) is None or raw.lstrip().startswith(b"{")


@given(replies())
def test_both_ways_of_reading_mean_the_same(reply):
    writer = EventWriter(SHOWN)
    raw = b"".join(writer.write(event) for event in events(reply))

    def read():
        reader = EventReader()
        tap = StreamWatch(clock=lambda: 1, request_id="r", input_tokens_estimate=3, model_json=b'"alias"')
        return reader.feed(raw) + reader.finish(), tap.feed(raw) + tap.finish(None), tap.usage(), tap.error_code

    quick = read()
    with pytest.MonkeyPatch.context() as patch:
        for module in (answer_reader, stream_watch):
            patch.setattr(module, "find_plain", lambda raw: None)
        assert read() == quick
