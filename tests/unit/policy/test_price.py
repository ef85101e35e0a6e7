"""Prices against an obvious model in exact fractions."""

from fractions import Fraction
from types import SimpleNamespace

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from tollway.contract.policy import DatedPrice, Price, UnitPrice
from tollway.contract.usage import NOTHING, Usage
from tollway.kernel.money import NANOS_MAX, attos_per_unit
from tollway.policy.price import (
    INPUT_UNITS,
    OUTPUT_UNITS,
    SERVICE_TIER,
    TOKENS_MAX,
    UNITS,
    at_tier,
    is_priced,
    lines,
    output_tokens_bought,
    price_at,
    price_usage,
    unpriced,
    worst_case,
)

COUNTS = tuple(name for name in Usage.__struct_fields__ if name not in ("is_estimated", "tier"))

attos = st.integers(0, 10**14)


@st.composite
def unit_prices(draw):
    starts = draw(st.lists(st.integers(0, 1_000_000), max_size=3, unique=True).map(sorted))
    return UnitPrice(draw(attos), tuple((start, draw(attos)) for start in starts))


untiered = st.builds(Price, source=st.just("test"), **{name: st.none() | unit_prices() for name in UNITS})
tiers = st.sampled_from(["", "default", "standard", "on_demand", "priority", "flex"])
prices = st.builds(
    lambda price, others: msgspec.structs.replace(price, service_tiers=tuple(others.items())),
    untiered,
    st.dictionaries(st.sampled_from(["priority", "batch"]), untiered, max_size=2),
)
CELLS = {
    "plain": ("input",),
    "cached": ("cached_input", "input"),
    "write": ("cache_write", "input"),
    "write_1h": ("cache_write_1h", "cache_write", "input"),
    "audio": ("input_audio", "input"),
    "cached_audio": ("cached_input_audio", "cached_input", "input_audio", "input"),
    "image": ("input_image", "input"),
    "cached_image": ("cached_input_image", "cached_input", "input_image", "input"),
    "video": ("input_video", "input"),
    "said": ("output",),
    "spoken": ("output_audio", "output"),
    "drawn": ("output_image", "output"),
    "filmed": ("output_video", "output"),
    "thought": ("reasoning", "output"),
    "web": ("web_search",),
    "files": ("file_search",),
    "code": ("code_execution",),
}
"""Each token is in one of these, and is charged by the first of the units that has a price."""


@st.composite
def consistent_calls(draw):
    """Usage as a correct provider reports it, parts within their totals, and how many tokens are in each cell."""
    cells = {name: draw(st.just(0) | st.integers(0, 200_000)) for name in CELLS}
    n = SimpleNamespace(**cells)
    usage = Usage(
        input_tokens=sum(cells[name] for name in list(CELLS)[:9]),
        output_tokens=n.said + n.spoken + n.drawn + n.filmed + n.thought,
        cached_input_tokens=n.cached + n.cached_audio + n.cached_image,
        cache_write_tokens=n.write + n.write_1h,
        cache_write_1h_tokens=n.write_1h,
        input_audio_tokens=n.audio + n.cached_audio,
        cached_audio_tokens=n.cached_audio,
        input_image_tokens=n.image + n.cached_image,
        cached_image_tokens=n.cached_image,
        input_video_tokens=n.video,
        output_audio_tokens=n.spoken,
        output_image_tokens=n.drawn,
        output_video_tokens=n.filmed,
        reasoning_tokens=n.thought,
        web_searches=n.web,
        file_searches=n.files,
        code_executions=n.code,
        tier=draw(tiers),
    )
    return usage, cells


any_usages = st.builds(Usage, **{name: st.integers(-(2**70), 2**70) for name in COUNTS}, tier=tiers)


def each(unit: UnitPrice, input_tokens: int) -> int:
    """The price of one at this size of the input."""
    return [unit.attos, *(price for above, price in unit.tiers if above < input_tokens)][-1]


