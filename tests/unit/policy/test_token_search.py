"""Tokens are found wherever a text is cut, once, as whole words, and nothing else is found."""

import random
import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollway.policy.token import KINDS, SCANNER_EXPRESSION, generate_token, parse_token
from tollway.policy.token_search import find_tokens

TOKENS = [generate_token(kind, bytes([index]) * 48).reveal().encode() for index, kind in enumerate(sorted(KINDS))]

PARTS = [b"\n", b" ", "ä€😀".encode(), b"x", b"_", b"tws_", b"-", TOKENS[0][:-1], TOKENS[0][1:]]


def found_in(text: bytes, *cuts: int) -> list[tuple[int, int, bytes]]:
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    return [(hit.line, hit.column, hit.token.raw) for hit in find_tokens(pieces)]


def published(text: bytes) -> list[bytes]:
    """What the published expression and the checksum find in one piece."""
    found = re.findall(SCANNER_EXPRESSION.encode(), text)
    return [each for each in found if parse_token(each) is not None]


def test_every_kind_is_found_with_its_line_and_column() -> None:
    text = b"\n".join(b"key = '" + token + b"'" for token in TOKENS)
    assert found_in(text) == [(line, 8, token) for line, token in enumerate(TOKENS, start=1)]


@given(
    parts=st.lists(st.sampled_from([*TOKENS, *PARTS])),
    cuts=st.lists(st.integers(0, 2_000), max_size=6),
)
def test_wherever_a_text_is_cut_the_same_is_found_as_by_the_published_expression(
    parts: list[bytes], cuts: list[int]
) -> None:
    text = b"".join(parts)
    whole = found_in(text)
    assert found_in(text, *cuts) == whole
    assert [token for _, _, token in whole] == published(text)
    lines = text.decode().split("\n")
    assert all(lines[line - 1][column - 1 :].startswith(token.decode()) for line, column, token in whole)


def test_random_texts_of_the_same_form_give_no_false_finding() -> None:
    """200,000 texts that match the expression: the checksum refuses every one."""
    random_ones = random.Random(6)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = "\n".join("tws_" + "".join(random_ones.choices(alphabet, k=61)) for _ in range(200_000)).encode()
    assert len(re.findall(SCANNER_EXPRESSION.encode(), text)) == 200_000
    assert found_in(text) == []
