"""Models a provider offers, and the exact prices of overrides."""

import pytest

from tollway.contract.policy import UnitPrice
from tollway.control.faults import Faults
from tollway.control.upstreams.model import ModelOffer, PriceOverride
from tollway.control.upstreams.offers import build_price, canonical_offers, check_offers, check_priority


def test_override_is_exact() -> None:
    price = build_price(PriceOverride("2.50", "10", "0.000000000001", request_usd="0.01")).price
    units = (price.input, price.output, price.cached_input, price.request)
    assert [unit and unit.attos for unit in units] == [2_500_000_000_000, 10**13, 1, 10**16]
    assert (price.source, price.cache_write) == ("override", None)


def test_a_price_of_the_call_alone_is_all_that_it_costs() -> None:
    price = build_price(PriceOverride(request_usd="0.01")).price
    assert (price.input, price.output) == (UnitPrice(0), UnitPrice(0))
    assert build_price(PriceOverride()).price.input is None
    assert build_price(PriceOverride("1", request_usd="0.01")).price.output is None


@pytest.mark.parametrize(
    ("offer", "path"),
    [
        (ModelOffer(""), "/models/0"),
        (ModelOffer("a b"), "/models/0"),
        (ModelOffer("gpt-*"), "/models/0"),
        (ModelOffer("*", "x"), "/models/0/upstream_model"),
        (ModelOffer("m", priority=-1), "/models/0/priority"),
        (ModelOffer("m", price=PriceOverride("-1")), "/models/0/price/input_usd_per_million"),
        (ModelOffer("m", price=PriceOverride(output_usd_per_million="NaN")), "/models/0/price/output_usd_per_million"),
        (ModelOffer("m", price=PriceOverride(request_usd="9e99")), "/models/0/price/request_usd"),
    ],
)
def test_faults_name_their_place(offer: ModelOffer, path: str) -> None:
    faults = Faults()
    check_offers((offer,), faults)
    assert [fault.path for fault in faults.found] == [path]


def test_a_name_is_offered_once() -> None:
    faults = Faults()
    check_offers((ModelOffer("m"), ModelOffer("m", "n")), faults)
    assert [fault.path for fault in faults.found] == ["/models/1"]


def test_prices_have_one_spelling() -> None:
    offers = canonical_offers((ModelOffer("m", price=PriceOverride("2.50", "100", "0.0")), ModelOffer("n")))
    assert offers == (ModelOffer("m", price=PriceOverride("2.5", "100", "0")), ModelOffer("n"))


def test_priority_is_bounded() -> None:
    faults = Faults()
    check_priority("/priority", 0, faults)
    check_priority("/priority", 1_000_001, faults)
    assert len(faults.found) == 1
