"""Finds the limits and budgets of every level that are used most, from the meters.

The meters know every measure, window and top-up, and what calls in flight hold; but they are named by their owners. So
whose meters are read follows from who was at work: those who spent or called lately, and everybody at the levels that
are few. The cost follows the owners at work and not the tokens there are.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, get_args

from tollway.contract.ledger_api import Dimension, UsageQuery
from tollway.contract.limits import Limit, Limits, Period
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.applications.model import Application
from tollway.control.gateway.ports import MeterReader, MeterReading
from tollway.control.limits.forecast import DAY_NS, foresee_end, pace_of_days, pace_of_period
from tollway.control.limits.levels import Levels
from tollway.control.limits.model import meter_owner_id
from tollway.control.limits.owners import OwnerLevel
from tollway.control.model import Damaged
from tollway.control.plans.ports import PlanStore
from tollway.control.tokens.model import Token
from tollway.control.usage.service import Usage
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import NEVER_NS, period_end_ns, period_start_ns

PERIODS: tuple[Period, ...] = get_args(Period)
OWNERS_MAX = 2_000
"""Tokens, and applications, whose meters are read: those that spent or called most. More would cost more than 0.1 s."""
LATELY_NS = 3_600 * 10**9
DAYS = 14


class OwningTokens(Protocol):
    """Tokens by id, many at once."""

    def many(self, token_ids: Collection[str]) -> Sequence[Token | Damaged]:
        """Return those that exist."""
        ...


class OwningApplications(Protocol):
    """Applications by id, many at once."""

    def many(self, application_ids: Collection[str]) -> Sequence[Application | Damaged]:
        """Return those that exist."""
        ...


@dataclass(frozen=True, slots=True)
class UsedLimit:
    """A limit and its use now, in the unit of its measure. `plan_name` "": the owner's own; else of its plan.

    `ends_ns` is the end of a calendar period, NEVER_NS where there is none. `empty_ns`: when it will be used up; None
    where its period ends before, or that cannot be foreseen.
    """

    level: OwnerLevel
    owner_id: str
    owner_name: str
    team_id: str | None
    user_id: str | None
    plan_name: str
    limit: Limit
    allowed: int
    used: int
    reserved: int
    resets_ns: int | None
    ends_ns: int
    empty_ns: int | None = None

    @property
    def percent(self) -> float:
        """How much of what is allowed is used."""
        return 100 * self.used / self.allowed if self.allowed else 100.0


@dataclass(frozen=True, slots=True)
class WatchedOwner:
    """Somebody whose limits are looked at."""

    level: OwnerLevel
    owner_id: str
    name: str
    limits: Limits
    team_id: str | None = None
    user_id: str | None = None
    plan_id: str | None = None


@dataclass(frozen=True, slots=True)
class UsedLimits:
    """What is used of limits, over all levels. Blocking and thread-safe."""

    usage: Usage
    meters: MeterReader
    levels: Levels
    tokens: OwningTokens
    applications: OwningApplications
    plans: PlanStore
    clock: Clock

    def near_end(self, percent: float, limit: int = 20, *, sight: Sight = EVERYWHERE) -> Sequence[UsedLimit]:
        """Return limits in sight of active owners of which at least `percent` is used, fullest first; at most `limit`.

        Of OWNERS_MAX tokens and applications at work; of everybody at the other levels. Nothing while neither ledger
        nor meters answer. Does not raise.
        """
        now_ns = self.clock.now_ns()
        try:
            found = [used for owner in self._owners(now_ns) if _sees(sight, owner) for used in self._of(owner, now_ns)]
        except TollwayError:
            return ()
        full = [used for used in found if used.percent >= percent]
        return sorted(full, key=lambda used: used.percent, reverse=True)[:limit]

    def of(self, owner: WatchedOwner) -> tuple[UsedLimit, ...]:
        """Return every limit of one owner, its plan's included. Raises gateway.meters_unavailable."""
        return tuple(self._of(owner, self.clock.now_ns()))

    def foreseen(self, used: UsedLimit) -> UsedLimit:
        """Return the use with its end foreseen from the last DAYS days, where the ledger knows them by this owner."""
        now_ns = self.clock.now_ns()
        days = self._days(used, now_ns)
        if days is None:
            return used
        pace = pace_of_days(days, max(now_ns % DAY_NS, 1))
        return replace(used, empty_ns=foresee_end(used.allowed - used.used, pace, now_ns, used.ends_ns))

    def _of(self, owner: WatchedOwner, now_ns: int) -> Iterator[UsedLimit]:
        meter_id = meter_owner_id(owner.level, owner.owner_id)
        if not owner.limits.is_empty:
            for reading in self.meters.read_every(owner.level, meter_id, owner.limits):
                yield _used(owner, "", reading, now_ns)
        plan = self.plans.find(owner.plan_id) if owner.plan_id is not None else None
        if plan is not None and not plan.limits.is_empty:
            for reading in self.meters.read_every(owner.level, meter_id, plan.limits):
                yield _used(owner, plan.name, reading, now_ns)

    def _owners(self, now_ns: int) -> Iterator[WatchedOwner]:
        for name, item in self.levels.all():
            yield WatchedOwner(
                item.level,
                item.owner_id,
                name,
                item.limits,
                team_id=item.owner_id if item.level == "team" else None,
                user_id=item.owner_id if item.level == "user" else None,
            )
        spent = {
            row.owner_id
            for row in self.usage.largest_spent({period_start_ns(period, now_ns) for period in PERIODS}, OWNERS_MAX)
        }
        for token in self.tokens.many(spent | self._at_work("token", now_ns)):
            if not isinstance(token, Damaged) and token.state_at(now_ns) == "active":
                yield watch_token(token)
        for application in self.applications.many(spent | self._at_work("application", now_ns)):
            if not isinstance(application, Damaged) and application.state == "active":
                yield watch_application(application)

    def _at_work(self, dimension: Dimension, now_ns: int) -> set[str]:
        query = UsageQuery(max(0, now_ns - LATELY_NS), now_ns, by=(dimension,), limit=OWNERS_MAX, counts_only=True)
        return {row.keys[0] for row in self.usage.sums(query).rows} - {""}

    def _days(self, used: UsedLimit, now_ns: int) -> list[int] | None:
        """Return what counted against a budget on each of the last days; None where the ledger cannot tell."""
        is_known = used.limit.measure in ("cost", "total_tokens") and not used.limit.models
        if not is_known or used.level == "user" or used.limit.period is None:
            return None
        filters: dict[Dimension, str] = {} if used.level == "global" else {used.level: used.owner_id}
        since_ns = max(0, now_ns - now_ns % DAY_NS - (DAYS - 1) * DAY_NS)
        try:
            rows = self.usage.sums(UsageQuery(since_ns, now_ns, interval="day", filters=filters, counts_only=True)).rows
        except TollwayError:
            return None
        days = dict.fromkeys(range(DAYS), 0)
        for row in rows:
            day = ((row.start_seconds or 0) * 10**9 - since_ns) // DAY_NS
            if day in days:
                days[day] += row.cost_nanos if used.limit.measure == "cost" else row.input_tokens + row.output_tokens
        first = next((day for day, amount in days.items() if amount), DAYS)
        return [amount for day, amount in days.items() if day >= first] or None


