"""Limits as people state them; the compiled form with ids is `contract.limits.Limits`."""

from dataclasses import dataclass
from typing import Literal

from tollway.contract.limits import Limits, Measure, Period, UnboundedOutput

ALERT_PERCENTS = (80, 100)
BudgetUnit = Literal["cost", "total_tokens"]


@dataclass(frozen=True, slots=True)
class RequestRule:
    """At most `requests` calls in any `window_seconds`, sliding: the short form of a LimitRule."""

    name: str
    requests: int
    window_seconds: int


@dataclass(frozen=True, slots=True)
class LimitRule:
    """At most `amount` of a measure (calls, tokens, nano-USD, bytes) in a window, or calls in flight.

    The window slides over `window_seconds`, or is a calendar `period` of the IANA zone `zone`; `concurrency` has
    neither. `is_soft`: counted and told of, never refused. `models`: counts only calls for these (names or patterns
    with `*`); empty means all calls.
    """

    name: str
    measure: Measure
    amount: int
    window_seconds: int = 0
    period: Period | None = None
    zone: str = "UTC"
    is_soft: bool = False
    alert_percents: tuple[int, ...] = ALERT_PERCENTS
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """At most `amount` (nano-USD, or tokens) in each calendar period of `zone`, or in any `window_seconds`.

    The period `total` never ends. The other fields are those of a LimitRule.
    """

    name: str
    amount: int
    period: Period | None
    unit: BudgetUnit = "cost"
    window_seconds: int = 0
    zone: str = "UTC"
    is_soft: bool = False
    alert_percents: tuple[int, ...] = ALERT_PERCENTS
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitRules:
    """All limits of one owner. Empty means no limit; names are unique within a measure, and among budgets of a unit.

    `concurrency` is calls in flight. `unbounded_output` None means the installation's setting.
    """

    requests: tuple[RequestRule, ...] = ()
    concurrency: int | None = None
    budgets: tuple[BudgetRule, ...] = ()
    unbounded_output: UnboundedOutput | None = None
    limits: tuple[LimitRule, ...] = ()


NO_RULES = LimitRules()

Level = Literal["global", "team", "user", "service", "model", "provider"]
"""Who limits can be given to beside tokens, applications and plans, which keep theirs themselves."""
LEVELS: tuple[Level, ...] = ("global", "team", "user", "service", "model", "provider")
GLOBAL = "global"
"""The id of the one owner of the level `global`."""


@dataclass(frozen=True, slots=True)
class LevelLimits:
    """The limits of one owner at a level. The owner of a model's is its name. `version` 0: none were ever given."""

    level: Level
    owner_id: str
    limits: Limits
    updated_ns: int = 0
    updated_by: str = ""
    version: int = 0


def meter_owner_id(level: str, owner_id: str) -> str:
    """Return the id under which the limits of a level's owner are counted."""
    return f"model:{owner_id}" if level == "model" else owner_id
