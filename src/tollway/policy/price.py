"""What a call costs: exact sums in atto-USD, rounded to nano-USD once.

Law: every token is charged exactly once. Details are parts of their total (cached, cache-write, audio, image and
video tokens of the input; audio, image, video and reasoning tokens of the output), so a total is partitioned and each
part has one price: its own, or else its parent's (an hour's cache write is a cache write; cached audio is cached
input, then audio; all others are plain input or output). Counts come from upstreams and are not trusted: a negative
one counts as 0, parts that exceed their total are cut to it.

What was used and has no price, its parents' included, makes the whole call unpriced: None, never 0.
"""

from collections.abc import Iterable, Sequence

from tollway.contract.policy import DatedPrice, Price, UnitPrice
from tollway.contract.usage import USUAL_TIERS, Usage
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.money import ATTOS_PER_NANO, NANOS_MAX, round_half_even, round_up

TOKENS_MAX = 2**53 - 1
"""More than any call can use; what an unbounded budget or a free output buys."""

INPUT_UNITS = (
    *("input", "cached_input", "cache_write", "cache_write_1h", "input_audio", "cached_input_audio"),
    *("input_image", "cached_input_image", "input_video"),
)
OUTPUT_UNITS = ("output", "output_audio", "output_image", "output_video", "reasoning")
TOOL_UNITS = ("web_search", "file_search", "code_execution")
UNITS = (*INPUT_UNITS, *OUTPUT_UNITS, *TOOL_UNITS, "request")
"""The fields of Price that are prices."""

SERVICE_TIER = "service_tier"
"""Stands among the unpriced units for a service tier that has no price."""

_DAY_SECONDS = 86_400

Line = tuple[str, int, int, int]
"""(unit, count, atto-USD each, atto-USD together); units are the names of Price's fields."""

Parts = list[tuple[str, UnitPrice | None, int]]
"""(unit, its price or None, count > 0)."""


def price_usage(price: Price, usage: Usage) -> int | None:
    """Return what the call costs in nano-USD, rounded half-even; 0..NANOS_MAX whatever the counts are.

    None: something that was used has no price; `unpriced` says what.
    """
    chosen = at_tier(price, usage.tier)
    if chosen is None:
        return None
    tokens = usage.input_tokens
    attos = 0
    for _, unit, count in _parts(chosen, usage):
        if unit is None:
            return None
        attos += count * (_attos(unit, tokens) if unit.tiers else unit.attos)
    return min(round_half_even(attos), NANOS_MAX)


def lines(price: Price, usage: Usage) -> tuple[Line, ...]:
    """Return the sum of `price_usage` line by line, without those that count nothing or have no price."""
    chosen = at_tier(price, usage.tier)
    if chosen is None:
        return ()
    found: list[Line] = []
    for name, unit, count in _parts(chosen, usage):
        if unit is not None:
            each = _attos(unit, usage.input_tokens)
            found.append((name, count, each, count * each))
    return tuple(found)


def unpriced(price: Price, usage: Usage) -> tuple[str, ...]:
    """Return the units that were used and have no price; () when `price_usage` knows the cost."""
    chosen = at_tier(price, usage.tier)
    if chosen is None:
        return (SERVICE_TIER,)
    return tuple(name for name, unit, _ in _parts(chosen, usage) if unit is None)


def at_tier(price: Price, tier: str) -> Price | None:
    """Return the price of a service tier; None when it has none."""
    if tier in USUAL_TIERS:
        return price
    return next((other for name, other in price.service_tiers if name == tier), None)


def worst_case(price: Price, input_tokens_max: int, output_tokens_max: int, *, tool_calls_max: int = 0) -> int:
    """Return the most a call within these bounds can cost in nano-USD, in any service tier that has a price.

    Rounded up: never below `price_usage`. `tool_calls_max` bounds the calls of the vendor's own tools, together.
    """
    attos = _fixed(price, input_tokens_max, tool_calls_max)
    attos += max(output_tokens_max, 0) * dearest(price, OUTPUT_UNITS, input_tokens_max)
    return min(round_up(attos), NANOS_MAX)


