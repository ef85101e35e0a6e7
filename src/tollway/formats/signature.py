"""Carrying one vendor's seal over its thinking through another vendor's dialect.

Callers hand thinking back in the next turn, and only the vendor that sealed it can read the seal. A dialect's own
seals travel as they are; a foreign one travels in an envelope that names its origin, as base64 because Gemini's
clients decode the field. Nothing here is secret: what is inside was given to the caller anyway.
"""

from base64 import b64decode, b64encode

from tollway.formats.hub import Signature

_MARK = b"tw1:"


def write_signature(signature: Signature, own_origin: str) -> str:
    """Return the seal as a dialect whose own seals come from `own_origin` carries it."""
    if signature.origin == own_origin:
        return signature.value
    return b64encode(b"%b%b:%b" % (_MARK, signature.origin.encode(), signature.value.encode())).decode()


def read_signature(text: str, own_origin: str) -> Signature:
    """Return the seal a caller handed back; what is no envelope is the dialect's own. Never raises."""
    try:
        raw = b64decode(text, validate=True)
        if raw.startswith(_MARK):
            origin, found, value = raw.removeprefix(_MARK).decode().partition(":")
            if found and origin:
                return Signature(origin=origin, value=value)
    except ValueError:  # Not base64, or bytes that are no text: a seal of the dialect's own.
        pass
    return Signature(origin=own_origin, value=text)
