"""What is used of limits: of every level and every plan, for those who were at work."""

from dataclasses import dataclass, field

import pytest

from kit.console import StandInLedger
from kit.control import ACTOR, ControlPlane
from tollway.contract.ledger_api import Spent, UsageRow
from tollway.contract.limits import Limit, Limits
from tollway.control.access.model import Reach, Sight
from tollway.control.gateway.ports import MeterReading
from tollway.control.limits.model import BudgetRule, LimitRules
from tollway.control.limits.watch import UsedLimits, watch_token
from tollway.control.plans.model import NewPlan
from tollway.control.tokens.model import NewToken
from tollway.control.usage.service import Usage
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import DAY_NS

TEN = LimitRules(budgets=(BudgetRule("month", 10, "month"),))


@dataclass
class Meters:
    """Stands in for the meters: what is used by limit id; 0 otherwise."""

    used: dict[str, int] = field(default_factory=dict)
    is_away: bool = False

    def read_every(self, owner_kind: str, owner_id: str, limits: Limits) -> tuple[MeterReading, ...]:
        if self.is_away:
            raise TollwayError("gateway.meters_unavailable")
        return tuple(
            MeterReading(limit, limit.amount, self.used.get(f"{owner_id}/{limit.id}", 0), 0, None)
            for limit in limits.every()
        )


@dataclass
class World:
    """A control plane with a ledger and meters."""

    plane: ControlPlane
    ledger: StandInLedger
    meters: Meters
    used: UsedLimits

    def use(self, owner_id: str, limit: Limit, amount: int) -> None:
        self.meters.used[f"{owner_id}/{limit.id}"] = amount


@pytest.fixture
def world(plane: ControlPlane) -> World:
    ledger, meters = StandInLedger(), Meters()
    usage = Usage(ledger, {})
    stores = (plane.token_store, plane.application_store, plane.plan_store)
    used = UsedLimits(usage, meters, plane.levels, *stores, plane.clock)  # type: ignore[arg-type]  # reads alone
    return World(plane, ledger, meters, used)


def row(token_id: str, *, start: int | None = None, nanos: int = 0) -> UsageRow:
    return UsageRow((token_id,), start, 1, 0, 0, 0, 3, 4, 0, nanos, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_tokens_at_work_levels_and_plans_are_looked_at_fullest_first(world: World) -> None:
    plane = world.plane
    plan = plane.plans.create(NewPlan("interns", limits=TEN), ACTOR)
    token = plane.tokens.issue(NewToken("ci", limits=TEN, plan_id=plan.id), ACTOR).token
    plane.tokens.issue(NewToken("idle", limits=TEN), ACTOR)
    team = plane.limit_owners.change("team", "team_default", TEN, ACTOR)
    world.ledger.rows = [row(token.id)]
    world.use(token.id, token.limits.every()[0], 9)
    world.use(token.id, plan.limits.every()[0], 10)
    world.use("team_default", team.limits.every()[0], 5)
    found = world.used.near_end(50)
    assert [(one.level, one.owner_name, one.plan_name, one.percent) for one in found] == [
        ("token", "ci", "interns", 100.0),
        ("token", "ci", "", 90.0),
        ("team", "default", "", 50.0),
    ]
    assert [one.plan_name for one in world.used.near_end(50, 1)] == ["interns"]
    assert [one.level for one in world.used.near_end(0, sight=Sight(Reach.TEAM, "", frozenset({"team_default"})))] == [
        "team"
    ]


def test_who_spent_is_looked_at_although_they_do_not_call_now(world: World) -> None:
    token = world.plane.tokens.issue(NewToken("ci", limits=TEN), ACTOR).token
    world.ledger.spent = [Spent(token.id, token.limits.budgets[0].id, 0, 9)]
    world.use(token.id, token.limits.every()[0], 9)
    assert [one.owner_id for one in world.used.near_end(80)] == [token.id]
    world.plane.tokens.disable(token.id, ACTOR)
    assert world.used.near_end(80) == []


def test_nothing_is_found_while_ledger_or_meters_are_away(world: World) -> None:
    world.plane.limit_owners.change("global", "global", TEN, ACTOR)
    assert len(world.used.near_end(0)) == 1
    world.ledger.is_away = True
    assert world.used.near_end(0) == ()
    world.ledger.is_away, world.meters.is_away = False, True
    assert world.used.near_end(0) == ()


def test_the_end_is_foreseen_from_recent_days(world: World) -> None:
    rules = LimitRules(budgets=(BudgetRule("total", 100, "total"),))
    token = world.plane.tokens.issue(NewToken("ci", limits=rules), ACTOR).token
    world.use(token.id, token.limits.every()[0], 40)
    (used,) = world.used.of(watch_token(token))
    assert used.empty_ns is None, "nothing says how fast"
    now = world.plane.clock.now_ns()
    world.plane.clock.advance((DAY_NS - now % DAY_NS) // 10**9 - 1)
    now = world.plane.clock.now_ns()
    midnight = now - now % DAY_NS
    world.ledger.rows = [row("", start=(midnight - age * DAY_NS) // 10**9, nanos=10) for age in range(4)]
    empty = world.used.foreseen(used).empty_ns
    assert empty is not None
    assert 5.9 < (empty - now) / DAY_NS < 6.1, "60 are left at 10 a day"


def test_a_refill_comes_before_the_end(world: World) -> None:
    rules = LimitRules(budgets=(BudgetRule("month", 1_000_000, "month"),))
    token = world.plane.tokens.issue(NewToken("ci", limits=rules), ACTOR).token
    world.use(token.id, token.limits.every()[0], 1)
    (used,) = world.used.of(watch_token(token))
    assert used.empty_ns is None
    world.ledger.is_away = True
    assert world.used.foreseen(used) == used
