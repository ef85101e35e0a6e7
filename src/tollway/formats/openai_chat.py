"""OpenAI's Chat Completions, as far as the gateway must understand it to pass it on.

https://platform.openai.com/docs/api-reference/chat/create — requests and answers keep their bytes; read are
the model, the bounds of the output and whether to stream; written are only the model (when an alias is in play), the
stream option that makes the provider state usage, and an output cap.
"""

from collections.abc import Sequence

import msgspec

from tollway.contract.usage import Usage
from tollway.formats.json_object import JSONObject
from tollway.formats.openai_usage import StatedUsage, to_usage
from tollway.kernel.errors import TollwayError

CHOICES_MAX = 128
IMAGE_TOKENS_MAX = 48_000
"""What one image given by address can cost at most in any vendor's published tables, rounded up."""
BYTES_PER_TOKEN = 4
"""Of English text in current vocabularies; used for estimates only."""
TOOL_CALL_FRAME_BYTES = 60
"""Of an event's tool calls, what is structure rather than generated arguments."""
EVENT_BYTES_PER_TOKEN_MAX = 10
"""Events whose text is shorter than this on average carry one token each."""


class ChatBounds(msgspec.Struct, frozen=True, gc=False):
    """How much a request can consume. `output_tokens_max` is for all choices together; None: no bound was given."""

    input_tokens_max: int
    input_tokens_estimate: int
    output_tokens_max: int | None
    choices: int


class StreamOptions(msgspec.Struct, gc=False):
    """`stream_options`."""

    include_usage: bool | None = None


_NOTHING = msgspec.Raw(b"null")
"""`Raw | None` would lose what is not null, so absence is the null that it stands for."""


class Delta(msgspec.Struct, gc=False):
    """What one event adds to one choice."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: msgspec.Raw = _NOTHING


class ChunkChoice(msgspec.Struct, gc=False):
    """One choice of a streamed event."""

    delta: Delta | None = None


class GroqExtra(msgspec.Struct, gc=False):
    """`x_groq` of Groq's last event."""

    usage: StatedUsage | None = None


class Chunk(msgspec.Struct, gc=False):
    """One streamed event."""

    model: str | None = None
    choices: list[ChunkChoice] | None = None
    usage: StatedUsage | None = None
    x_groq: GroqExtra | None = None


class Message(msgspec.Struct, gc=False):
    """The message of one choice."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: msgspec.Raw = _NOTHING


class Choice(msgspec.Struct, gc=False):
    """One choice of a whole answer."""

    message: Message | None = None


class WithUsage(msgspec.Struct, gc=False):
    """The part of any answer that states usage."""

    usage: StatedUsage | None = None


class Completion(msgspec.Struct, gc=False):
    """A whole answer."""

    choices: list[Choice] | None = None
    usage: StatedUsage | None = None


_completion = msgspec.json.Decoder(Completion)
_with_usage = msgspec.json.Decoder(WithUsage)
chunk_decoder = msgspec.json.Decoder(Chunk)


def read_model(body: JSONObject) -> str:
    """Return the model asked for. Raises request.field_invalid when it is missing, empty or not a string."""
    model = body.text("model")
    if not model:
        raise TollwayError("request.field_invalid", public="`model` is required.", param="model")
    return model


def is_stream(body: JSONObject) -> bool:
    """Whether the answer is asked for as an event stream."""
    return body.raw("stream") == b"true"


def read_bounds(body: JSONObject, body_bytes: int) -> ChatBounds:
    """Return what the request can consume at most.

    A token is at least one byte of text, so the body's length bounds the input; images given by address are
    added at the dearest published rate. Raises request.field_invalid for impossible bounds.
    """
    bound = body.integer("max_completion_tokens")
    if bound is None:
        bound = body.integer("max_tokens")
    if bound is not None and not 0 < bound <= 2**31:
        raise TollwayError(
            "request.field_invalid", public="`max_tokens` must be a positive integer.", param="max_tokens"
        )
    choices = body.integer("n") or 1
    if not 1 <= choices <= CHOICES_MAX:
        raise TollwayError("request.field_invalid", public=f"`n` must be from 1 to {CHOICES_MAX}.", param="n")
    # Counted in the whole body, which needs no copy: a name in another place only raises the bound.
    images = body.encode().count(b'"image_url"')
    return ChatBounds(
        input_tokens_max=body_bytes + images * IMAGE_TOKENS_MAX,
        input_tokens_estimate=-(-body.size("messages") // BYTES_PER_TOKEN),
        output_tokens_max=None if bound is None else bound * choices,
        choices=choices,
    )


def ask_for_stream_usage(body: JSONObject) -> bool:
    """Make the provider state usage at the end of the stream; True when the caller had not asked for it."""
    options = body.read("stream_options", dict[str, msgspec.Raw]) or {}
    if bytes(options.get("include_usage", b"")) == b"true":
        return False
    options["include_usage"] = msgspec.Raw(b"true")
    body.set("stream_options", options)
    return True


def read_usage(answer: bytes) -> Usage | None:
    """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
    try:
        stated = _with_usage.decode(answer).usage
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if stated is None else to_usage(stated)


def estimate_usage(answer: bytes, input_tokens_estimate: int) -> Usage:
    """Estimate what an answer without stated usage consumed, from the length of its text."""
    text_bytes = 0
    try:
        for choice in _completion.decode(answer).choices or ():
            text_bytes += _message_bytes(choice.message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text_bytes = 0
    return Usage(input_tokens=input_tokens_estimate, output_tokens=-(-text_bytes // BYTES_PER_TOKEN), is_estimated=True)


def delta_bytes(choices: Sequence[ChunkChoice]) -> int:
    """Return how many bytes of generated text an event carries."""
    total = 0
    for choice in choices:
        delta = choice.delta
        if delta is None:
            continue
        for text in (delta.content, delta.reasoning_content, delta.reasoning, delta.refusal):
            if text:
                total += len(text.encode())
        if delta.tool_calls is not _NOTHING:
            total += max(0, len(bytes(delta.tool_calls)) - TOOL_CALL_FRAME_BYTES)
    return total


def _message_bytes(message: Message | None) -> int:
    if message is None:
        return 0
    texts = (message.content, message.reasoning_content or message.reasoning)
    calls = 0 if message.tool_calls is _NOTHING else len(bytes(message.tool_calls))
    return sum(len(text.encode()) for text in texts if text) + calls


def estimated_output(bounds: ChatBounds) -> int:
    """Return the output a call is expected to make when nothing better is known: its bound, at most 1,024 a choice."""
    expected = 1_024 * bounds.choices
    return expected if bounds.output_tokens_max is None else min(expected, bounds.output_tokens_max)
