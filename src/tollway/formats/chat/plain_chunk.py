"""The usual chunk of a stream: one choice, a piece of text, of thinking or of a call's arguments, nothing else.

https://platform.openai.com/docs/api-reference/chat/streaming — read in one step, for speed. Whatever states anything
beside (a new call, a finish reason, usage, log probabilities, an error, a field that is not known here) is no plain
chunk, so that nothing is overlooked.
"""

from typing import Literal

import msgspec


class PlainFunction(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """More of a call's arguments."""

    arguments: str
    name: Literal[""] | None = None


class PlainCall(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A call that has begun before: it is known by its index alone."""

    index: int
    function: PlainFunction
    id: None = None
    type: str | None = None


class PlainDelta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A delta that adds to a text, a thought or one call only; `channel` is Groq's."""

    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    channel: str | None = None
    refusal: None = None
    tool_calls: tuple[PlainCall] | None = None
    function_call: None = None


class PlainChoice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The one choice of a plain chunk."""

    delta: PlainDelta
    index: int = 0
    finish_reason: None = None
    native_finish_reason: None = None
    logprobs: None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: tuple[PlainChoice]
    usage: None = None
    x_groq: None = None
    error: None = None


_chunk = msgspec.json.Decoder(_Chunk)


def find_plain(data: bytes) -> PlainChoice | None:
    """Return the choice of a plain chunk; None for any other event."""
    try:
        return _chunk.decode(data).choices[0]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
