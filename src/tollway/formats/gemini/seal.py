"""Gemini's seals over thinking, `thoughtSignature`, as they come and go.

https://ai.google.dev/gemini-api/docs/thought-signatures — the field is bytes, so clients may hand back the same bytes
in another alphabet of base64; only the envelope of a foreign seal has to be recognised in any of them.
"""

import binascii
from base64 import b64decode

from tollway.formats.hub import Signature
from tollway.formats.signature import read_signature, write_signature

ORIGIN = "gemini"
WAIVER = "skip_thought_signature_validator"
"""What Google documents for a call that another model made: newer models refuse a call without any seal."""

_WAIVERS = (WAIVER.encode(), b"context_engineering_is_the_way_to_go")


def read_seal(text: str) -> Signature | None:
    """Return the seal of a part; None when there is none, or only the waiver of one."""
    if not text or _is_waiver(text):
        return None
    signature = read_signature(standard_base64(text), ORIGIN)
    return Signature(origin=ORIGIN, value=text) if signature.origin == ORIGIN else signature


def write_seal(signature: Signature) -> str:
    """Return the seal as a caller of this dialect gets it: in the envelope when it is foreign."""
    return write_signature(signature, ORIGIN)


def _is_waiver(text: str) -> bool:
    if text.encode("utf-8", "replace") in _WAIVERS:
        return True
    try:
        return b64decode(standard_base64(text)) in _WAIVERS
    except (binascii.Error, ValueError):
        return False


def standard_base64(text: str) -> str:
    """Return base64 in its standard alphabet, with its padding: Google's clients write bytes in the URL-safe one."""
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    return bare + "=" * (-len(bare) % 4)
