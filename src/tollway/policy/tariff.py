"""A price made ready for the hot path: the usual sums worked out once, the rest left to price.py.

Law: a Tariff never says anything else than price.py does; `test_tariff.py` compares them over all shapes.
"""

from collections.abc import Sequence

import msgspec

from tollway.contract.policy import DatedPrice, Price
from tollway.contract.usage import Usage
from tollway.kernel.money import NANOS_MAX, round_half_even, round_up
from tollway.policy.price import is_priced, price_at, price_usage, worst_case

_PLAIN_MAX = 2**40
"""Counts up to this need no care about the largest amount."""


class Tariff(msgspec.Struct, frozen=True, gc=False):
    """One price. `is_flat`: no tiers, and nothing but input and output has a price beside the details below."""

    price: Price
    is_flat: bool
    input_attos: int
    output_attos: int
    dearest_input_attos: int
    dearest_output_attos: int

    def cost(self, usage: Usage) -> int:
        """Return `price_usage`: nano-USD, rounded half-even once."""
        inputs, outputs = usage.input_tokens, usage.output_tokens
        if (
            self.is_flat
            and not (usage.cached_input_tokens or usage.cache_write_tokens or usage.input_audio_tokens)
            and not usage.output_audio_tokens
            and 0 <= inputs <= _PLAIN_MAX
            and 0 <= outputs <= _PLAIN_MAX
        ):
            return min(round_half_even(inputs * self.input_attos + outputs * self.output_attos), NANOS_MAX)
        return price_usage(self.price, usage)

    def worst_case(self, input_tokens_max: int, output_tokens_max: int) -> int:
        """Return `worst_case`: nano-USD, rounded up."""
        if self.is_flat and 0 <= input_tokens_max <= _PLAIN_MAX and 0 <= output_tokens_max <= _PLAIN_MAX:
            attos = input_tokens_max * self.dearest_input_attos + output_tokens_max * self.dearest_output_attos
            return min(round_up(attos), NANOS_MAX)
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

    def at(self, now_ns: int) -> Tariff | None:
        """Return the tariff in force; None means unpriced."""
        if self._always is not None or not self._dated:
            return self._always
        price = price_at(self._dated, now_ns)
        return None if price is None else self._tariffs[id(price)]


def build_tariff(price: Price) -> Tariff:
    """Work out the sums of one price."""
    inputs = [u for u in (price.input, price.cached_input, price.cache_write, price.input_audio) if u is not None]
    if price.cached_input_audio is not None:
        inputs.append(price.cached_input_audio)
    outputs = [unit for unit in (price.output, price.output_audio) if unit is not None]
    others = (price.request, price.web_search)
    return Tariff(
        price=price,
        is_flat=not any(unit.tiers for unit in (*inputs, *outputs)) and others == (None, None),
        input_attos=price.input.attos if price.input is not None else 0,
        output_attos=price.output.attos if price.output is not None else 0,
        dearest_input_attos=max((unit.attos for unit in inputs), default=0),
        dearest_output_attos=max((unit.attos for unit in outputs), default=0),
    )
