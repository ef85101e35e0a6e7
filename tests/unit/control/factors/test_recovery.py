"""Recovery codes: how they look, and what of them is stored."""

import re

import pytest

from tollway.control.factors.recovery import generate_codes, hash_code


def test_codes_are_ten_and_all_different() -> None:
    codes = generate_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[a-z2-7]{5}(-[a-z2-7]{5}){3}", code) for code in codes)


def test_how_somebody_types_a_code_makes_no_difference() -> None:
    (code, *_) = generate_codes()
    stored = hash_code("user_1", code)
    assert stored is not None
    for spelling in (code.upper(), code.replace("-", ""), code.replace("-", " "), f" {code} "):
        assert hash_code("user_1", spelling) == stored
    assert hash_code("user_2", code) != stored, "a code belongs to one person"


@pytest.mark.parametrize(
    "text", ["", "123456", "a" * 19, "a" * 21, "ａ" * 20, "a" * 19 + "1", "a" * 19 + "ſ", "a" * 19 + "\u212a"]
)
def test_what_cannot_be_a_code_has_no_hash(text: str) -> None:
    assert hash_code("user_1", text) is None


def test_r15_the_stored_hash_is_no_code() -> None:
    stored = hash_code("user_1", generate_codes()[0])
    assert stored is not None and hash_code("user_1", stored.hex()) is None
