"""Reads the usual whole answer in one step: texts and calls of the caller's tools, nothing else.

Whatever has another block, kind of value or reason for stopping is left to the readers of one block after the other,
which decide what it means. Law: what is read here is exactly what they would read.
"""

import msgspec

from tollway.formats import hub
from tollway.formats.messages.output import OUTPUT_TOOL
from tollway.formats.messages.usage import PlainUsage

STOPS: dict[str, hub.StopReason] = {
    "end_turn": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "refusal",
}
"""What Anthropic's reasons for stopping mean."""

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Text(msgspec.Struct, forbid_unknown_fields=True, gc=False, tag_field="type", tag="text"):
    text: str
    citations: None = None


class _ToolUse(msgspec.Struct, forbid_unknown_fields=True, gc=False, tag_field="type", tag="tool_use"):
    id: str
    name: str
    input: msgspec.Raw


class _Answer(msgspec.Struct, gc=False):
    content: list[_Text | _ToolUse]
    id: str
    model: str
    stop_reason: str
    type: str = ""
    stop_sequence: str | None = None
    stop_details: None = None
    usage: PlainUsage | None = None


_decoder = msgspec.json.Decoder(_Answer)


def read_plain_answer(raw: bytes) -> hub.Reply | None:
    """Return what a usual answer says; None when it is another."""
    try:
        answer = _decoder.decode(raw)
    except _FAULTS:
        return None
    stop = STOPS.get(answer.stop_reason)
    stated = answer.usage
    if stop is None or answer.type == "error" or (stated is not None and stated.iterations is not None):
        return None
    parts: list[hub.Part] = []
    has_calls = False
    for block in answer.content:
        if isinstance(block, _Text):
            parts.append(hub.Text(text=block.text))
            continue
        if block.name == OUTPUT_TOOL:
            return None
        has_calls = True
        parts.append(hub.ToolCall(id=block.id, name=block.name, arguments=_arguments(block.input)))
    if stop == "tool_calls" and not has_calls:
        stop = "end"
    counts = None if stated is None else stated.stated()
    usage = None if counts is None else counts.usage()
    return hub.Reply(
        id=answer.id,
        model=answer.model,
        choices=(hub.Choice(parts=tuple(parts), stop=stop, stop_sequence=answer.stop_sequence or None),),
        usage=usage,
        service_tier=None if usage is None else written_tier(usage.tier),
    )


def written_tier(tier: str) -> str | None:
    """Return the tier in the hub's words, where the usual one is `default`."""
    return "default" if tier == "standard" else tier or None


def _arguments(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode("utf-8", "replace")
    return "" if text == "null" else text
