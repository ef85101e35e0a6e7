"""What a call's cost is made of: units, counts and prices, worked out again from the prices in force when it began.

Law: lines are only shown when they add up to the very cost that was recorded; after a change of the prices there are
none, never other ones. Pure.
"""

from dataclasses import dataclass

from tollway.contract.policy import Candidate, DatedPrice, Price, Snapshot
from tollway.contract.records import CloseRecord
from tollway.policy.price import Line, lines, price_at, price_usage, unpriced
from tollway.policy.price_book import PricesByName


@dataclass(frozen=True, slots=True)
class Itemised:
    """`lines` None: the price is not known, or not any more. `unpriced`: units that were used and have no price."""

    lines: tuple[Line, ...] | None
    unpriced: tuple[str, ...] = ()


def itemise(call: CloseRecord, snapshot: Snapshot) -> Itemised:
    """Return the lines of a call's cost."""
    if call.cost_nanos == 0 and not call.price_source:
        return Itemised(())
    price = _find_price(call, snapshot)
    if price is None or price.source != call.price_source or price_usage(price, call.usage) != call.cost_nanos:
        return Itemised(None)
    return Itemised(lines(price, call.usage), unpriced(price, call.usage))


def _find_price(call: CloseRecord, snapshot: Snapshot) -> Price | None:
    found = _find_prices(call, snapshot)
    return price_at(found, call.started_ns) if found else None


def _find_prices(call: CloseRecord, snapshot: Snapshot) -> tuple[DatedPrice, ...]:
    """Return the prices of the candidate that answered: of the name that was asked for, else of the catch-all."""
    for record in snapshot.models:
        if record.name == call.model:
            for candidate in record.candidates:
                if (candidate.provider_id, candidate.upstream_model) == (call.provider_id, call.upstream_model):
                    return candidate.prices
    for record in snapshot.models:
        for candidate in record.candidates:
            if (candidate.provider_id, candidate.upstream_model) == (call.provider_id, "*"):
                return candidate.prices or _listed(candidate, call.upstream_model, snapshot)
    return ()


def _listed(candidate: Candidate, name: str, snapshot: Snapshot) -> tuple[DatedPrice, ...]:
    book = next((book for book in snapshot.price_books if book.id == candidate.price_book), None)
    entry = PricesByName(book).find(name) if book else None
    return entry.prices if entry else ()