def watch_token(token: Token) -> WatchedOwner:
    """Return a token as somebody whose limits are looked at."""
    return WatchedOwner("token", token.id, token.name, token.limits, token.team_id, token.owner_id, token.plan_id)


def watch_application(application: Application) -> WatchedOwner:
    """Return an application as somebody whose limits are looked at."""
    return WatchedOwner(
        "application",
        application.id,
        application.name,
        application.limits,
        team_id=application.team_id,
        plan_id=application.plan_id,
    )


def _used(owner: WatchedOwner, plan_name: str, reading: MeterReading, now_ns: int) -> UsedLimit:
    limit = reading.limit
    starts_ns, ends_ns = 0, NEVER_NS
    if limit.period is not None:
        starts_ns = period_start_ns(limit.period, now_ns, limit.zone)
        ends_ns = period_end_ns(limit.period, now_ns, limit.zone)
    pace = pace_of_period(reading.used, starts_ns, now_ns) if limit.period is not None else 0.0
    is_over = reading.used >= reading.allowed
    return UsedLimit(
        level=owner.level,
        owner_id=owner.owner_id,
        owner_name=owner.name,
        team_id=owner.team_id,
        user_id=owner.user_id,
        plan_name=plan_name,
        limit=limit,
        allowed=reading.allowed,
        used=reading.used,
        reserved=reading.reserved,
        resets_ns=reading.resets_ns,
        ends_ns=ends_ns,
        empty_ns=None if is_over else foresee_end(reading.allowed - reading.used, pace, now_ns, ends_ns),
    )


def _sees(sight: Sight, owner: WatchedOwner) -> bool:
    return sight.covers(owner_id=owner.user_id, team_id=owner.team_id)
