"""Says why a new password would be guessed soon: it is common, or common with something around it, or a pattern.

Nothing is asked of the kinds of characters (NIST SP 800-63B section 5.1.1.2). The common ones are a file of sorted
hashes, made by scripts/build_common_passwords.py; nothing is asked of the network.
"""

import hashlib
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

PREFIX_BYTES: Final = 5
COMMON_CHARS_MIN: Final = 6
NAME_CHARS_MIN: Final = 4
REST_CHARS_MIN: Final = 8
"""What must remain of a password when the person's name is taken out of it."""
DIGITS_MIN: Final = 20
"""Below this many, digits and signs alone are too few: 10^12 is searched in a night."""

COMMON = "This password is one of those that are tried first. Choose another."
PATTERN = "This password is a pattern. Choose one that does not follow from its beginning."
NAME = "This password is little more than your name. Choose another."
DIGITS = "This password has no letters. Choose one with words, or at least 20 digits."


def find_weakness(password: str, name: str) -> str | None:
    """Return what to say about a weak password, None for one that is not known to be weak. `name` is whose it is."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    if is_common(folded) or is_common(_core(folded)):
        return COMMON
    if _is_pattern(folded):
        return PATTERN
    if not _core(folded) and len(folded) < DIGITS_MIN:
        return DIGITS
    who = unicodedata.normalize("NFKC", name).casefold()
    if len(who) >= NAME_CHARS_MIN and who in folded and len(folded.replace(who, "")) < REST_CHARS_MIN:
        return NAME
    return None


def is_common(text: str) -> bool:
    """Return whether the text is in the list of common passwords. Halves the list some fifteen times."""
    if len(text) < COMMON_CHARS_MIN:
        return False
    wanted, listed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:PREFIX_BYTES], _common()
    low, high = 0, len(listed) // PREFIX_BYTES
    while low < high:
        middle = (low + high) // 2
        found = listed[middle * PREFIX_BYTES : (middle + 1) * PREFIX_BYTES]
        if found == wanted:
            return True
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False


@cache
def _common() -> bytes:
    return files("tollway.control.sessions").joinpath("common_passwords.bin").read_bytes()


def _core(text: str) -> str:
    """Return the text without the digits and signs around it: what people add when they are asked for more."""
    while text and not text[0].isalpha():
        text = text[1:]
    while text and not text[-1].isalpha():
        text = text[:-1]
    return text


def _is_pattern(text: str) -> bool:
    """Whether the text repeats its beginning, or its characters follow each other."""
    if text in (text + text)[1:-1]:
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps <= {1} or steps <= {-1}
