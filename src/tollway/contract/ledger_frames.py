"""How messages of ledger_api.py are framed on the ledger's Unix socket: a 4-byte big-endian length, MessagePack."""

import msgspec

from tollway.contract.ledger_api import FRAME_BYTES_MAX, Reply, Request

PREFIX_BYTES = 4
REQUEST_BYTES_MAX = 1_048_576

_encode = msgspec.msgpack.Encoder().encode
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def encode_frame(message: Request | Reply) -> bytes:
    """Return prefix and payload. Raises ValueError when the message is longer than a frame may be."""
    payload = _encode(message)
    if len(payload) > FRAME_BYTES_MAX:
        raise ValueError(f"an answer of {len(payload)} bytes does not fit in a frame; ask for less")
    return len(payload).to_bytes(PREFIX_BYTES, "big") + payload


def payload_bytes(prefix: bytes, bytes_max: int) -> int:
    """Read a prefix. Raises ValueError when it announces more than `bytes_max`."""
    length = int.from_bytes(prefix, "big")
    if length > bytes_max:
        raise ValueError(f"a frame of {length} bytes; at most {bytes_max} are read here")
    return length


def decode_request(payload: bytes) -> Request:
    """Read a request. Raises ValueError."""
    return _requests.decode(payload)


def decode_reply(payload: bytes) -> Reply:
    """Read a reply. Raises ValueError."""
    return _replies.decode(payload)
