"""Compiles models of the `genai-prices` package into entries of a price book. Slow to import; see genai.py.

A price is only given where every unit that a call may be charged by can be counted from its usage: a model that is
charged by the page or the hour is unpriced here, never priced as text.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Final

from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)
from msgspec import structs

from tollway.contract.policy import DatedPrice, NamedPrice, NameRule, Price, UnitPrice
from tollway.contract.usage import USUAL_TIERS
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.policy.price import is_priced

UNITS: Final = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cached_input_audio",
    "output_audio_mtok": "output_audio",
    "input_image_mtok": "input_image",
    "cache_image_read_mtok": "cached_input_image",
    "output_image_mtok": "output_image",
    "input_video_mtok": "input_video",
    "output_video_mtok": "output_video",
    "output_reasoning_mtok": "reasoning",
    "web_searches_kcount": "web_search",
    "storage_searches_kcount": "file_search",
    "code_executions_kcount": "code_execution",
    "requests_kcount": "request",
}
"""Units that usage counts, by the names of Price."""

TIER_WORDS: Final = ("processing", "service_tier", "speed")
"""Conditions of the list's variants that are service tiers; Usage.tier is their value. Others (which of an
aggregator's routes served) are not known of a call, which is charged by the usual price."""

SAME_PRICE_TIERS: Final = {"groq": ("flex",)}
"""Tiers that the list does not have because they cost the same. Groq: "Pricing matches the on-demand tier"
(https://console.groq.com/docs/flex-processing)."""

HOUR_OVER_INPUT: Final = {"anthropic": 2}
"""What a cache write that is kept an hour costs, in input tokens, where the list has no price of its own
(https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing)."""

ATTOS_PER_USD = 10**18


class ModelCompiler:
    """Turns the package's models into entries of a price book."""

    def __init__(self, kind: str, source: str) -> None:
        self._kind = kind
        self._source = source

    def compile_all(self, models: Iterable[ModelInfo]) -> tuple[NamedPrice, ...]:
        """Return the entries in order; what is not covered has no prices, so that no later entry takes its names."""
        return tuple(NamedPrice(build_rule(model.match), self.compile(model)) for model in models)

    def compile(self, model: ModelInfo) -> tuple[DatedPrice, ...]:
        """Return the model's prices, oldest first; () when it has none or a unit that we do not count."""
        if uncovered(model):
            return ()
        dated: list[DatedPrice] = []
        last: list[tuple[Price, tuple[int, int] | None]] = []
        for from_ns in (None, *_starts(model)):
            tiers = _tiers(model, from_ns)
            found = [(self._price(model.id, price, tiers), hours) for price, hours in _standards(model, from_ns)]
            if found != last:
                dated += [DatedPrice(from_ns, price, hours) for price, hours in found]
                last = found
        return tuple(dated) if any(is_priced(each.price) for each in dated) else ()

    def _price(self, model_id: str, price: ModelPrice, tiers: dict[str, dict[str, object]]) -> Price:
        standard = dict(_values(price))
        if not standard and model_id.endswith(":free"):
            # Elsewhere a list without prices says that they are not known, which is not zero.
            standard = {"input_mtok": Decimal(0), "output_mtok": Decimal(0)}
        usual = self._one_tier(standard)
        if not is_priced(usual):
            return usual
        for tier in SAME_PRICE_TIERS.get(self._kind, ()):
            tiers.setdefault(tier, {})
        others = ((tier, self._one_tier(standard | changes)) for tier, changes in sorted(tiers.items()))
        return structs.replace(usual, service_tiers=tuple(others))

    def _one_tier(self, values: dict[str, object]) -> Price:
        units = {UNITS[key]: _unit_price(key, value) for key, value in values.items()}
        times = HOUR_OVER_INPUT.get(self._kind)
        if times and "input" in units and "cache_write" in units:
            units.setdefault("cache_write_1h", _multiplied(units["input"], times))
        return structs.replace(Price(self._source), **units)


def build_rule(clause: object) -> NameRule:
    """Return one of the package's rules about names as ours. They compare in lower case, but for patterns."""
    match clause:
        case ClauseEquals(equals=text):
            return NameRule("equals", text.lower())
        case ClauseStartsWith(starts_with=text):
            return NameRule("starts_with", text.lower())
        case ClauseEndsWith(ends_with=text):
            return NameRule("ends_with", text.lower())
        case ClauseContains(contains=text):
            return NameRule("contains", text.lower())
        case ClauseRegex(regex=text):
            return NameRule("pattern", text)
        case ClauseOr(or_=clauses):
            return NameRule("any", "", tuple(build_rule(each) for each in clauses))
        case ClauseAnd(and_=clauses):
            return NameRule("all", "", tuple(build_rule(each) for each in clauses))
        case _:
            raise ValueError(f"{clause!r} is a rule that this program does not know")