def output_tokens_bought(price: Price, nanos: int, input_tokens: int) -> int:
    """Return the largest output bound whose worst case with `input_tokens` is within `nanos`; 0 when there is none.

    TOKENS_MAX when output is free.
    """
    rest = nanos * ATTOS_PER_NANO - _fixed(price, input_tokens, 0)
    each = dearest(price, OUTPUT_UNITS, input_tokens)
    if rest < 0:
        return 0
    return min(rest // each, TOKENS_MAX) if each else TOKENS_MAX


def dearest(price: Price, names: Iterable[str], input_tokens_max: int) -> int:
    """Return the highest price of any of the units, in any service tier and any tier up to `input_tokens_max`.

    In atto-USD; a later tier may be cheaper.
    """
    highest = 0
    prices = (price, *(other for _, other in price.service_tiers))
    for unit in [getattr(each, name) for each in prices for name in names]:
        if unit is None:
            continue
        highest = max(highest, unit.attos)
        for above, attos in unit.tiers:
            if input_tokens_max > above:
                highest = max(highest, attos)
    return highest


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
    return any(getattr(price, name) is not None for name in UNITS)


def _parts(price: Price, usage: Usage) -> Parts:
    """Partition the usage. A total without a price has a part with None; a detail without one is part of its parent."""
    found: Parts = []
    if usage.input_tokens > 0:
        found += _cut(_input_details(price, usage), usage.input_tokens, "input", price.input)
    if usage.output_tokens > 0:
        found += _cut(_output_details(price, usage), usage.output_tokens, "output", price.output)
    if price.request is not None:
        found.append(("request", price.request, 1))
    if usage.web_searches > 0:
        found.append(("web_search", price.web_search, usage.web_searches))
    if usage.file_searches > 0:
        found.append(("file_search", price.file_search, usage.file_searches))
    if usage.code_executions > 0:
        found.append(("code_execution", price.code_execution, usage.code_executions))
    return found


def _cut(details: Parts, total: int, name: str, unit: UnitPrice | None) -> Parts:
    """Return the details that have a price, cut to the total in their order, and what is left as `name`."""
    found: Parts = []
    for detail, detail_unit, count in details:
        part = min(count, total)
        if detail_unit is not None and part > 0:
            found.append((detail, detail_unit, part))
            total -= part
    if total > 0:
        found.append((name, unit, total))
    return found


def _input_details(price: Price, usage: Usage) -> Parts:
    cached, audio, image = usage.cached_input_tokens, usage.input_audio_tokens, usage.input_image_tokens
    write, hour = usage.cache_write_tokens, 0
    cached_audio = cached_image = 0
    if usage.cached_audio_tokens > 0:
        cached_audio = max(min(usage.cached_audio_tokens, cached, audio), 0)
        cached, audio = _apart(cached_audio, cached, audio, price.cached_input_audio, price.cached_input)
    if usage.cached_image_tokens > 0:
        cached_image = max(min(usage.cached_image_tokens, cached, image), 0)
        cached, image = _apart(cached_image, cached, image, price.cached_input_image, price.cached_input)
    if price.cache_write_1h is not None and usage.cache_write_1h_tokens > 0:
        hour = max(min(usage.cache_write_1h_tokens, write), 0)
        write -= hour
    return [
        ("cached_input_audio", price.cached_input_audio, cached_audio),
        ("cached_input_image", price.cached_input_image, cached_image),
        ("input_audio", price.input_audio, audio),
        ("input_image", price.input_image, image),
        ("input_video", price.input_video, usage.input_video_tokens),
        ("cache_write_1h", price.cache_write_1h, hour),
        ("cache_write", price.cache_write, write),
        ("cached_input", price.cached_input, cached),
    ]


def _apart(both: int, cached: int, kind: int, own: UnitPrice | None, as_cached: UnitPrice | None) -> tuple[int, int]:
    """Take the tokens that are in two details out of both (they have their own price), or out of the second."""
    if own is not None:
        return cached - both, kind - both
    return (cached, kind - both) if as_cached is not None else (cached, kind)


def _output_details(price: Price, usage: Usage) -> Parts:
    return [
        ("output_audio", price.output_audio, usage.output_audio_tokens),
        ("output_image", price.output_image, usage.output_image_tokens),
        ("output_video", price.output_video, usage.output_video_tokens),
        ("reasoning", price.reasoning, usage.reasoning_tokens),
    ]


def _attos(unit: UnitPrice, input_tokens: int) -> int:
    attos = unit.attos
    for above, tier_attos in unit.tiers:
        if input_tokens > above:
            attos = tier_attos
    return attos


def _fixed(price: Price, input_tokens_max: int, tool_calls_max: int) -> int:
    return (
        max(input_tokens_max, 0) * dearest(price, INPUT_UNITS, input_tokens_max)
        + dearest(price, ("request",), input_tokens_max)
        + max(tool_calls_max, 0) * dearest(price, TOOL_UNITS, input_tokens_max)
    )


def _is_within(day_seconds: tuple[int, int], second: int) -> bool:
    start, end = day_seconds
    if end < start:
        return second >= start or second < end
    return start <= second < end
