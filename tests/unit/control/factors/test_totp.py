"""RFC 6238's own vectors, and what must never count as a code."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.factors import totp

RFC = b"12345678901234567890"
VECTORS = [
    (59, "94287082"),
    (1_111_111_109, "07081804"),
    (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"),
    (20_000_000_000, "65353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B, SHA-1: eight digits there; ours are the last six of them."""
    assert totp.build_code(RFC, totp.step_at(seconds), 8) == code
    assert totp.find_step(RFC, code[-6:], seconds) == seconds // 30


@pytest.mark.parametrize(("ahead", "is_good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_step_before_and_after_is_accepted_and_no_other(ahead: int, is_good: bool) -> None:
    now = 1_800_000_000
    code = totp.build_code(RFC, totp.step_at(now + ahead))
    assert totp.find_step(RFC, code, now) == ((now + ahead) // 30 if is_good else None)


@pytest.mark.parametrize(
    "spelling", [" {}", "{} ", "{}\n", "+{}", "{:0>7}", "{}x", "", "١٢٣٤٥٦", "①②③④⑤⑥"], ids=range(9)
)
def test_r35_other_spellings_of_a_code_are_no_code(spelling: str) -> None:
    code = totp.build_code(RFC, 60_000_000)
    assert totp.find_step(RFC, spelling.format(code), 1_800_000_000) is None


def test_r35_digits_of_other_scripts_are_no_code() -> None:
    code = totp.build_code(RFC, 60_000_000)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert totp.find_step(RFC, code, 1_800_000_000) == 60_000_000
    assert totp.find_step(RFC, wide, 1_800_000_000) is None


@given(st.text(max_size=8))
def test_any_other_text_is_refused(text: str) -> None:
    assert totp.is_code(text) == (len(text) == 6 and all("0" <= letter <= "9" for letter in text))


def test_the_address_names_issuer_and_account_and_has_the_secret() -> None:
    uri = totp.build_uri(RFC, issuer="Tollway gw.example:8081", account="Ada & Eve")
    secret = base64.b32encode(RFC).decode()
    label = "Tollway%20gw.example%3A8081:Ada%20%26%20Eve"
    assert uri == f"otpauth://totp/{label}?secret={secret}&issuer=Tollway%20gw.example%3A8081"


def test_secrets_are_as_long_as_the_hash_and_never_the_same() -> None:
    assert len({totp.generate_secret() for _ in range(50)}) == 50
    assert len(totp.generate_secret()) == 20
