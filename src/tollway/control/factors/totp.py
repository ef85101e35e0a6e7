"""Time-based one-time passwords (RFC 6238 over RFC 4226): SHA-1, six digits, thirty seconds, what every app can.

Pure. Law: a code is exactly six ASCII digits before anything is computed, and whoever accepts one stores its step, so
that no step is accepted twice (RFC 6238 section 5.2).
"""

import base64
import hmac
import re
import secrets
from typing import Final
from urllib.parse import quote

STEP_SECONDS: Final = 30
DIGITS: Final = 6
DRIFT_STEPS: Final = 1
"""Steps before and after now whose codes are accepted: clocks differ, and people type slowly."""
SECRET_BYTES: Final = 20
"""As many as the hash has (RFC 4226 section 4, R6)."""

_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def is_code(text: str) -> bool:
    """Return whether the text is six ASCII digits and nothing else: no blanks, no digits of other scripts."""
    return _CODE.fullmatch(text) is not None


def generate_secret() -> bytes:
    """Return a fresh secret from the system's generator."""
    return secrets.token_bytes(SECRET_BYTES)


def build_code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).rjust(digits, "0")


def step_at(seconds: int) -> int:
    """Return the step of an instant, in seconds since 1970."""
    return seconds // STEP_SECONDS


def find_step(secret: bytes, code: str, seconds: int) -> int | None:
    """Return the step whose code this is, of those accepted now; None when there is none. Compares in constant time."""
    if not is_code(code):
        return None
    now = step_at(seconds)
    found = None
    for step in range(max(0, now - DRIFT_STEPS), now + DRIFT_STEPS + 1):
        if hmac.compare_digest(build_code(secret, step), code):
            found = step
    return found


def write_secret(secret: bytes) -> str:
    """Write a secret as apps take it when it is typed: Base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def build_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """Return the address that apps read from a QR code.

    See https://github.com/google/google-authenticator/wiki/Key-Uri-Format.
    """
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={write_secret(secret)}&issuer={quote(issuer, safe='')}"
