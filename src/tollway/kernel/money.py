"""Money: integers only.

Amounts are integer **nano-USD** (1e-9 USD). Unit prices are integer **atto-USD** per unit
(1e-18 USD), so that every published decimal price (up to 12 digits after the point in USD per
million units) is exact. A call's total is summed in atto-USD and rounded once, half-even;
reservations round up.
"""

import re
from decimal import Decimal, InvalidOperation

NANOS_PER_USD = 1_000_000_000
ATTOS_PER_NANO = 1_000_000_000
ATTOS_PER_USD_PER_MILLION_UNITS = 1_000_000_000_000
NANOS_MAX = 2**63 - 1

_AMOUNT = re.compile(r"\$?([0-9]{1,9}(?:\.[0-9]{1,9})?)", re.ASCII)


def parse_usd(text: str) -> int:
    """Parse a non-negative amount such as `5`, `0.25` or `$12.000000001` into nano-USD.

    Raises ValueError for anything else: signs, exponents, separators, more than nine decimals.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an amount in USD: {text!r} (write 5 or 0.25)")
    return int(Decimal(match[1]) * NANOS_PER_USD)


def format_usd(nanos: int) -> str:
    """Write nano-USD as a plain decimal string without losing a digit: at least two decimals, at most nine."""
    sign = "-" if nanos < 0 else ""
    whole, fraction = divmod(abs(nanos), NANOS_PER_USD)
    digits = f"{fraction:09d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{digits}"


def format_attos(attos: int) -> str:
    """Write atto-USD (>= 0) as `format_usd` does, with up to eighteen decimals."""
    whole, fraction = divmod(attos, NANOS_PER_USD * ATTOS_PER_NANO)
    digits = f"{fraction:018d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{digits}"


def attos_per_unit(usd_per_million_units: Decimal | str) -> int:
    """Turn a published price (USD per million units) into exact atto-USD per unit.

    Raises ValueError when the price is negative, not finite, or has more than 12 decimals.
    """
    try:
        price = Decimal(usd_per_million_units)
    except InvalidOperation as error:
        raise ValueError(f"not a price: {usd_per_million_units!r}") from error
    if not price.is_finite() or price < 0:
        raise ValueError(f"not a price: {usd_per_million_units!r}")
    scaled = price * ATTOS_PER_USD_PER_MILLION_UNITS
    if scaled != scaled.to_integral_value():
        raise ValueError(f"a price has at most 12 decimals: {usd_per_million_units!r}")
    return int(scaled)


def round_half_even(attos: int) -> int:
    """Round an atto-USD total to nano-USD, half to even; the one rounding of a call's price."""
    nanos, rest = divmod(attos, ATTOS_PER_NANO)
    half = ATTOS_PER_NANO // 2
    if rest > half or (rest == half and nanos & 1):
        nanos += 1
    return nanos


def round_up(attos: int) -> int:
    """Round an atto-USD total up to nano-USD; used for reservations, which must never be short."""
    return -(-attos // ATTOS_PER_NANO)
