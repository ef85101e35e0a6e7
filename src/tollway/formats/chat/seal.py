"""Seals over thinking, as this dialect carries them.

OpenAI's chat has none. OpenRouter's `reasoning_details` has a place for those of every vendor, whose `format` says
whose they are (https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure); a seal that
hangs on a call travels where Google's own OpenAI-compatible endpoint has it, in `extra_content.google`
(https://ai.google.dev/gemini-api/docs/thought-signatures#openai). Callers hand both back unread.
"""

from tollway.formats.hub import Signature
from tollway.formats.signature import read_signature, write_signature

GEMINI = "gemini"

_FORMATS = {"anthropic": "anthropic-claude-v1", "gemini": "google-gemini-v1", "openai": "openai-responses-v1"}
_ORIGINS = {name: origin for origin, name in _FORMATS.items()}


def origin_of(name: str) -> str:
    """Return whose seals a `format` names."""
    return _ORIGINS.get(name, name or "unknown")


def format_of(origin: str) -> str:
    """Return the `format` of an origin's seals."""
    return _FORMATS.get(origin, origin)


def read_call_seal(text: str) -> Signature | None:
    """Return the seal of a call; None when there is none."""
    return read_signature(text, GEMINI) if text else None


def write_call_seal(signature: Signature) -> dict[str, dict[str, str]]:
    """Return a call's `extra_content`."""
    return {"google": {"thought_signature": write_signature(signature, GEMINI)}}
