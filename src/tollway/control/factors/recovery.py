"""Recovery codes: ten at a time, each good once, for whoever has lost their phone. Pure.

A code has 100 random bits, so that a plain hash keeps it (as session ids are kept), and the hash itself opens nothing.
"""

import hashlib
import re
import secrets
from typing import Final

CODES: Final = 10
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
GROUPS, GROUP_LETTERS = 4, 5

_CLEAN = re.compile(r"[a-z2-7]{20}", re.ASCII)


def generate_codes() -> tuple[str, ...]:
    """Return a fresh set, as people write them down: four groups of five."""
    return tuple(_generate() for _ in range(CODES))


def hash_code(user_id: str, code: str) -> bytes | None:
    """Return what is stored of a person's code; None when the text cannot be one. Case, blanks and dashes are nothing.

    Nothing else is taken for them, so that no other text has the hash of a code.
    """
    clean = code.lower().replace("-", "").replace(" ", "")
    if not code.isascii() or _CLEAN.fullmatch(clean) is None:
        return None
    return hashlib.sha256(f"recovery code|{user_id}|{clean}".encode()).digest()


def _generate() -> str:
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP_LETTERS)) for _ in range(GROUPS))
    return "-".join(groups)
