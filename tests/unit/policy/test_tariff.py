"""A Tariff says exactly what price.py says."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tollway.contract.policy import DatedPrice, Price, UnitPrice
from tollway.contract.usage import Usage
from tollway.policy.price import UNITS, price_at, price_usage, worst_case
from tollway.policy.tariff import DatedTariffs, build_tariff

COUNTS = st.integers(-5, 10**6) | st.sampled_from([2**40 - 1, 2**40, 2**40 + 1, 2**62])
ATTOS = st.integers(0, 10**15) | st.integers(0, 10**6).map(lambda nanos: nanos * 10**9)
UNIT_PRICES = st.none() | st.builds(
    UnitPrice, ATTOS, st.just(()) | st.tuples(st.tuples(st.integers(0, 1000), st.integers(0, 10**15)))
)
ONE_TIER = st.fixed_dictionaries(
    {"input": UNIT_PRICES, "output": UNIT_PRICES},
    optional=dict.fromkeys([name for name in UNITS if name not in ("input", "output")], UNIT_PRICES),
).map(lambda units: Price(source="t", **units))
PRICES = st.builds(
    lambda price, flex: price if flex is None else replace(price, service_tiers=(("flex", flex),)),
    ONE_TIER,
    st.none() | ONE_TIER,
)
USAGES = st.fixed_dictionaries(
    {"input_tokens": COUNTS, "output_tokens": COUNTS},
    optional={
        **{name: COUNTS for name in Usage.__struct_fields__[2:] if name not in ("is_estimated", "tier")},
        "tier": st.sampled_from(["flex", "default", "scale"]),
    },
).map(lambda counts: Usage(**counts))


@given(PRICES, USAGES)
def test_costs_are_those_of_the_price(price, usage):
    assert build_tariff(price).cost(usage) == price_usage(price, usage)


@given(PRICES, COUNTS, COUNTS)
def test_worst_cases_are_those_of_the_price(price, inputs, outputs):
    assert build_tariff(price).worst_case(inputs, outputs) == worst_case(price, inputs, outputs)


@given(st.lists(st.builds(DatedPrice, st.none() | st.integers(0, 100), PRICES), max_size=3), st.integers(0, 200))
def test_the_tariff_in_force_is_the_price_in_force(dated, now_ns):
    tariff, price = DatedTariffs(dated).at(now_ns), price_at(dated, now_ns)
    assert (None if tariff is None else tariff.price) == price
