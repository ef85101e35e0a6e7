"""Limits and budgets as records: what may run out for an owner, at any level.

An owner is a token, an application, a user, a team, a service, a model, a provider or the installation; a plan's
limits count for each token or application that has the plan by itself. The data plane enforces them, the console
stores them in this very form. Law: the id of a limit names its meter, so that an edit under the same id keeps what
was counted.
"""

from typing import Literal

import msgspec

Measure = Literal["requests", "input_tokens", "output_tokens", "total_tokens", "cost", "bytes", "concurrency"]
Period = Literal["hour", "day", "week", "month", "total"]
UnboundedOutput = Literal["cap", "refuse", "estimate"]

WINDOW_SECONDS_MAX = 31 * 86_400
AMOUNT_MAX = 2**61 - 1
"""Of any limit with its top-ups: beyond it, sums could leave a signed 64-bit number."""


class TopUp(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """`amount` (>= 1, in the unit of its limit) more than the limit allows, until the Unix instant `until_ns`.

    It ends by itself. From `from_ns` on; 0 means at once.
    """

    id: str
    amount: int
    until_ns: int
    from_ns: int = 0


class Limit(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """At most `amount` of a measure: calls, tokens, nano-USD, bytes of bodies both ways, or calls in flight.

    Exactly one of these holds: `window_seconds` (1 to WINDOW_SECONDS_MAX) is set and the limit slides; `period` is
    set and it starts anew with each hour, day, week (Monday) or month of the IANA zone `zone`, or never (`total`);
    or the measure is `concurrency` and neither is set.
    """

    id: str
    name: str
    measure: Measure
    amount: int
    window_seconds: int = 0
    period: Period | None = None
    zone: str = "UTC"
    is_soft: bool = False
    """Counted and alerted, but nothing is refused for it."""
    is_budget: bool = False
    """Whether it is shown and refused as a budget (`budget.exhausted`) rather than as a rate limit."""
    alert_percents: tuple[int, ...] = (80, 100)
    """At which parts of `amount` the console tells of it."""
    models: tuple[str, ...] = ()
    """Counts only calls that ask for these models: names, or patterns with `*`. Empty: all calls, of any kind."""
    top_ups: tuple[TopUp, ...] = ()


class RequestLimit(msgspec.Struct, frozen=True, gc=False):
    """At most `requests` (>= 1) calls in any `window_seconds` (>= 1), sliding. The short form of a Limit."""

    id: str
    name: str
    requests: int
    window_seconds: int


class ConcurrencyLimit(msgspec.Struct, frozen=True, gc=False):
    """At most `calls` (>= 1) in flight. The short form of a Limit."""

    id: str
    name: str
    calls: int


class Budget(msgspec.Struct, frozen=True, gc=False):
    """At most `limit_nanos` nano-USD settled and reserved in each calendar period (UTC). The short form of a Limit."""

    id: str
    name: str
    limit_nanos: int
    period: Period


class Limits(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Everything that may run out for one owner. Empty means no limit. Ids are unique within an owner.

    `requests`, `concurrency` and `budgets` are short forms, which older records have; `limits` can say all.
    """

    requests: tuple[RequestLimit, ...] = ()
    concurrency: tuple[ConcurrencyLimit, ...] = ()
    budgets: tuple[Budget, ...] = ()
    unbounded_output: UnboundedOutput | None = None
    """None means the installation's `budgets.unbounded_output`."""
    limits: tuple[Limit, ...] = ()

    def every(self) -> tuple[Limit, ...]:
        """Return all limits in the one form that can say all: requests, concurrency, budgets, then the others."""
        return (
            *(Limit(item.id, item.name, "requests", item.requests, item.window_seconds) for item in self.requests),
            *(Limit(item.id, item.name, "concurrency", item.calls) for item in self.concurrency),
            *(
                Limit(item.id, item.name, "cost", item.limit_nanos, period=item.period, is_budget=True)
                for item in self.budgets
            ),
            *self.limits,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is limited."""
        return not (self.requests or self.concurrency or self.budgets or self.limits)


NO_LIMITS = Limits()
