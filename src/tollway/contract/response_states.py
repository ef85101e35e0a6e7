"""What is kept of a response of OpenAI's Responses, so that any worker can show it or continue it later.

Written by the worker that answered, read by whichever is asked next. A record of another version is refused, never
guessed at. The content is the customer's: it is sealed before it is written anywhere.
"""

import msgspec

VERSION = 1


class KeptHere(msgspec.Struct, frozen=True, gc=False, tag="here"):
    """A response whose upstream keeps nothing.

    `response` is the object as the caller got it, `input_items` the JSON list of all items it answered, those of
    earlier responses included, each with an id.
    """

    v: int
    id: str
    model: str
    created_seconds: int
    response: bytes
    input_items: bytes


class KeptUpstream(msgspec.Struct, frozen=True, gc=False, tag="upstream"):
    """A response that its upstream keeps: where it is. `model` is the name the caller asked for.

    `context_tokens` is what continuing it brings in: its own input and output.
    """

    v: int
    id: str
    model: str
    created_seconds: int
    provider_id: str
    key_id: str
    upstream_model: str
    context_tokens: int = 0


ResponseState = KeptHere | KeptUpstream

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[ResponseState] = msgspec.msgpack.Decoder(ResponseState)


def encode(state: ResponseState) -> bytes:
    """Return the bytes of a record."""
    return _encoder.encode(state)


def decode(raw: bytes) -> ResponseState:
    """Read a record. Raises ValueError when the bytes are damaged or of another version."""
    state = _decoder.decode(raw)
    if state.v != VERSION:
        raise ValueError(f"response state of version {state.v}; this program reads version {VERSION}")
    return state
