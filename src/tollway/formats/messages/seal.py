"""Seals over thinking, as this dialect carries them.

https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks — Anthropic's own
are the `signature` of a thought and the `data` of a redacted one; a foreign seal travels there in an envelope, with the
thought's id where its vendor gave one. A seal over a tool call, which only Gemini has, travels as a redacted thought
beside the call, in an envelope that names the call: clients hand redacted thoughts back untouched, and wherever they
put it, it finds its call again.
"""

from tollway.formats.hub import Signature, Thinking, ToolCall
from tollway.formats.signature import read_signature, write_signature

ORIGIN = "anthropic"

_CALL = "call/"
_THOUGHT = "thought/"


def read_thought(text: str, seal: str, *, is_redacted: bool, at: str) -> Thinking:
    """Return the thought that a caller hands back; the empty seal is that of a thought which nobody sealed."""
    signature = read_signature(seal, ORIGIN) if seal else None
    thought_id = None
    if signature is not None and signature.origin.startswith(_THOUGHT):
        thought_id, signature = _opened(signature, _THOUGHT)
    return Thinking(text=text, signature=signature, is_redacted=is_redacted, id=thought_id, at=at)


def write_thought_seal(thought: Thinking) -> str:
    """Return the seal as a caller of this dialect gets it, "" for none: the field is required."""
    signature = thought.signature
    if signature is None:
        return ""
    if thought.id is not None and signature.origin != ORIGIN:
        signature = _labelled(signature, _THOUGHT, thought.id)
    return write_signature(signature, ORIGIN)


def write_call_seal(call: ToolCall, signature: Signature) -> str:
    """Return the `data` of the redacted thought that carries a call's seal."""
    return write_signature(_labelled(signature, _CALL, call.id), ORIGIN)


def find_call_seal(signature: Signature) -> tuple[str, Signature] | None:
    """Return the call's id and its seal; None for the seal of a thought."""
    return _opened(signature, _CALL) if signature.origin.startswith(_CALL) else None


def _labelled(signature: Signature, kind: str, label: str) -> Signature:
    # A label may hold any character, so its length tells where it ends.
    return Signature(origin=kind + signature.origin, value=f"{len(label)} {label}{signature.value}")


def _opened(signature: Signature, kind: str) -> tuple[str, Signature]:
    length, _, rest = signature.value.partition(" ")
    at = int(length) if length.isascii() and length.isdigit() and len(length) < 6 else 0
    return rest[:at], Signature(origin=signature.origin.removeprefix(kind), value=rest[at:])
