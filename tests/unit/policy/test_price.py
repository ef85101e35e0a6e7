"""Prices against an obvious model in exact fractions."""

from fractions import Fraction

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from tollway.contract.policy import DatedPrice, Price, UnitPrice
from tollway.contract.usage import NOTHING, Usage
from tollway.kernel.money import NANOS_MAX, attos_per_unit
from tollway.policy.price import (
    TOKENS_MAX,
    is_priced,
    lines,
    output_tokens_bought,
    price_at,
    price_usage,
    worst_case,
)

UNITS = tuple(name for name in Price.__struct_fields__ if name != "source")
TOKEN_COUNTS = tuple(name for name in Usage.__struct_fields__ if name != "is_estimated")

attos = st.integers(0, 10**14)


@st.composite
def unit_prices(draw):
    starts = draw(st.lists(st.integers(0, 1_000_000), max_size=3, unique=True).map(sorted))
    return UnitPrice(draw(attos), tuple((start, draw(attos)) for start in starts))


prices = st.builds(Price, source=st.just("test"), **{name: st.none() | unit_prices() for name in UNITS})


@st.composite
def consistent_usages(draw):
    """Usage as a correct provider reports it: parts within their totals."""
    uncached, cached, write, audio = (draw(st.integers(0, 500_000)) for _ in range(4))
    text, spoken = draw(st.integers(0, 200_000)), draw(st.integers(0, 200_000))
    return Usage(
        input_tokens=uncached + cached + write + audio,
        output_tokens=text + spoken,
        cached_input_tokens=cached,
        cache_write_tokens=write,
        input_audio_tokens=audio,
        output_audio_tokens=spoken,
        reasoning_tokens=draw(st.integers(0, text)),
        web_searches=draw(st.integers(0, 20)),
    )


any_usages = st.builds(Usage, **{name: st.integers(-(2**70), 2**70) for name in TOKEN_COUNTS})


def each(unit: UnitPrice | None, fallback: UnitPrice | None, input_tokens: int) -> Fraction:
    chosen = unit or fallback
    if chosen is None:
        return Fraction(0)
    reached = [chosen.attos, *(price for above, price in chosen.tiers if above < input_tokens)]
    return Fraction(reached[-1])


def model(price: Price, usage: Usage) -> Fraction:
    """The charge in nano-USD before rounding, written down as one would on paper."""
    total = usage.input_tokens
    plain = total - usage.cached_input_tokens - usage.cache_write_tokens - usage.input_audio_tokens
    return (
        plain * each(price.input, None, total)
        + usage.cached_input_tokens * each(price.cached_input, price.input, total)
        + usage.cache_write_tokens * each(price.cache_write, price.input, total)
        + usage.input_audio_tokens * each(price.input_audio, price.input, total)
        + (usage.output_tokens - usage.output_audio_tokens) * each(price.output, None, total)
        + usage.output_audio_tokens * each(price.output_audio, price.output, total)
        + each(price.request, None, total)
        + usage.web_searches * each(price.web_search, None, total)
    ) / 10**9


@given(prices, consistent_usages())
@example(Price("x", input=UnitPrice(500_000_000)), Usage(input_tokens=1))
@example(Price("x", input=UnitPrice(500_000_000)), Usage(input_tokens=3))
def test_charge_is_the_exact_sum_rounded_once_half_even(price, usage):
    assert price_usage(price, usage) == round(model(price, usage))  # round(Fraction) is half-even


@given(prices, any_usages)
def test_no_counts_make_a_negative_or_overflowing_charge_or_one_above_the_dearest(price, usage):
    charge = price_usage(price, usage)
    bound = worst_case(price, usage.input_tokens, usage.output_tokens, web_searches_max=usage.web_searches)
    assert 0 <= charge <= bound <= NANOS_MAX


