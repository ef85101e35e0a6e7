"""Compiles the `genai-prices` package (https://github.com/pydantic/genai-prices) into our prices.

A price is only given where every unit that a call may be charged by can be counted from its usage: a model
whose answers may hold images priced apart from text is unpriced here, never priced as text. Nor is a name
looked up at any provider but the one that is asked, since the same model costs differently elsewhere.

The package takes 0.5 s to import; only the console does so, and not before prices are asked for.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import msgspec

from tollway.contract.policy import DatedPrice, Price, UnitPrice
from tollway.control.upstreams.ports import PriceList
from tollway.kernel.clock import NANOS_PER_SECOND

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

PROVIDERS: Final = {
    "openai": "openai",
    "groq": "groq",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "openrouter": "openrouter",
    "cerebras": "cerebras",
    "zai": "zai",
    "anthropic": "anthropic",
    "gemini": "google",
}
"""Our kinds, and whose price list each is charged by. Other kinds (`ollama`, `openai-compatible`) have none."""

HUGGINGFACE: Final = "huggingface"
"""Its router is priced by the provider that serves the call, which a model's name may end in: `org/model:groq`."""

UNITS: Final = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cached_input_audio",
    "output_audio_mtok": "output_audio",
    "web_searches_kcount": "web_search",
    "requests_kcount": "request",
}
"""Units that usage counts, by the names of Price."""

LEFT_OUT: Final = {
    # Charged only for calls that ask for what the gateway does not account yet; the rest of the price holds.
    "storage_searches_kcount": "searches in a vendor's file store",
    "cache_write_1h_mtok": "cache writes that are kept an hour, charged as ordinary cache writes",
}

ATTOS_PER_USD = 10**18


class ModelFacts(msgspec.Struct, frozen=True):
    """What is known of a model beside its price; None means not known."""

    name: str
    context_tokens: int | None
    output_tokens_max: int | None


class GenaiPriceList:
    """The bundled price list. Loaded at the first question; safe to share between threads after it."""

    def find_prices(self, kind: str, model: str) -> tuple[DatedPrice, ...]:
        """Return the model's prices at this kind of provider, oldest first; () when it is unpriced."""
        provider_id, name = _place(kind, model)
        provider = self._providers.get(provider_id)
        # Without `all_providers` the package does not fall back to another vendor's list.
        found = provider.find_model(name) if provider else None
        return self._compile(found) if found else ()

    def list_models(self, kind: str) -> Sequence[str]:
        """Return the names of the models this kind of provider is known to offer; () when nothing is known."""
        return [facts.name for facts in self.list_facts(kind)]

    def list_facts(self, kind: str) -> Sequence[ModelFacts]:
        """Return what is known of those models. The package does not state the most output a model gives."""
        provider = self._providers.get(PROVIDERS.get(kind, ""))
        if provider is None:
            return ()
        return [ModelFacts(model.id, model.context_window, None) for model in provider.models if not model.deprecated]

    def list_uncovered(self, kind: str) -> dict[str, tuple[str, ...]]:
        """Return the models that are unpriced because of units we do not count, with those units."""
        provider = self._providers.get(PROVIDERS.get(kind, ""))
        models = provider.models if provider else ()
        found = {model.id: tuple(sorted(_uncovered(model))) for model in models}
        return {name: units for name, units in found.items() if units}

    @cached_property
    def _providers(self) -> "dict[str, Provider]":
        from genai_prices.data_snapshot import get_snapshot

        return {provider.id: provider for provider in get_snapshot().providers}

    @cached_property
    def _source(self) -> str:
        return f"genai-prices {version('genai-prices')}"

    def _compile(self, model: "ModelInfo") -> tuple[DatedPrice, ...]:
        if _uncovered(model):
            return ()
        dated: list[DatedPrice] = []
        for price, from_ns, day_seconds in _conditions(model):
            dated.append(DatedPrice(from_ns, self._price(model.id, price), day_seconds))
        return tuple(dated) if any(_has_price(each.price) for each in dated) else ()

    def _price(self, model_id: str, price: "ModelPrice") -> Price:
        units = {UNITS[key]: _unit_price(key, value) for key, value in _values(price) if key in UNITS}
        if not units and model_id.endswith(":free"):
            # Elsewhere a list without prices says that they are not known, which is not zero.
            units = {"input": UnitPrice(0), "output": UnitPrice(0)}
        return Price(self._source, **units)


def _place(kind: str, model: str) -> tuple[str, str]:
    """Return the price list to look in and the name to look for."""
    if kind == HUGGINGFACE:
        name, _, served_by = model.rpartition(":")
        return (f"huggingface_{served_by}", name) if name else ("", model)
    return PROVIDERS.get(kind, ""), model


def _conditions(model: "ModelInfo") -> "Iterable[tuple[ModelPrice, int | None, tuple[int, int] | None]]":
    """Yield each price with the instant from which and the seconds of the day in which it holds.

    In both models the last price in force counts, so their order is kept.
    """
    from genai_prices.types import ModelPrice, StartDateConstraint, TimeOfDateConstraint

    if isinstance(model.prices, ModelPrice):
        yield model.prices, None, None
        return
    for conditional in model.prices:
        constraint = conditional.constraint
        if isinstance(constraint, StartDateConstraint):
            midnight = datetime.combine(constraint.start_date, time(), UTC)
            yield conditional.prices, int(midnight.timestamp()) * NANOS_PER_SECOND, None
        elif isinstance(constraint, TimeOfDateConstraint):
            hours = (_second_of_day(constraint.start_time), _second_of_day(constraint.end_time))
            yield conditional.prices, None, hours
        else:
            yield conditional.prices, None, None


def _second_of_day(moment: time) -> int:
    if moment.tzinfo is not None:
        moment = datetime.combine(datetime(1970, 1, 2, tzinfo=UTC), moment).astimezone(UTC).time()
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _values(price: "ModelPrice") -> Iterable[tuple[str, object]]:
    return ((key, value) for key, value in vars(price).items() if value is not None and not key.startswith("_"))


def _uncovered(model: "ModelInfo") -> set[str]:
    keys = {key for price, _, _ in _conditions(model) for key, _ in _values(price)}
    return keys - UNITS.keys() - LEFT_OUT.keys()


def _unit_price(key: str, value: object) -> UnitPrice:
    from genai_prices.types import TieredPrices

    if isinstance(value, TieredPrices):
        tiers = tuple((tier.start, _attos(key, tier.price)) for tier in value.tiers)
        return UnitPrice(_attos(key, value.base), tiers)
    assert isinstance(value, Decimal), f"{key} is neither a price nor tiers"
    return UnitPrice(_attos(key, value))


def _attos(key: str, usd: Decimal) -> int:
    """Return atto-USD of one unit. Some listed prices are quotients with 16 digits; they are rounded to the atto-USD,
    which changes a call of 1,000,000 tokens by less than a thousandth of a nano-USD."""
    per = 1_000 if key.endswith("_kcount") else 1_000_000
    return round(usd * ATTOS_PER_USD / per)


def _has_price(price: Price) -> bool:
    return any(getattr(price, name) is not None for name in UNITS.values())


_: type[PriceList] = GenaiPriceList
