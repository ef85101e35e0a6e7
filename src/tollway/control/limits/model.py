"""Limits as people state them; the compiled form with ids is `contract.policy.Limits`."""

from dataclasses import dataclass

from tollway.contract.policy import Period, UnboundedOutput


@dataclass(frozen=True, slots=True)
class RequestRule:
    """At most `requests` calls in any `window_seconds`, sliding."""

    name: str
    requests: int
    window_seconds: int


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """At most `limit_nanos` nano-USD in each calendar period (UTC); `total` never resets."""

    name: str
    limit_nanos: int
    period: Period


@dataclass(frozen=True, slots=True)
class LimitRules:
    """All limits of one owner. Empty means no limit; names are unique within their list.

    `concurrency` is calls in flight. `unbounded_output` None means the installation's setting.
    """

    requests: tuple[RequestRule, ...] = ()
    concurrency: int | None = None
    budgets: tuple[BudgetRule, ...] = ()
    unbounded_output: UnboundedOutput | None = None


NO_RULES = LimitRules()