@given(prices, any_usages)
def test_lines_add_up_to_the_charge_and_count_each_token_once(price, usage):
    found = lines(price, usage)
    assert price_usage(price, usage) == min(round(Fraction(sum(line[3] for line in found), 10**9)), NANOS_MAX)
    assert all(count > 0 and total == count * each for _, count, each, total in found)
    names = [name for name, *_ in found]
    assert len(names) == len(set(names))
    tokens_in = sum(line[1] for line in found if line[0] in ("input", "cached_input", "cache_write", "input_audio"))
    tokens_out = sum(line[1] for line in found if line[0] in ("output", "output_audio"))
    assert tokens_in <= max(usage.input_tokens, 0)
    assert tokens_out <= max(usage.output_tokens, 0)


@given(prices, consistent_usages(), st.integers(0, 1000), st.integers(0, 1000))
def test_a_reservation_is_never_short(price, usage, more_input, more_output):
    bound = worst_case(
        price,
        usage.input_tokens + more_input,
        usage.output_tokens + more_output,
        web_searches_max=usage.web_searches,
    )
    assert price_usage(price, usage) <= bound


@given(prices, st.integers(0, 10**13), st.integers(0, 1_000_000))
def test_output_bought_is_the_largest_that_fits(price, nanos, input_tokens):
    bought = output_tokens_bought(price, nanos, input_tokens)
    if bought:
        assert worst_case(price, input_tokens, bought) <= nanos
    if bought < TOKENS_MAX:
        assert worst_case(price, input_tokens, bought + 1) > nanos


def test_output_bought_is_unbounded_when_output_is_free():
    assert output_tokens_bought(Price("x", input=UnitPrice(1)), 5, 10) == TOKENS_MAX
    assert output_tokens_bought(Price("x", input=UnitPrice(10**9)), 5, 6) == 0


def test_a_published_price_is_charged_as_on_the_price_page():
    price = Price(
        "gpt",
        input=UnitPrice(attos_per_unit("2.5")),
        cached_input=UnitPrice(attos_per_unit("1.25")),
        output=UnitPrice(attos_per_unit("10")),
    )
    usage = Usage(input_tokens=1000, cached_input_tokens=600, output_tokens=50, reasoning_tokens=40)
    assert price_usage(price, usage) == 400 * 2500 + 600 * 1250 + 50 * 10000
    assert [line[:2] for line in lines(price, usage)] == [("cached_input", 600), ("input", 400), ("output", 50)]
    assert lines(price, NOTHING) == ()


def test_parts_beyond_their_total_are_cut():
    price = Price("x", input=UnitPrice(10**9), cached_input=UnitPrice(10**8), input_audio=UnitPrice(10**10))
    assert price_usage(price, Usage(input_tokens=10, cached_input_tokens=99)) == 1
    assert price_usage(price, Usage(input_tokens=10, cached_input_tokens=99, input_audio_tokens=99)) == 100


def test_price_in_force_is_the_last_that_has_begun():
    old, new = Price("old", input=UnitPrice(1)), Price("new", input=UnitPrice(2))
    dated = (DatedPrice(None, old), DatedPrice(1000, new))
    assert price_at(dated, 999) is old
    assert price_at(dated, 1000) is new
    assert price_at(dated[1:], 999) is None
    assert price_at((), 5) is None


def test_price_by_the_hour_holds_each_day_also_over_midnight():
    base, noon, night = (Price(name, input=UnitPrice(1)) for name in ("base", "noon", "night"))
    hour = 3600
    dated = (
        DatedPrice(None, base),
        DatedPrice(None, noon, (12 * hour, 13 * hour)),
        DatedPrice(None, night, (22 * hour, 2 * hour)),
    )

    def source_at(second: int) -> str:
        found = price_at(dated, (86_400 * 20_000 + second) * 10**9)
        assert found is not None
        return found.source

    assert [source_at(h * hour) for h in (0, 1, 2, 12, 13, 21, 22, 23)] == [
        *("night", "night", "base", "noon", "base", "base", "night", "night")
    ]


def test_a_price_that_names_no_unit_is_unpriced_and_zero_is_a_price():
    assert not is_priced(Price("x"))
    assert price_at((DatedPrice(None, Price("x")),), 1) is None
    assert is_priced(Price("x", request=UnitPrice(0)))


def test_dated_price_survives_the_policy_store():
    dated = DatedPrice(None, Price("x", input=UnitPrice(1, ((5, 7),))), (1, 2))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(dated), type=DatedPrice) == dated
