"""Frames of the ledger's socket."""

import pytest

from tollway.contract import ledger_frames
from tollway.contract.ledger_api import CallsQuery, HealthAnswer, UsageQuery
from tollway.contract.ledger_frames import decode_reply, decode_request, encode_frame, payload_bytes


@pytest.mark.parametrize(
    "message", [UsageQuery(1, 2, by=("token",), filters={"status": "4xx"}), CallsQuery(before=(1, "r"))]
)
def test_requests_survive_the_socket(message):
    frame = encode_frame(message)
    assert payload_bytes(frame[:4], 1000) == len(frame) - 4
    assert decode_request(frame[4:]) == message


def test_replies_survive_the_socket():
    assert decode_reply(encode_frame(HealthAnswer(1, 2, 3, 4, "x"))[4:]) == HealthAnswer(1, 2, 3, 4, "x")


def test_what_is_too_long_is_refused_on_both_sides(monkeypatch):
    with pytest.raises(ValueError, match="at most 10"):
        payload_bytes(b"\0\0\0\x0b", 10)
    monkeypatch.setattr(ledger_frames, "FRAME_BYTES_MAX", 5)
    with pytest.raises(ValueError, match="does not fit"):
        encode_frame(HealthAnswer(1, 2, 3, 4, "long problem"))


@pytest.mark.parametrize("nonsense", [b"", b"\xc1", b"\x81\xa4type\xa7unknown"])
def test_nonsense_is_a_value_error(nonsense):
    with pytest.raises(ValueError):
        decode_request(nonsense)
