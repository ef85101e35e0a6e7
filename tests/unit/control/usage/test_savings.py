"""What cached prompts saved, by the prices of the names that were asked for."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.ledger_api import UsageRow
from tollway.contract.policy import (
    VERSION,
    Candidate,
    DatedPrice,
    ModelRecord,
    NamedPrice,
    NameRule,
    Price,
    PriceBook,
    Snapshot,
    UnitPrice,
)
from tollway.control.usage.savings import Savings, sum_savings
from tollway.kernel.money import ATTOS_PER_NANO

NOW_NS = 1_000


def prices(source: str, whole: int | None, cached: int | None) -> tuple[DatedPrice, ...]:
    """Prices in nano-USD a token."""
    units = [None if nanos is None else UnitPrice(nanos * ATTOS_PER_NANO) for nanos in (whole, cached)]
    return (DatedPrice(None, Price(source, input=units[0], cached_input=units[1], output=UnitPrice(1))),)


BOOK = PriceBook("vendor", {"": (NamedPrice(NameRule("starts_with", "gpt"), prices("list", 10, 4)),)})
MODELS = (
    ModelRecord("fast", (Candidate("p", "gpt-4o", prices("own", 8, 2)), Candidate("q", "x", prices("own", 5, None)))),
    ModelRecord("dear", (Candidate("p", "dear-1", prices("own", 3, 7)),)),
    ModelRecord("free", (Candidate("p", "free-1"), Candidate("q", "free-2", prices("own", None, 1)))),
    ModelRecord("p/*", (Candidate("p", "*", price_book="vendor"),)),
    ModelRecord("*", (Candidate("r", "*", prices("own", 6, 1)), Candidate("s", "*", price_book="gone"))),
)
SNAPSHOT = Snapshot(VERSION, 1, 0, models=MODELS, price_books=(BOOK,))


def row(model: str, provider: str, cached: int) -> UsageRow:
    return UsageRow((model, provider), None, 1, 0, 0, 0, 9, 9, cached, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def saved(model: str, provider: str, cached: int = 100) -> Savings:
    return sum_savings([row(model, provider, cached)], SNAPSHOT, NOW_NS)


def test_the_difference_counts_at_the_price_of_the_provider_that_answered() -> None:
    assert saved("fast", "p") == Savings(600, 100, 0)
    assert saved("fast", "q") == Savings(0, 100, 0), "a model without a price for cached input charges it in full"
    assert saved("dear", "p") == Savings(-400, 100, 0)


def test_names_that_only_the_catch_all_serves_are_priced_by_the_vendors_list() -> None:
    assert saved("gpt-9", "p") == saved("p/gpt-9", "p") == Savings(600, 100, 0)
    assert saved("anything", "r") == Savings(500, 100, 0)


def test_what_has_no_known_price_is_said_and_saves_nothing() -> None:
    for model, provider in (("free", "p"), ("free", "q"), ("o1", "p"), ("any", "s"), ("any", "gone")):
        assert saved(model, provider) == Savings(0, 100, 100), (model, provider)


def test_a_price_that_has_not_begun_is_not_known() -> None:
    later = Candidate("p", "m", tuple(DatedPrice(NOW_NS + 1, each.price) for each in prices("own", 8, 2)))
    snapshot = Snapshot(VERSION, 1, 0, models=(ModelRecord("m", (later,)),))
    assert sum_savings([row("m", "p", 5)], snapshot, NOW_NS) == Savings(0, 5, 5)
    assert sum_savings([row("m", "p", 5)], snapshot, NOW_NS + 1) == Savings(30, 5, 0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["fast", "dear", "gpt-1", "none"]), st.sampled_from("pqrs"), st.integers(0, 10**12))
    )
)
def test_the_sum_is_that_of_its_rows(wanted: list[tuple[str, str, int]]) -> None:
    parts = [saved(*each) for each in wanted]
    assert sum_savings([row(*each) for each in wanted], SNAPSHOT, NOW_NS) == Savings(
        sum(part.saved_nanos for part in parts),
        sum(part.cached_tokens for part in parts),
        sum(part.unpriced_tokens for part in parts),
    )
