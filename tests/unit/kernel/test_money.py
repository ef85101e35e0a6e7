"""Money: exact, rounded once, never by accident."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kernel.money import (
    ATTOS_PER_NANO,
    attos_per_unit,
    format_attos,
    format_usd,
    parse_usd,
    round_half_even,
    round_up,
)


@pytest.mark.parametrize(
    ("text", "nanos"), [("5", 5_000_000_000), ("$0.25", 250_000_000), (" 12.000000001 ", 12_000_000_001), ("0", 0)]
)
def test_amounts_are_read_exactly(text: str, nanos: int) -> None:
    assert parse_usd(text) == nanos


@pytest.mark.parametrize("text", ["", "-1", "+1", "1e3", "1,000", "1.0000000001", "٣", "1.", ".5", "$", "1_0", "nan"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_usd(text)


@given(st.integers(0, 999_999_999 * 10**9))
def test_written_amounts_read_back(nanos: int) -> None:
    assert parse_usd(format_usd(nanos)) == nanos


def test_negative_amounts_are_written_with_their_sign() -> None:
    assert format_usd(-1_500_000_000) == "-1.50"


@given(st.decimals(0, 10_000, places=12))
def test_published_prices_are_exact(price: Decimal) -> None:
    assert Fraction(attos_per_unit(price), 10**18) == Fraction(price) / 1_000_000


@pytest.mark.parametrize("price", ["-1", "nan", "inf", "x", "0.0000000000001"])
def test_prices_that_cannot_be_exact_are_refused(price: str) -> None:
    with pytest.raises(ValueError, match="price"):
        attos_per_unit(price)


@given(st.integers(0, 10**30))
def test_half_even_is_the_nearest_and_ties_are_even(attos: int) -> None:
    nanos = round_half_even(attos)
    distance = abs(Fraction(attos, ATTOS_PER_NANO) - nanos)
    assert distance <= Fraction(1, 2)
    assert distance < Fraction(1, 2) or nanos % 2 == 0


@given(st.integers(0, 10**30))
def test_reservations_are_never_short(attos: int) -> None:
    assert 0 <= round_up(attos) * ATTOS_PER_NANO - attos < ATTOS_PER_NANO


def test_atto_dollars_are_written_without_losing_a_digit():
    assert [format_attos(attos) for attos in (0, 1, 10**18, 150_000_000_000)] == [
        *("0.00", "0.000000000000000001", "1.00", "0.00000015")
    ]
