"""Models of the package become dated prices, whatever their conditions are."""

from datetime import date, time
from decimal import Decimal

import pytest
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from tollway.adapters.prices.models import ModelCompiler, build_rule, uncovered
from tollway.contract.policy import UnitPrice
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.policy.price import price_at

DAY_NS = 86_400 * NANOS_PER_SECOND
HALF = UnitPrice(500_000_000_000)
ONE, TWO = UnitPrice(1_000_000_000_000), UnitPrice(2_000_000_000_000)


def compile_(prices, variants=None, kind="openai", name="m"):
    model = ModelInfo(id=name, match=ClauseEquals(name), prices=prices, price_variants=variants)
    return ModelCompiler(kind, "test").compile(model)


def usd(text):
    return ModelPrice(input_mtok=Decimal(text))


def from_day(day, prices):
    return ConditionalPrice(StartDateConstraint(date(1970, 1, day)), prices=prices)


def test_the_first_price_holds_where_no_condition_does():
    dated = compile_([from_day(3, usd("1")), from_day(5, usd("2"))])
    assert [price_at(dated, day * DAY_NS).input for day in (0, 2, 3, 4, 9)] == [ONE, ONE, ONE, TWO, TWO]


def test_a_tier_has_a_price_from_the_day_on_that_its_variant_begins():
    flex = PriceVariant({"service_tier": "flex"}, usd("0.5"), StartDateConstraint(date(1970, 1, 4)))
    again = PriceVariant({"service_tier": "flex"}, usd("7"))
    default = PriceVariant({"service_tier": "default"}, ModelPrice())
    route = PriceVariant({"route": "eu"}, usd("9"))
    before, after = compile_(usd("1"), [flex, again, default, route])
    assert before.from_ns is None and after.from_ns == 3 * DAY_NS
    assert [name for name, _ in before.price.service_tiers] == ["flex"]
    assert before.price.service_tiers[0][1].input == UnitPrice(7_000_000_000_000)
    assert after.price.service_tiers[0][1].input == HALF, "the first variant in force counts"


def test_a_tier_by_the_hour_has_no_price():
    hours = TimeOfDateConstraint(time(1), time(2))
    (dated,) = compile_(usd("1"), [PriceVariant({"service_tier": "flex"}, usd("2"), hours)])
    assert dated.price.service_tiers == ()


def test_prices_by_the_hour_come_after_the_one_of_the_rest_of_the_day():
    hours = ConditionalPrice(TimeOfDateConstraint(time(1), time(2)), prices=usd("2"))
    dated = compile_([ConditionalPrice(prices=usd("1")), hours])
    assert [each.day_seconds for each in dated] == [None, (3600, 7200)]


def test_an_hours_cache_write_of_anthropic_costs_twice_the_input_where_the_list_has_no_price():
    tiered = TieredPrices(Decimal("1"), [Tier(200_000, Decimal("2"))])
    price = ModelPrice(input_mtok=tiered, cache_write_mtok=Decimal("1.25"))
    (dated,) = compile_(price, kind="anthropic")
    assert dated.price.cache_write_1h == UnitPrice(TWO.attos, ((200_000, 2 * TWO.attos),))
    assert compile_(price)[0].price.cache_write_1h is None
    listed = ModelPrice(input_mtok=tiered, cache_write_mtok=Decimal("1.25"), cache_write_1h_mtok=Decimal("0.5"))
    assert compile_(listed, kind="anthropic")[0].price.cache_write_1h == HALF
    assert compile_(usd("1"), kind="anthropic")[0].price.cache_write_1h is None, "it writes no cache"


def test_a_unit_that_usage_does_not_count_leaves_the_model_unpriced_also_in_a_tier():
    pages = ModelPrice(input_document_kpages=Decimal("1"))
    model = ModelInfo("m", ClauseEquals("m"), prices=usd("1"), price_variants=[PriceVariant({"speed": "fast"}, pages)])
    assert uncovered(model) == {"input_document_kpages"}
    assert ModelCompiler("openai", "test").compile(model) == ()


def test_a_free_offer_costs_nothing_and_no_price_is_none():
    assert compile_(ModelPrice(), name="m:free")[0].price.input == UnitPrice(0)
    assert compile_(ModelPrice()) == ()


def test_rules_are_read_whole_and_none_is_guessed():
    rule = build_rule(ClauseAnd([ClauseContains("A"), ClauseEndsWith("b")]))
    assert [(each.test, each.text) for each in rule.rules] == [("contains", "a"), ("ends_with", "b")]
    with pytest.raises(ValueError, match="does not know"):
        build_rule(object())
