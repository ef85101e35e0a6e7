"""Looks for lasting states that somebody should hear of: budgets near the end, failing providers. Tells of each once,
and writes it down as an alert.

What was told is remembered in the database, so that neither a restart nor a second node tells it again.
"""

from dataclasses import dataclass, replace

from tollway.control.alerts.model import Alert
from tollway.control.alerts.ports import AlertStore
from tollway.control.gateway.ports import UsedBudget
from tollway.control.notices.events import (
    BudgetNearEnd,
    Event,
    LimitReached,
    ProviderFailing,
    write_instant_or_none,
)
from tollway.control.notices.ports import Budgets, Notices, ProviderNames, Resting, ToldStore
from tollway.control.ports import Transactions
from tollway.kernel import ids
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.money import format_usd
from tollway.policy.budget import NEVER_NS

ALERT_PERCENT_MIN = 1
"""Each budget and soft limit says itself at which levels it is told of."""
SLIDING_SECONDS_MIN = 3_600
"""How long something without a calendar period counts as told: its window, and not less than this."""
BUDGETS_MAX = 2_000
WELL_SECONDS = 600
"""A provider is failing anew only after none of its keys rested for this long."""
ALERTS_KEPT_NS = 90 * 86_400 * NANOS_PER_SECOND
_RENEWED_SECONDS = 60
"""How much of that may pass before it is written down again that a provider still fails."""


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What the watch is built from."""

    budgets: Budgets
    resting: Resting
    providers: ProviderNames
    told: ToldStore
    alerts: AlertStore
    notices: Notices
    transactions: Transactions
    clock: Clock


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell of once, which holds until an instant. Without an event it only counts as told."""

    subject: str
    until_ns: int
    event: Event | None = None
    alert: Alert | None = None


class Watch:
    """Looks when asked to. A look raises management.unavailable; what it did not tell is told by the next one."""

    def __init__(self, parts: WatchParts) -> None:
        self._parts = parts

    def forget(self) -> None:
        """Drop what no longer counts as told, and alerts of long ago."""
        now_ns = self._parts.clock.now_ns()
        with self._parts.transactions.write():
            self._parts.told.forget(before_ns=now_ns)
            self._parts.alerts.purge(before_ns=now_ns - ALERTS_KEPT_NS)

    def look_at_providers(self) -> None:
        """Tell of providers whose keys began to rest. They rest for some seconds, so look more often than that."""
        now_ns = self._parts.clock.now_ns()
        failing: dict[str, list[str]] = {}
        until: dict[str, int] = {}
        for key in self._parts.resting.read(now_ns):
            failing.setdefault(key.provider_id, []).append(key.key_id)
            until[key.provider_id] = max(until.get(key.provider_id, 0), key.until_seconds)
        if not failing:
            return
        names = self._parts.providers.names(failing)
        for provider_id, key_ids in failing.items():
            until_ns = (until[provider_id] + WELL_SECONDS) * NANOS_PER_SECOND
            data = ProviderFailing(provider_id, names.get(provider_id, provider_id), sorted(key_ids))
            told = Told(f"provider/{provider_id}", until_ns, Event(data, now_ns), _failing(data, now_ns))
            self._tell_once(told, is_renewed=True)

    def look_at_budgets(self) -> None:
        """Tell of budgets and soft limits that reached one of their alert levels, of each level once in each period.

        Of several that were reached since the last look, the highest is told. Does nothing while the meters do not
        answer.
        """
        now_ns = self._parts.clock.now_ns()
        for budget in self._parts.budgets.near_end(ALERT_PERCENT_MIN, BUDGETS_MAX):
            percent = _percent(budget)
            reached = sorted((level for level in budget.alert_percents if level <= percent), reverse=True)
            for index, level in enumerate(reached):
                told = Told(f"budget/{budget.owner_id}/{budget.budget_id}/{level}", _told_until_ns(budget, now_ns))
                if index == 0:
                    event = Event(_reached(budget, percent, level), now_ns)
                    told = replace(told, event=event, alert=_fired(budget, percent, level, now_ns))
                self._tell_once(told, is_renewed=False)

    def _tell_once(self, told: Told, *, is_renewed: bool) -> None:
        """Tell unless it counts as told; then count it as told until then, longer each time if `is_renewed`.

        Without an event it is only counted as told.
        """
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        if not _is_new(parts.told.find_until(told.subject), now_ns, told.until_ns, is_renewed=is_renewed):
            return
        with parts.transactions.write():
            told_until = parts.told.find_until(told.subject)  # again: another node may have told it meanwhile
            until_ns = max(told.until_ns, told_until or 0)
            if told.event is not None and told.alert is not None and (told_until is None or told_until <= now_ns):
                parts.notices.tell(told.event)
                parts.alerts.add(replace(told.alert, subject=told.subject, until_ns=until_ns))
            else:
                parts.alerts.prolong(told.subject, now_ns=now_ns, until_ns=until_ns)
            parts.told.put(told.subject, until_ns)


