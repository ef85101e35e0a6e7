"""What a call costs: exact sums in atto-USD, rounded to nano-USD once.

Law: every token is charged exactly once. Details are parts of their total (cached, cache-write and audio
tokens of the input; audio tokens of the output; reasoning is output like any other), so a total is partitioned
and each part has one price: its own, or else its parent's. Counts come from upstreams and are not trusted: a
negative one counts as 0, parts that exceed their total are cut to it.
"""

from collections.abc import Sequence

from tollway.contract.policy import DatedPrice, Price, UnitPrice
from tollway.contract.usage import Usage
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.money import ATTOS_PER_NANO, NANOS_MAX, round_half_even, round_up

TOKENS_MAX = 2**53 - 1
"""More than any call can use; what an unbounded budget or a free output buys."""

_DAY_SECONDS = 86_400

Line = tuple[str, int, int, int]
"""(unit, count, atto-USD each, atto-USD together); units are the names of Price's fields."""


def price_usage(price: Price, usage: Usage) -> int:
    """Return what the call costs in nano-USD, rounded half-even; 0..NANOS_MAX whatever the counts are."""
    tokens = usage.input_tokens if usage.input_tokens > 0 else 0
    attos = 0
    for _, unit, count in _parts(price, usage, tokens):
        attos += count * (_attos(unit, tokens) if unit.tiers else unit.attos)
    return min(round_half_even(attos), NANOS_MAX)


def lines(price: Price, usage: Usage) -> tuple[Line, ...]:
    """Return the sum of `price_usage` line by line, without those that count nothing."""
    tokens = max(usage.input_tokens, 0)
    found: list[Line] = []
    for name, unit, count in _parts(price, usage, tokens):
        each = _attos(unit, tokens)
        found.append((name, count, each, count * each))
    return tuple(found)


def worst_case(price: Price, input_tokens_max: int, output_tokens_max: int, *, web_searches_max: int = 0) -> int:
    """Return the most a call within these bounds can cost in nano-USD, rounded up: never below `price_usage`."""
    attos = _fixed(price, input_tokens_max, web_searches_max)
    attos += max(output_tokens_max, 0) * _dearest(_output_units(price), input_tokens_max)
    return min(round_up(attos), NANOS_MAX)


def output_tokens_bought(price: Price, nanos: int, input_tokens: int) -> int:
    """Return the largest output bound whose worst case with `input_tokens` is within `nanos`; 0 when there is none.

    TOKENS_MAX when output is free.
    """
    rest = nanos * ATTOS_PER_NANO - _fixed(price, input_tokens, 0)
    each = _dearest(_output_units(price), input_tokens)
    if rest < 0:
        return 0
    return min(rest // each, TOKENS_MAX) if each else TOKENS_MAX


def price_at(dated_prices: Sequence[DatedPrice], now_ns: int) -> Price | None:
    """Return the price in force: the last one that has begun and whose hours of the day (UTC) include now.

    None means unpriced: nothing is in force yet, or what is in force names no price at all.
    """
    second = now_ns // NANOS_PER_SECOND % _DAY_SECONDS
    for dated in reversed(dated_prices):
        if dated.from_ns is not None and now_ns < dated.from_ns:
            continue
        if dated.day_seconds is None or _is_within(dated.day_seconds, second):
            return dated.price if is_priced(dated.price) else None
    return None


def is_priced(price: Price) -> bool:
    """Whether any unit has a price; a price of 0 is one."""
    return any(getattr(price, name) is not None for name in _UNITS)


_UNITS = (
    "input",
    "output",
    "cached_input",
    "cache_write",
    "input_audio",
    "cached_input_audio",
    "output_audio",
    "request",
    "web_search",
)


def _parts(price: Price, usage: Usage, tokens: int) -> list[tuple[str, UnitPrice, int]]:
    """Partition the usage into (name, unit, count), counts > 0. A unit the model does not price is left out.

    Parts are cut in the order audio, cache-write, cached, so that what is cut is charged at what is left. How many
    cached tokens were audio is not reported, so cached audio is charged as cached input.
    """
    parent = price.input
    rest = tokens
    found: list[tuple[str, UnitPrice, int]] = []
    for name, count, unit in (
        ("input_audio", usage.input_audio_tokens, price.input_audio),
        ("cache_write", usage.cache_write_tokens, price.cache_write),
        ("cached_input", usage.cached_input_tokens, price.cached_input),
    ):
        if count > 0 and unit is not None:
            part = min(count, rest)
            rest -= part
            found.append((name, unit, part))
    if parent is not None:
        found.append(("input", parent, rest))
    rest = usage.output_tokens
    if rest > 0:
        if usage.output_audio_tokens > 0 and price.output_audio is not None:
            part = min(usage.output_audio_tokens, rest)
            rest -= part
            found.append(("output_audio", price.output_audio, part))
        if price.output is not None:
            found.append(("output", price.output, rest))
    if price.request is not None:
        found.append(("request", price.request, 1))
    if price.web_search is not None:
        found.append(("web_search", price.web_search, usage.web_searches))
    return [part for part in found if part[2] > 0]


def _attos(unit: UnitPrice, input_tokens: int) -> int:
    attos = unit.attos
    for above, tier_attos in unit.tiers:
        if input_tokens > above:
            attos = tier_attos
    return attos


def _fixed(price: Price, input_tokens_max: int, web_searches_max: int) -> int:
    input_units = (price.input, price.cached_input, price.cache_write, price.input_audio, price.cached_input_audio)
    return (
        max(input_tokens_max, 0) * _dearest(input_units, input_tokens_max)
        + _dearest((price.request,), input_tokens_max)
        + max(web_searches_max, 0) * _dearest((price.web_search,), input_tokens_max)
    )


def _output_units(price: Price) -> tuple[UnitPrice | None, ...]:
    return (price.output, price.output_audio)


def _dearest(units: tuple[UnitPrice | None, ...], input_tokens_max: int) -> int:
    """Return the highest price of any unit in any tier up to `input_tokens_max`; a later tier may be cheaper."""
    dearest = 0
    for unit in units:
        if unit is None:
            continue
        dearest = max(dearest, unit.attos)
        for above, attos in unit.tiers:
            if input_tokens_max > above:
                dearest = max(dearest, attos)
    return dearest


def _is_within(day_seconds: tuple[int, int], second: int) -> bool:
    start, end = day_seconds
    if end < start:
        return second >= start or second < end
    return start <= second < end
