"""A price made ready for the hot path: the usual sums worked out once, the rest left to price.py.

Law: a Tariff never says anything else than price.py does; `test_tariff.py` compares them over all shapes.
"""

from collections.abc import Sequence

import msgspec

from tollway.contract.policy import DatedPrice, Price, PriceBook
from tollway.contract.usage import USUAL_TIERS, Usage
from tollway.kernel.money import ATTOS_PER_NANO, NANOS_MAX, round_half_even, round_up
from tollway.policy.price import (
    INPUT_UNITS,
    OUTPUT_UNITS,
    dearest,
    is_priced,
    price_at,
    price_usage,
    worst_case,
)
from tollway.policy.price_book import PricesByName

_PLAIN_BITS = 40
"""Counts of so many bits, none of them negative, need no care about the largest amount: a negative one leaves something
when its lower bits are cut off.
"""

_UNUSUAL = ("request", "input_image", "input_video", "output_image", "output_video", "reasoning")
"""Units whose counts `cost` does not look at."""


class Tariff(msgspec.Struct, frozen=True, gc=False):
    """One price.

    `is_flat`: input and output have one price each, and nothing is charged beside them that `cost` does not look at.
    `is_level`: the worst case is a sum of two products.
    `is_whole`: what one token costs are whole nano-USD, so that nothing has to be rounded; else they are atto-USD.
    """

    price: Price
    is_flat: bool
    is_level: bool
    is_whole: bool
    input: int
    output: int
    dearest_input: int
    dearest_output: int

    def cost(self, usage: Usage) -> int | None:
        """Return `price_usage`: nano-USD, rounded half-even once; None when something used has no price."""
        inputs, outputs = usage.input_tokens, usage.output_tokens
        if (
            not self.is_flat
            or usage.cached_input_tokens
            or usage.cache_write_tokens
            or usage.input_audio_tokens
            or usage.output_audio_tokens
            or usage.web_searches
            or usage.file_searches
            or usage.code_executions
            or (inputs | outputs) >> _PLAIN_BITS
            or (usage.tier and usage.tier not in USUAL_TIERS)
        ):
            return price_usage(self.price, usage)
        cost = inputs * self.input + outputs * self.output
        nanos = cost if self.is_whole else round_half_even(cost)
        return nanos if nanos < NANOS_MAX else NANOS_MAX

    def worst_case(self, input_tokens_max: int, output_tokens_max: int) -> int:
        """Return `worst_case`: nano-USD, rounded up."""
        if not self.is_level or (input_tokens_max | output_tokens_max) >> _PLAIN_BITS:
            return worst_case(self.price, input_tokens_max, output_tokens_max)
        cost = input_tokens_max * self.dearest_input + output_tokens_max * self.dearest_output
        nanos = cost if self.is_whole else round_up(cost)
        return nanos if nanos < NANOS_MAX else NANOS_MAX


class DatedTariffs:
    """All the prices of one candidate over time."""

    __slots__ = ("_always", "_dated", "_tariffs")

    def __init__(self, dated: Sequence[DatedPrice]) -> None:
        self._dated = tuple(dated)
        self._tariffs = {id(item.price): build_tariff(item.price) for item in self._dated}
        self._always: Tariff | None = None
        if len(self._dated) == 1 and self._dated[0].from_ns is None and self._dated[0].day_seconds is None:
            price = self._dated[0].price
            self._always = self._tariffs[id(price)] if is_priced(price) else None

    @property
    def is_steady(self) -> bool:
        """Whether `at` says the same at all times."""
        return self._always is not None or not self._dated

    def at(self, now_ns: int) -> Tariff | None:
        """Return the tariff in force; None means unpriced."""
        if self._always is not None or not self._dated:
            return self._always
        price = price_at(self._dated, now_ns)
        return None if price is None else self._tariffs[id(price)]


class TariffsByName:
    """The tariffs of a price book, made when a name first needs them."""

    __slots__ = ("_names", "_tariffs")

    def __init__(self, book: PriceBook) -> None:
        self._names = PricesByName(book)
        self._tariffs: dict[int, DatedTariffs] = {}

    def find(self, name: str) -> DatedTariffs:
        """Return the tariffs of a model's name; UNPRICED when the book has none."""
        entry = self._names.find(name)
        if entry is None:
            return UNPRICED
        found = self._tariffs.get(id(entry))
        if found is None:
            found = self._tariffs[id(entry)] = DatedTariffs(entry.prices)
        return found


UNPRICED = DatedTariffs(())


def build_tariff(price: Price) -> Tariff:
    """Work out the sums of one price."""
    totals = (price.input, price.output)
    prices = (price, *(other for _, other in price.service_tiers))
    tokens = [getattr(each, name) for each in prices for name in (*INPUT_UNITS, *OUTPUT_UNITS)]
    plain = [0 if unit is None else unit.attos for unit in totals]
    attos = [*plain, dearest(price, INPUT_UNITS, 0), dearest(price, OUTPUT_UNITS, 0)]
    is_whole = not any(each % ATTOS_PER_NANO for each in attos)
    inputs, outputs, dearest_input, dearest_output = [each // ATTOS_PER_NANO if is_whole else each for each in attos]
    return Tariff(
        price=price,
        is_flat=all(unit is not None and not unit.tiers for unit in totals)
        and all(getattr(price, name) is None for name in _UNUSUAL),
        is_level=not any(unit is not None and unit.tiers for unit in tokens)
        and all(each.request is None for each in prices),
        is_whole=is_whole,
        input=inputs,
        output=outputs,
        dearest_input=dearest_input,
        dearest_output=dearest_output,
    )
