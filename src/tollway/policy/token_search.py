"""Finds our tokens in bytes of any kind. Pure.

Law: what is found is what the published expression finds and whose checksum is right, so that text that happens to
look like a token is never reported: the checksum lets one of 4,294,967,296 such texts pass.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tollway.policy.token import KINDS, ParsedToken, parse_token

TOKEN_BYTES = 65
_CANDIDATE = re.compile(rb"tw[" + "".join(sorted(KINDS)).encode() + rb"]_[0-9A-Za-z]{61}")
"""The published expression without its word boundaries: a pattern that begins with a literal is searched many times
faster, and the boundaries are looked at where it matches."""
_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")


_CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that begin no character."""


class Hit(NamedTuple):
    """A token in a text. `line` and `column` count from 1, `column` in characters of UTF-8, as editors do."""

    line: int
    column: int
    token: ParsedToken


def find_tokens(pieces: Iterable[bytes]) -> Iterator[Hit]:
    """Yield every token in a text that is given in pieces, each once, wherever the pieces are cut.

    Memory is that of one piece. A token is found as a whole word only, as `SCANNER_EXPRESSION` says.
    """
    tail, place, offset, found_until = b"", (1, 1), 0, -1
    for piece in pieces:
        data, at = tail + piece, 0
        for start, token in _tokens(data, is_first=offset == 0, is_last=False):
            if offset + start > found_until:
                found_until = offset + start
                place, at = _move(place, data[at:start]), start
                yield Hit(*place, token)
        keep = min(len(data), TOKEN_BYTES + 1)
        passed = len(data) - keep
        place = _move(place, data[at:passed])
        tail, offset = data[passed:], offset + passed
    for start, token in _tokens(tail, is_first=offset == 0, is_last=True):
        if offset + start > found_until:
            yield Hit(*_move(place, tail[:start]), token)


def _tokens(data: bytes, *, is_first: bool, is_last: bool) -> Iterator[tuple[int, ParsedToken]]:
    """Yield the tokens that are whole words, with where they start; those whose neighbours are not in `data` wait."""
    for match in _CANDIDATE.finditer(data):
        start, end = match.span()
        is_cut_off = (start == 0 and not is_first) or (end == len(data) and not is_last)
        if is_cut_off or (start and data[start - 1] in _WORD) or (end < len(data) and data[end] in _WORD):
            continue
        token = parse_token(match[0])
        if token is not None:
            yield start, token


def _move(place: tuple[int, int], passed: bytes) -> tuple[int, int]:
    """Return the line and column after a piece of text that begins at a place."""
    line, column = place
    newline = passed.rfind(b"\n")
    if newline >= 0:
        line, column = line + passed.count(b"\n"), 1
    return line, column + len(passed[newline + 1 :].translate(None, _CONTINUATION))