def _is_new(told_until_ns: int | None, now_ns: int, until_ns: int, *, is_renewed: bool) -> bool:
    if told_until_ns is None or told_until_ns <= now_ns:
        return True
    return is_renewed and until_ns - told_until_ns >= _RENEWED_SECONDS * NANOS_PER_SECOND


def _percent(budget: UsedBudget) -> int:
    return 100 * budget.spent_nanos // budget.limit_nanos if budget.limit_nanos else 100


def _told_until_ns(budget: UsedBudget, now_ns: int) -> int:
    """Return the end of the period; what slides counts as told for its window."""
    if budget.period_ends_ns < NEVER_NS or not budget.window_seconds:
        return budget.period_ends_ns
    return now_ns + max(budget.window_seconds, SLIDING_SECONDS_MIN) * NANOS_PER_SECOND


def _reached(budget: UsedBudget, percent: int, level: int) -> BudgetNearEnd | LimitReached:
    used_up_at = write_instant_or_none(budget.empty_ns)
    if budget.is_budget and budget.measure == "cost":
        return BudgetNearEnd(
            owner_kind=budget.owner_kind,
            owner_id=budget.owner_id,
            owner_name=budget.owner_name,
            budget_name=budget.budget_name,
            percent=percent,
            spent_usd=format_usd(budget.spent_nanos),
            limit_usd=format_usd(budget.limit_nanos),
            used_up_at=used_up_at,
            alert_percent=level,
            soft=budget.is_soft,
        )
    return LimitReached(
        owner_kind=budget.owner_kind,
        owner_id=budget.owner_id,
        owner_name=budget.owner_name,
        limit_name=budget.budget_name,
        measure=budget.measure,
        percent=percent,
        alert_percent=level,
        used=budget.spent_nanos,
        allowed=budget.limit_nanos,
        soft=budget.is_soft,
        used_up_at=used_up_at,
    )


def _fired(budget: UsedBudget, percent: int, level: int, now_ns: int) -> Alert:
    return Alert(
        id=ids.new_id(ids.ALERT),
        kind="budget" if budget.is_budget else "limit",
        subject="",
        owner_level=budget.owner_kind,
        owner_id=budget.owner_id,
        owner_name=budget.owner_name,
        limit_id=budget.budget_id,
        limit_name=budget.budget_name,
        measure=budget.measure,
        alert_percent=level,
        percent=percent,
        used=budget.spent_nanos,
        allowed=budget.limit_nanos,
        is_soft=budget.is_soft,
        created_ns=now_ns,
        until_ns=0,
        used_up_ns=budget.empty_ns,
        team_id=budget.team_id,
        user_id=budget.user_id,
    )


def _failing(provider: ProviderFailing, now_ns: int) -> Alert:
    return Alert(
        id=ids.new_id(ids.ALERT),
        kind="provider",
        subject="",
        owner_level="provider",
        owner_id=provider.id,
        owner_name=provider.name,
        limit_id="",
        limit_name="",
        measure="",
        alert_percent=0,
        percent=0,
        used=0,
        allowed=0,
        is_soft=False,
        created_ns=now_ns,
        until_ns=0,
    )
