"""What was generated, as far as it must be measured: the shapes of answers and events, and how much text they carry.

https://platform.openai.com/docs/api-reference/chat/object and .../chat/streaming — DeepSeek thinks in
`reasoning_content`, Groq, OpenRouter and Cerebras in `reasoning`. Used for estimates only, never for what is passed on.
"""

from collections.abc import Sequence

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.chat.usage import StatedUsage

TOOL_CALL_FRAME_BYTES = 60
"""Of an event's tool calls, what is structure rather than generated arguments."""
PART_FRAME_BYTES = 60
"""Of a part of content (`{"type":"thinking","thinking":[{"type":"text","text":""}]}`), what is no text."""
EVENT_BYTES_PER_TOKEN_MAX = 10
"""Events whose text is shorter than this on average carry one token each."""

_NOTHING = msgspec.Raw(b"null")
"""`Raw | None` would lose what is not null, so absence is the null that it stands for."""


class Delta(msgspec.Struct, gc=False):
    """What one event adds to one choice."""

    content: str | list[msgspec.Raw] | None = None
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
    service_tier: str | None = None


class Message(msgspec.Struct, gc=False):
    """The message of one choice."""

    content: str | list[msgspec.Raw] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: msgspec.Raw = _NOTHING


class Choice(msgspec.Struct, gc=False):
    """One choice of a whole answer."""

    message: Message | None = None


class Completion(msgspec.Struct, gc=False):
    """A whole answer."""

    choices: list[Choice] | None = None
    usage: StatedUsage | None = None


_completion = msgspec.json.Decoder(Completion)
chunk_decoder = msgspec.json.Decoder(Chunk)


def estimate_usage(answer: bytes, input_tokens_estimate: int) -> Usage:
    """Estimate what an answer without stated usage consumed, from the length of its text."""
    text_bytes = 0
    try:
        for choice in _completion.decode(answer).choices or ():
            text_bytes += _message_bytes(choice.message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
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
                total += _text_bytes(text)
        if delta.tool_calls is not _NOTHING:
            total += max(0, len(bytes(delta.tool_calls)) - TOOL_CALL_FRAME_BYTES)
    return total


def _message_bytes(message: Message | None) -> int:
    if message is None:
        return 0
    texts = (message.content, message.reasoning_content or message.reasoning)
    calls = 0 if message.tool_calls is _NOTHING else len(bytes(message.tool_calls))
    return sum(_text_bytes(text) for text in texts if text) + calls


def _text_bytes(text: str | list[msgspec.Raw]) -> int:
    """Return the length of a text; Mistral's thinking comes in parts, whose structure counts as text."""
    if isinstance(text, str):
        return len(text.encode("utf-8", "surrogatepass"))
    return sum(max(0, memoryview(part).nbytes - PART_FRAME_BYTES) for part in text)
