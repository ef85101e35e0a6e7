"""Identifiers are unique, of one form, and request ids sort by time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kernel.ids import BASE62, RequestIds, encode_base62, new_id, random_base62

INSTANTS = st.integers(1_700_000_000 * 10**9, 3_000_000_000 * 10**9)


def test_r23_new_ids_have_their_prefix_and_differ() -> None:
    made = {new_id("app") for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(re.fullmatch(r"app_[0-9A-Za-z]{16}", one) for one in made)


def test_random_text_has_its_length_and_alphabet() -> None:
    assert set(random_base62(5_000)) == set(BASE62)


@given(st.integers(0, 62**11 - 1))
def test_base62_reads_back(number: int) -> None:
    text = encode_base62(number, 11)
    assert len(text) == 11
    value = 0
    for char in text:
        value = value * 62 + BASE62.index(char)
    assert value == number


@given(st.integers(0, 10**30))
def test_base62_never_drops_digits(number: int) -> None:
    if number >= 62**4:
        with pytest.raises(ValueError, match="does not fit"):
            encode_base62(number, 4)
    else:
        assert len(encode_base62(number, 4)) == 4


@given(INSTANTS, INSTANTS)
def test_request_ids_sort_by_time(earlier: int, later: int) -> None:
    ids = RequestIds()
    earlier, later = sorted((earlier, later))
    first, second = ids.new(earlier), ids.new(later)
    assert re.fullmatch(r"req_[0-9A-Za-z]{24}", first)
    assert earlier == later or first < second


def test_request_ids_of_one_instant_differ() -> None:
    ids = RequestIds()
    made = [ids.new(1_800_000_000 * 10**9) for _ in range(9_000)]
    assert made == sorted(set(made))


@given(st.lists(INSTANTS, max_size=5), st.integers(0, 10**11))
def test_request_ids_begin_with_their_millisecond(instants: list[int], later_ns: int) -> None:
    """What they have in common for a while is remembered, and never longer than it holds."""
    ids = RequestIds()
    for instant in instants:
        for now_ns in (instant, instant + later_ns):
            assert ids.new(now_ns)[4:15] == encode_base62(now_ns // 1_000_000 * 1_000_000, 11)