def model(price: Price, usage: Usage, cells: dict[str, int]) -> Fraction | None:
    """The charge in nano-USD before rounding, written down as one would on paper."""
    if usage.tier in ("priority", "flex"):
        found = [other for name, other in price.service_tiers if name == usage.tier]
        if not found:
            return None
        price = found[0]
    total = Fraction(0)
    for name, count in cells.items():
        units = [unit for unit in (getattr(price, unit) for unit in CELLS[name]) if unit is not None]
        if count and not units:
            return None
        total += count * each(units[0], usage.input_tokens) if count else 0
    if price.request is not None:
        total += each(price.request, usage.input_tokens)
    return total / 10**9


@given(prices, consistent_calls())
@example(Price("x", input=UnitPrice(500_000_000)), (Usage(input_tokens=1), {"plain": 1}))
@example(Price("x", input=UnitPrice(500_000_000)), (Usage(input_tokens=3), {"plain": 3}))
def test_charge_is_the_exact_sum_rounded_once_half_even(price, call):
    on_paper = model(price, *call)
    expected = None if on_paper is None else min(round(on_paper), NANOS_MAX)  # round(Fraction) is half-even
    assert price_usage(price, call[0]) == expected


@given(prices, any_usages)
def test_no_counts_make_a_negative_or_overflowing_charge_or_one_above_the_dearest(price, usage):
    charge = price_usage(price, usage)
    bound = worst_case(price, usage.input_tokens, usage.output_tokens, tool_calls_max=tool_calls(usage))
    assert 0 <= (charge or 0) <= bound <= NANOS_MAX


def tool_calls(usage: Usage) -> int:
    return sum(max(count, 0) for count in (usage.web_searches, usage.file_searches, usage.code_executions))


@given(prices, any_usages)
def test_lines_add_up_to_the_charge_and_count_each_token_once(price, usage):
    found, missing = lines(price, usage), unpriced(price, usage)
    if missing:
        assert price_usage(price, usage) is None
    else:
        assert price_usage(price, usage) == min(round(Fraction(sum(line[3] for line in found), 10**9)), NANOS_MAX)
    assert all(count > 0 and total == count * each for _, count, each, total in found)
    names = [*missing, *(name for name, *_ in found)]
    assert len(names) == len(set(names))
    tokens_in = sum(line[1] for line in found if line[0] in INPUT_UNITS)
    tokens_out = sum(line[1] for line in found if line[0] in OUTPUT_UNITS)
    if SERVICE_TIER not in missing:
        assert tokens_in == max(usage.input_tokens, 0) or "input" in missing
        assert tokens_out == max(usage.output_tokens, 0) or "output" in missing


@given(prices, consistent_calls(), st.integers(0, 1000), st.integers(0, 1000))
def test_a_reservation_is_never_short_in_any_service_tier(price, call, more_input, more_output):
    usage = call[0]
    tools = tool_calls(usage)
    bound = worst_case(price, usage.input_tokens + more_input, usage.output_tokens + more_output, tool_calls_max=tools)
    assert (price_usage(price, usage) or 0) <= bound


def test_what_was_used_without_a_price_is_named_and_never_costs_nothing():
    price = Price("x", input=UnitPrice(1), output=UnitPrice(2))
    usage = Usage(input_tokens=10, output_tokens=5, web_searches=1, file_searches=2, code_executions=3)
    assert price_usage(price, usage) is None
    assert unpriced(price, usage) == ("web_search", "file_search", "code_execution")
    assert [line[0] for line in lines(price, usage)] == ["input", "output"]
    assert unpriced(Price("x", input=UnitPrice(1)), Usage(1, 1)) == ("output",)
    assert unpriced(Price("x", output=UnitPrice(1)), Usage(1, 1)) == ("input",)


def test_a_service_tier_has_its_own_price_or_none():
    priority = Price("x", input=UnitPrice(2 * 10**9))
    price = Price("x", input=UnitPrice(10**9), service_tiers=(("priority", priority),))
    assert [price_usage(price, Usage(5, tier=tier)) for tier in ("", "default", "priority", "scale")] == [
        *(5, 5, 10, None)
    ]
    assert at_tier(price, "standard") is price
    assert unpriced(price, Usage(5, tier="scale")) == ("service_tier",)
    assert lines(price, Usage(5, tier="scale")) == ()
    assert worst_case(price, 5, 0) == 10


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