def _starts(model: ModelInfo) -> list[int]:
    """Return the instants from which another price may hold."""
    constraints = [each.constraint for each in (*_conditional(model), *(model.price_variants or ()))]
    return sorted({_midnight(each) for each in constraints if isinstance(each, StartDateConstraint)})


def _standards(model: ModelInfo, at_ns: int | None) -> list[tuple[ModelPrice, tuple[int, int] | None]]:
    """Return the prices without a tier from an instant on, with their hours of the day.

    In both models the last price in force counts, and the first where none is.
    """
    if isinstance(model.prices, ModelPrice):
        return [(model.prices, None)]
    found: list[tuple[ModelPrice, tuple[int, int] | None]] = [(model.prices[0].prices, None)]
    for each in model.prices:
        if isinstance(each.constraint, TimeOfDateConstraint):
            hours = (_second_of_day(each.constraint.start_time), _second_of_day(each.constraint.end_time))
            found.append((each.prices, hours))
        elif _has_begun(each.constraint, at_ns):
            found = [(each.prices, None)]
    return found


def _tiers(model: ModelInfo, at_ns: int | None) -> dict[str, dict[str, object]]:
    """Return by service tier what it changes of the standard price; the first variant in force counts for each unit.

    A tier that depends on the hour of the day is left out, and so has no price.
    """
    found: dict[str, dict[str, object]] = {}
    for variant in model.price_variants or ():
        (word, tier), *more = variant.when.items()
        if more or word not in TIER_WORDS or tier in USUAL_TIERS or not _has_begun(variant.constraint, at_ns):
            continue
        changes = found.setdefault(tier, {})
        for key, value in _values(variant.prices):
            changes.setdefault(key, value)
    return found


def _has_begun(constraint: object, at_ns: int | None) -> bool:
    if isinstance(constraint, StartDateConstraint):
        return at_ns is not None and at_ns >= _midnight(constraint)
    return constraint is None


def _midnight(constraint: StartDateConstraint) -> int:
    return int(datetime.combine(constraint.start_date, time(), UTC).timestamp()) * NANOS_PER_SECOND


def _conditional(model: ModelInfo) -> Sequence[ConditionalPrice]:
    return () if isinstance(model.prices, ModelPrice) else model.prices


def _second_of_day(moment: time) -> int:
    if moment.tzinfo is not None:
        moment = datetime.combine(datetime(1970, 1, 2, tzinfo=UTC), moment).astimezone(UTC).time()
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _values(price: ModelPrice) -> Iterable[tuple[str, object]]:
    return ((key, value) for key, value in vars(price).items() if value is not None and not key.startswith("_"))


def uncovered(model: ModelInfo) -> set[str]:
    """Return the units of the list that usage does not count, by the list's names: the model is unpriced for them."""
    prices = [model.prices] if isinstance(model.prices, ModelPrice) else [each.prices for each in model.prices]
    prices += [variant.prices for variant in model.price_variants or ()]
    return {key for price in prices for key, _ in _values(price)} - UNITS.keys()


def _unit_price(key: str, value: object) -> UnitPrice:
    if isinstance(value, TieredPrices):
        tiers = tuple((tier.start, _attos(key, tier.price)) for tier in value.tiers)
        return UnitPrice(_attos(key, value.base), tiers)
    assert isinstance(value, Decimal), f"{key} is neither a price nor tiers"
    return UnitPrice(_attos(key, value))


def _multiplied(unit: UnitPrice, times: int) -> UnitPrice:
    return UnitPrice(unit.attos * times, tuple((above, attos * times) for above, attos in unit.tiers))


def _attos(key: str, usd: Decimal) -> int:
    """Return atto-USD of one unit. Some listed prices are quotients with 16 digits; they are rounded to the atto-USD,
    which changes a call of 1,000,000 tokens by less than a thousandth of a nano-USD."""
    per = 1_000 if key.endswith("_kcount") else 1_000_000
    return round(usd * ATTOS_PER_USD / per)
