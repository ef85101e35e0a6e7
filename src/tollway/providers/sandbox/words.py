"""Words for the sandbox: splitting text and making sentences from a digest."""

import re

_WORD = re.compile(r"\s*(?:\w+|[^\w\s])")

_WORDS = re.findall(
    "[a-z]+",
    "this answer was made by the sandbox without any network so that a first call works before a provider is set "
    "up and every part of the gateway can be tried out limits budgets streams errors and the price of each call",
)


def words_in(text: str) -> tuple[str, ...]:
    """Split text into words and marks, each with the blanks before it; joined they give it back but for its end."""
    return tuple(_WORD.findall(text))


def sentence(digest: str, length: int) -> tuple[str, ...]:
    """Return `length` words that depend on nothing but `digest` (hex)."""
    start = int(digest[:8], 16)
    return tuple(f" {_WORDS[(start + at * 5) % len(_WORDS)]}" for at in range(length))
