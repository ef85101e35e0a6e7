"""A price made ready for the hot path: the usual sums worked out once, the rest left to price.py.

Law: a Tariff never says anything else than price.py does; `test_tariff.py` compares them over all shapes.
"""

from collections.abc import Sequence

import msgspec

from tollway.contract.policy import DatedPrice, Price, PriceBook
from tollway.contract.usage import USUAL_TIERS, Usage
from tollway.kernel.money import NANOS_MAX, round_half_even, round_up
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

_PLAIN_MAX = 2**40
"""Counts up to this need no care about the largest amount."""

_UNUSUAL = ("request", "input_image", "input_video", "output_image", "output_video", "reasoning")
"""Units whose counts `cost` does not look at."""


class Tariff(msgspec.Struct, frozen=True, gc=False):
    """One price.

    `is_flat`: input and output have one price each, and nothing is charged beside them that `cost` does not look at.
    `is_level`: the worst case is a sum of two products.
    """

    price: Price
    is_flat: bool
    is_level: bool
    input_attos: int
    output_attos: int
    dearest_input_attos: int
    dearest_output_attos: int

    def cost(self, usage: Usage) -> int | None:
        """Return `price_usage`: nano-USD, rounded half-even once; None when something used has no price."""
        inputs, outputs = usage.input_tokens, usage.output_tokens
        if (
            self.is_flat
            and not (usage.cached_input_tokens or usage.cache_write_tokens or usage.input_audio_tokens)
            and usage.tier in USUAL_TIERS
            and not (usage.output_audio_tokens or usage.web_searches)
            and not (usage.file_searches or usage.code_executions)
            and 0 <= inputs <= _PLAIN_MAX
            and 0 <= outputs <= _PLAIN_MAX
        ):
            nanos = round_half_even(inputs * self.input_attos + outputs * self.output_attos)
            return nanos if nanos < NANOS_MAX else NANOS_MAX
        return price_usage(self.price, usage)

    def worst_case(self, input_tokens_max: int, output_tokens_max: int) -> int:
        """Return `worst_case`: nano-USD, rounded up."""
        if self.is_level and 0 <= input_tokens_max <= _PLAIN_MAX and 0 <= output_tokens_max <= _PLAIN_MAX:
            attos = input_tokens_max * self.dearest_input_attos + output_tokens_max * self.dearest_output_attos
            nanos = round_up(attos)
            return nanos if nanos < NANOS_MAX else NANOS_MAX
        return worst_case(self.price, input_tokens_max, output_tokens_max)


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
    return Tariff(
        price=price,
        is_flat=all(unit is not None and not unit.tiers for unit in totals)
        and all(getattr(price, name) is None for name in _UNUSUAL),
        is_level=not any(unit is not None and unit.tiers for unit in tokens)
        and all(each.request is None for each in prices),
        input_attos=price.input.attos if price.input is not None else 0,
        output_attos=price.output.attos if price.output is not None else 0,
        dearest_input_attos=dearest(price, INPUT_UNITS, 0),
        dearest_output_attos=dearest(price, OUTPUT_UNITS, 0),
    )
