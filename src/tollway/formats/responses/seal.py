"""Seals in this dialect: `encrypted_content` of a reasoning item.

A call of Gemini's bears a seal too, and a `function_call` has no place for one. It travels in a reasoning item of its
own right behind the call, whose envelope says so (`gemini/call`); clients hand reasoning items back with the calls.
"""

from msgspec import structs

from tollway.formats.hub import Signature
from tollway.formats.signature import read_signature, write_signature

ORIGIN = "openai"
_OF_CALL = "/call"
ENVELOPE_PREFIX = b"dHcxO"
"""How every envelope begins; whatever OpenAI seals begins otherwise."""


def write_seal(signature: Signature) -> str:
    """Return the seal of a thought."""
    return write_signature(signature, ORIGIN)


def write_call_seal(signature: Signature) -> str:
    """Return the seal of a call, for the reasoning item that follows it."""
    return write_signature(structs.replace(signature, origin=signature.origin + _OF_CALL), ORIGIN)


def read_seal(text: str, origin: str = ORIGIN) -> tuple[Signature, bool]:
    """Return the seal that came back, and whether it belongs to the call before it. `origin` is who seals openly."""
    found = read_signature(text, origin)
    if found.origin.endswith(_OF_CALL):
        return structs.replace(found, origin=found.origin.removesuffix(_OF_CALL)), True
    return found, False
