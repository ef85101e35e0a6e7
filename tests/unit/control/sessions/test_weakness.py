"""What is guessed soon is refused, and what is not stays free of rules about characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.sessions.weakness import COMMON, DIGITS, NAME, PATTERN, find_weakness, is_common


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("leavemealone", COMMON),
        ("LeaveMeAlone", COMMON),
        ("1qaz2wsx3edc", COMMON),
        ("password1234", COMMON),
        ("2024Password!!", COMMON),
        ("abcabcabcabc", PATTERN),
        ("aaaaaaaaaaaaaaaa", PATTERN),
        ("abcdefghijklmnop", PATTERN),
        ("zyxwvutsrqponml", PATTERN),
        ("739104682753", DIGITS),
        ("Ada Lovelace1", NAME),
        ("a quiet orange bicycle", None),
        ("correcthorsebatterystaple", None),
        ("73910468275339104682", None),
        ("пароль не для всех", None),
        ("😀😃😄😁 four faces", None),
    ],
)
def test_what_is_tried_first_is_refused_with_the_reason(password: str, says: str | None) -> None:
    assert find_weakness(password, "Ada Lovelace") == says


@given(unit=st.text(min_size=1, max_size=6), times=st.integers(2, 6))
def test_every_repetition_is_a_pattern(unit: str, times: int) -> None:
    assert find_weakness(unit * times, "") is not None


@given(password=st.text(max_size=40), name=st.text(max_size=10))
def test_every_text_has_an_answer(password: str, name: str) -> None:
    assert find_weakness(password, name) in (None, COMMON, PATTERN, NAME, DIGITS)


def test_the_first_the_last_and_nothing_short_is_found_in_the_list() -> None:
    assert all(is_common(word) for word in ("password", "123456", "qwerty", "dragon", "monkey"))
    assert not any(is_common(word) for word in ("", "abcde", "quiet orange bicycle", "zzzzzzzzzzzzzzzzzz"))
