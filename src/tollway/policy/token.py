"""The format of our tokens: make one, read one, show one. Pure; no look-up, no key.

A token is `tw{k}_{id12}{secret43}{crc6}` in Base62: kind letter, public id, 256 bits of secret, and the
CRC-32 of everything before it, zero-padded. The checksum is no protection, it only tells a typo from a
token that is not known, without any I/O. It covers the prefix, so a swapped kind letter is refused as well
(GitHub's covers the body only).
"""

import re
import zlib
from typing import Final

import msgspec

from tollway.kernel.ids import BASE62, encode_base62
from tollway.kernel.secret import Secret

SERVICE: Final = "s"
PERSONAL: Final = "p"
ACCESS: Final = "a"
REFRESH: Final = "r"
EPHEMERAL: Final = "e"
CLIENT_SECRET: Final = "c"  # noqa: S105 - a kind letter, not a secret
WRAP: Final = "w"
DEVICE: Final = "d"
KINDS: Final = frozenset((SERVICE, PERSONAL, ACCESS, REFRESH, EPHEMERAL, CLIENT_SECRET, WRAP, DEVICE))

RANDOM_BYTES: Final = 48
"""What one token consumes: 16 bytes for the id, 32 for the secret."""

SECRET_BYTES: Final = 32
"""What another secret of the same token consumes."""

SCANNER_EXPRESSION: Final = r"\btw[sparecwd]_[0-9A-Za-z]{61}\b"
"""Finds our tokens in text; what secret scanners are given. Whoever finds one should check the CRC next."""

_IN_TEXT = re.compile(SCANNER_EXPRESSION, re.ASCII)
_SHOWN = re.compile(r"tw[sparecwd]_([0-9A-Za-z]{12})[0-9A-Za-z…]*")
_ID_CHARS = 12
_SECRET_CHARS = 43
_GRAMMAR = re.compile(rb"tw([sparecwd])_([0-9A-Za-z]{12})[0-9A-Za-z]{43}([0-9A-Za-z]{6})")
_BODY_CHARS = 4 + _ID_CHARS + _SECRET_CHARS
_TRIPLES = 62**3
_PAIRS = tuple((a + b).encode() for a in BASE62 for b in BASE62)


class ParsedToken(msgspec.Struct, frozen=True, gc=False):
    """A text that has the form of one of our tokens; nothing is known yet about whether it is one."""

    kind: str
    id: str
    raw: bytes
    """The whole token, for the keyed hash. Never to be logged or stored."""

    def __repr__(self) -> str:
        return f"ParsedToken({mask(self.id, self.kind)})"


def generate_token(kind: str, random_bytes: bytes) -> Secret[str]:
    """Build a token of `kind` from 48 random bytes, which must come from the system's generator.

    The id is uniform to within 2**-56, the secret carries all 256 bits. Raises ValueError for an unknown
    kind or another number of bytes.
    """
    if kind not in KINDS:
        raise ValueError(f"no such kind of token: {kind!r}")
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"a token needs {RANDOM_BYTES} random bytes")
    token_id = encode_base62(int.from_bytes(random_bytes[:16], "big") % 62**_ID_CHARS, _ID_CHARS)
    return renew_token(kind, token_id, random_bytes[16:])


def renew_token(kind: str, token_id: str, random_bytes: bytes) -> Secret[str]:
    """Build another token of the same public id from 32 random bytes, which must come from the system's generator."""
    if len(random_bytes) != SECRET_BYTES:
        raise ValueError(f"a secret needs {SECRET_BYTES} random bytes")
    body = f"tw{kind}_{token_id}{encode_base62(int.from_bytes(random_bytes, 'big'), _SECRET_CHARS)}"
    return Secret(body + _checksum(body.encode()).decode())


def parse_token(text: str | bytes) -> ParsedToken | None:
    """Read a presented token, or return None when its grammar or checksum is wrong. Costs about 1 us, never raises."""
    if isinstance(text, str):
        if not text.isascii():
            return None
        text = text.encode()
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return None
    kind, token_id, checksum = match.groups()
    if _checksum(text[:_BODY_CHARS]) != checksum:
        return None
    return ParsedToken(kind.decode(), token_id.decode(), text)


def mask(token_id: str, kind: str) -> str:
    """Show a token without its secret: prefix and public id, and nothing of what follows."""
    return f"tw{kind}_{token_id}…"


def find_public_id(text: str) -> str | None:
    """Return the public id of a token that was given whole or masked; None for any other text."""
    match = _SHOWN.fullmatch(text.strip())
    return match[1] if match else None


def mask_all(text: str) -> str:
    """Return the text with every token in it masked, so that none of them can be used."""
    return _IN_TEXT.sub(lambda found: f"{found[0][: 4 + _ID_CHARS]}…", text)


def _checksum(body: bytes) -> bytes:
    high, low = divmod(zlib.crc32(body), _TRIPLES)
    pairs = _PAIRS
    # Six digits as three pairs; CRC-32 is below 62**6, so the first pair is high // 62 (high < 62**3).
    return pairs[high // 62] + pairs[high % 62 * 62 + low // 3844] + pairs[low % 3844]
