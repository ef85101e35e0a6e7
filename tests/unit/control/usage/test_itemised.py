"""A call's lines are those of the price it was charged by, or none."""

from msgspec.structs import replace

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
from tollway.contract.records import CloseRecord
from tollway.contract.usage import Usage
from tollway.control.usage.itemised import Itemised, itemise
from tollway.kernel.money import ATTOS_PER_NANO

NANO = UnitPrice(ATTOS_PER_NANO)
LISTED = (DatedPrice(None, Price("list", input=NANO)), DatedPrice(500, Price("list", input=UnitPrice(2 * NANO.attos))))
OWN = (DatedPrice(None, Price("override", input=UnitPrice(3 * NANO.attos))),)
BOOK = PriceBook("openai", {"": (NamedPrice(NameRule("starts_with", "gpt"), LISTED),)})
MODELS = (
    ModelRecord("fast", (Candidate("other", "gpt"), Candidate("p", "gpt-4o", OWN))),
    ModelRecord("p/*", (Candidate("p", "*", price_book="openai"), Candidate("q", "*", OWN), Candidate("r", "*"))),
)
SNAPSHOT = Snapshot(VERSION, 1, 0, models=MODELS, price_books=(BOOK,))


def call(**fields: object) -> CloseRecord:
    record = CloseRecord("req_1", 100, 5, 200, "ok", "chat", usage=Usage(5), provider_id="p", price_source="list")
    return replace(record, **{"model": "gpt-4o", "upstream_model": "gpt-4o", "cost_nanos": 5, **fields})


def test_the_price_is_that_of_the_name_asked_for_else_of_the_catch_all_as_it_was_when_the_call_began() -> None:
    assert itemise(call(), SNAPSHOT).lines == (("input", 5, NANO.attos, 5 * NANO.attos),)
    assert itemise(call(started_ns=600, cost_nanos=10), SNAPSHOT).lines == (("input", 5, 2 * NANO.attos, 10**10),)
    assert itemise(call(model="fast", cost_nanos=15, price_source="override"), SNAPSHOT).lines is not None
    assert itemise(call(provider_id="q", cost_nanos=15, price_source="override"), SNAPSHOT).lines is not None


def test_lines_that_are_not_those_of_the_recorded_cost_are_not_shown() -> None:
    changed = [call(cost_nanos=6), call(price_source="override"), call(cost_nanos=None, price_source="")]
    gone = [call(provider_id="gone"), call(provider_id="r"), call(upstream_model="o1")]
    for record in (*changed, *gone):
        assert itemise(record, SNAPSHOT) == Itemised(None)


def test_what_had_no_price_is_named() -> None:
    found = itemise(call(usage=Usage(5, web_searches=1), cost_nanos=None), SNAPSHOT)
    assert (len(found.lines or ()), found.unpriced) == (1, ("web_search",))
    assert itemise(call(cost_nanos=0, price_source="", usage=Usage()), SNAPSHOT) == Itemised(())
