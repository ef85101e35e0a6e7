"""What cached prompts saved: the difference between the price of input and of cached input, over what was cached.

An estimate, and said as one: at the prices of now, of the size of prompt that costs least, by the name that callers
asked for. Sums know neither the upstream's name of a model nor when within the range a price changed. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tollway.contract.ledger_api import UsageRow
from tollway.contract.policy import Candidate, DatedPrice, Price, Snapshot
from tollway.kernel.money import round_half_even
from tollway.policy.price import price_at
from tollway.policy.price_book import PricesByName


@dataclass(frozen=True, slots=True)
class Savings:
    """`cached_tokens` are all that were cached; `unpriced_tokens` those of them whose price is not known."""

    saved_nanos: int
    cached_tokens: int
    unpriced_tokens: int


def sum_savings(rows: Iterable[UsageRow], snapshot: Snapshot, now_ns: int) -> Savings:
    """Add up rows that are grouped by model and provider, in this order. A model's cached input may cost more: < 0."""
    prices = _Prices(snapshot)
    attos = cached = unpriced = 0
    for row in rows:
        count = row.cached_input_tokens
        if count <= 0:
            continue
        cached += count
        price = prices.find(row.keys[0], row.keys[1], now_ns)
        if price is None or price.input is None:
            unpriced += count
        elif price.cached_input is not None:
            attos += count * (price.input.attos - price.cached_input.attos)
    return Savings(round_half_even(attos), cached, unpriced)


class _Prices:
    """Prices by the name asked for and the provider; each price list is compiled at most once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._models = {record.name: record.candidates for record in snapshot.models}
        self._catch_alls = {
            candidate.provider_id: candidate
            for record in snapshot.models
            for candidate in record.candidates
            if candidate.upstream_model == "*"
        }
        self._books = {book.id: book for book in snapshot.price_books}
        self._lists: dict[str, PricesByName] = {}

    def find(self, model: str, provider_id: str, now_ns: int) -> Price | None:
        """Return the price of the provider's first candidate under that name, else of its catch-all."""
        for candidate in self._models.get(model, ()):
            if candidate.provider_id == provider_id and candidate.upstream_model != "*":
                return price_at(candidate.prices, now_ns)
        catch_all = self._catch_alls.get(provider_id)
        if catch_all is None:
            return None
        return price_at(catch_all.prices or self._listed(catch_all, model), now_ns)

    def _listed(self, candidate: Candidate, model: str) -> tuple[DatedPrice, ...]:
        """Return the listed prices of a name, which callers may qualify by the provider: `groq/llama`."""
        book = self._books.get(candidate.price_book)
        if book is None:
            return ()
        prices = self._lists.setdefault(book.id, PricesByName(book))
        entry = prices.find(model) or prices.find(model.partition("/")[2])
        return entry.prices if entry else ()
