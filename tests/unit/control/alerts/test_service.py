"""Alerts: fired by the watch, seen by those whose they are, acknowledged once, and gone when they are old."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.contract.resting import RestingKey
from tollway.control.access.model import Reach, Sight
from tollway.control.alerts.model import Alert, AlertFilter, AlertState
from tollway.control.audit.model import Wanted
from tollway.control.gateway.ports import UsedBudget
from tollway.control.notices.watching import ALERTS_KEPT_NS, WELL_SECONDS
from tollway.kernel.errors import TollwayError

DAY_NS = 86_400 * 10**9
OPEN = AlertFilter(state="open")


@pytest.fixture
def notices(plane: ControlPlane) -> Notices:
    return Notices(plane)


def fire(notices: Notices, spent: int = 8 * 10**8, **changes: object) -> Alert:
    """Let a budget of a dollar reach a level a second later, and return the alert."""
    notices.clock.advance(1)
    ends_ns = notices.clock.now_ns() + DAY_NS
    used = UsedBudget("team", "team_a", "shop", "month", spent, 10**9, None, "bud_1", ends_ns, team_id="team_a")
    notices.states.budgets = [replace(used, **changes)]  # type: ignore[arg-type]  # fields of UsedBudget
    notices.watch.look_at_budgets()
    return notices.alerts.page(AlertFilter()).items[0]


def states(notices: Notices, state: AlertState) -> list[int]:
    return [alert.alert_percent for alert in notices.alerts.page(AlertFilter(state=state)).items]


def test_each_level_fires_one_alert_with_what_was_used(notices: Notices) -> None:
    alert = fire(notices)
    fire(notices)
    assert (alert.kind, alert.owner_level, alert.owner_name, alert.limit_name) == ("budget", "team", "shop", "month")
    assert (alert.used, alert.allowed, alert.percent, alert.alert_percent) == (8 * 10**8, 10**9, 80, 80)
    fire(notices, 10**9)
    assert states(notices, "open") == [100, 80]
    assert notices.alerts.count_open() == 2


def test_an_alert_is_over_with_its_period_and_fires_again_in_the_next(notices: Notices) -> None:
    fire(notices)
    notices.clock.advance(86_400)
    assert (states(notices, "open"), states(notices, "over")) == ([], [80])
    fire(notices)
    assert (states(notices, "open"), states(notices, "over")) == ([80], [80])


def test_a_provider_that_keeps_failing_stays_open_until_it_was_well(notices: Notices) -> None:
    notices.states.names_by_id = {"prov_1": "openai"}
    for _ in range(40):
        notices.states.keys = [RestingKey("prov_1", "key_1", notices.clock.now_ns() // 10**9 + 30)]
        notices.watch.look_at_providers()
        notices.clock.advance(30)
    (alert,) = notices.alerts.page(OPEN).items
    assert (alert.kind, alert.owner_name, alert.measure) == ("provider", "openai", "")
    notices.clock.advance(WELL_SECONDS + 90)
    assert notices.alerts.count_open() == 0


def test_what_is_acknowledged_stays_as_it_was_and_can_be_taken_back(notices: Notices) -> None:
    alert = fire(notices)
    (seen,) = notices.alerts.acknowledge([alert.id, alert.id], ACTOR, note=" asked for more ")
    assert (seen.acknowledged_by, seen.note, states(notices, "acknowledged")) == (str(ACTOR), "asked for more", [80])
    notices.clock.advance(60)
    assert notices.alerts.acknowledge([alert.id], ACTOR, note="again") == (seen,)
    assert notices.alerts.reopen([alert.id], ACTOR) == (alert,)
    acts = [entry.action for entry in notices.plane.audit.page(Wanted())]
    assert acts[:2] == ["alert.reopen", "alert.acknowledge"] and acts.count("alert.acknowledge") == 1


def test_all_or_none_are_acknowledged(notices: Notices) -> None:
    alert = fire(notices)
    for wrong in ([alert.id, "alrt_none"], [], ["alrt_x"] * 101):
        with pytest.raises(TollwayError):
            notices.alerts.acknowledge(wrong, ACTOR)
    assert notices.alerts.count_open() == 1


def test_others_neither_see_nor_acknowledge_it(notices: Notices) -> None:
    alert = fire(notices)
    theirs, others = (Sight(Reach.TEAM, "user_1", frozenset({team})) for team in ("team_a", "team_b"))
    own = fire(notices, owner_kind="token", owner_id="t1", team_id=None, user_id="user_1", budget_id="bud_2")
    assert notices.alerts.page(AlertFilter(), sight=others).items == (own,)
    assert notices.alerts.page(AlertFilter(), sight=Sight(Reach.OWN, "user_1")).items == (own,)
    assert notices.alerts.count_open(theirs) == 2
    with pytest.raises(TollwayError):
        notices.alerts.acknowledge([alert.id], replace(ACTOR, sight=others))


def test_old_alerts_are_deleted(notices: Notices) -> None:
    fire(notices)
    notices.clock.advance(ALERTS_KEPT_NS / 10**9 + 86_401)
    fire(notices)
    notices.watch.forget()
    assert len(notices.alerts.page(AlertFilter()).items) == 1
