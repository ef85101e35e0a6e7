"""Writing a whole answer as a message.

https://platform.claude.com/docs/en/api/messages/create — the first choice is the message: no caller of this dialect
can ask for more.
"""

from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.messages.citations import write_citation
from tollway.formats.messages.seal import write_call_seal, write_thought_seal
from tollway.formats.messages.usage import write_usage

Object = dict[str, Any]

_STOPS: dict[hub.StopReason, str] = {
    "end": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_calls": "tool_use",
    "refusal": "refusal",
    "content_filter": "refusal",
    "pause": "pause_turn",
}
_REFUSAL_DETAILS = {"type": "refusal", "category": None, "explanation": None}

_encode = msgspec.json.Encoder().encode


def write_reply(reply: hub.Reply, shown: Shown) -> bytes:
    """Write a whole answer."""
    choice = reply.choices[0] if reply.choices else hub.Choice(parts=())
    return _encode(
        {
            **write_head(shown),
            "content": [block for part in choice.parts for block in write_part(part)],
            **write_stop(choice.stop, choice.stop_sequence),
            "usage": write_usage(reply.usage),
        }
    )


def write_head(shown: Shown) -> Object:
    """Return what a message says about itself."""
    message_id = f"msg_{shown.request_id.removeprefix('req_')}"
    return {"id": message_id, "type": "message", "role": "assistant", "model": shown.model}


def write_stop(stop: hub.StopReason | None, stop_sequence: str | None) -> Object:
    """Return why the answer ended; null when the vendor did not say."""
    reason = None if stop is None else _STOPS[stop]
    stated: Object = {"stop_reason": reason, "stop_sequence": stop_sequence if reason == "stop_sequence" else None}
    return stated | {"stop_details": _REFUSAL_DETAILS if reason == "refusal" else None}


def write_part(part: hub.Part) -> list[Object]:
    """Return the blocks of one part; a text or thought without anything in it has none."""
    match part:
        case hub.Text():
            citations = {"citations": [write_citation(item) for item in part.citations]} if part.citations else {}
            return [{"type": "text", "text": part.text, **citations}] if part.text else []
        case hub.Refusal():
            return [{"type": "text", "text": part.text}] if part.text else []
        case hub.Thinking():
            return write_thinking(part)
        case hub.ToolCall():
            call = {"type": "tool_use", "id": part.id, "name": part.name, "input": write_input(part.arguments)}
            return [*write_call_seals(part), call]
    # Models answer with neither pictures nor recordings in any dialect that a caller of this one can ask.
    return []


def write_thinking(part: hub.Thinking) -> list[Object]:
    """Return a thought's block."""
    if part.is_redacted:
        return [{"type": "redacted_thinking", "data": write_thought_seal(part)}] if part.signature else []
    if not part.text and part.signature is None:
        return []
    return [{"type": "thinking", "thinking": part.text, "signature": write_thought_seal(part)}]


def write_call_seals(call: hub.ToolCall) -> list[Object]:
    """Return the block that carries the seal over a call, if there is one."""
    if call.signature is None:
        return []
    return [{"type": "redacted_thinking", "data": write_call_seal(call, call.signature)}]


def write_input(arguments: str) -> msgspec.Raw | dict[str, str]:
    """Return a call's arguments as the object that `input` must be.

    Arguments that are none, which a model may make, are put into one, as Anthropic advises for its own:
    https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming
    """
    raw = (arguments or "{}").encode("utf-8", "replace")
    try:
        msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return msgspec.Raw(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {"INVALID_JSON": arguments}
