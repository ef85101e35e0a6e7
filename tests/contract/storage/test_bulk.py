"""Acts on many tokens on SQLite and PostgreSQL: filters, steps, what is kept to take them back, and who asked."""

from pathlib import Path

import pytest

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage.migrate import migrate
from tollway.control.access.grant import Grant
from tollway.control.access.model import Permission, Reach, Sight
from tollway.control.actor import Actor
from tollway.control.applications.model import NewApplication
from tollway.control.bulk import service as bulk_service
from tollway.control.bulk.model import Act, Job, Wanted
from tollway.control.limits.model import BudgetRule, LimitRules
from tollway.control.plans.model import NewPlan
from tollway.control.tokens.model import NewToken, TokenFilter
from tollway.kernel.clock import NANOS_PER_SECOND

EVERY = Wanted(TokenFilter(search="token-"))
DAY_NS = 86_400 * NANOS_PER_SECOND


@pytest.fixture
def plane(database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    """Seven tokens, the last three of a team; a step is three."""
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    plane = ControlPlane(Surroundings(writer, database("config", writer=False))).start()
    monkeypatch.setattr(bulk_service, "BATCH", 3)
    team = plane.teams.create("red", ACTOR)
    application = plane.applications.create(NewApplication("shop", team.id), ACTOR).id
    for number in range(7):
        plane.tokens.issue(NewToken(f"token-{number}", application if number > 3 else None), ACTOR)
        plane.clock.advance(1)
    return plane


def run(plane: ControlPlane, job: Job) -> Job:
    while job.state == "running":
        job = plane.bulk.step(job.id)
    return job


def shown(plane: ControlPlane) -> list[tuple[str, str | None, int | None, bool]]:
    """Return what acts change of each token, by name."""
    tokens = sorted(plane.tokens.page(limit=20).items, key=lambda token: token.name)
    return [(one.state, one.plan_id, one.expires_ns, bool(one.limits.every())) for one in tokens]


def test_every_act_is_done_in_steps_and_taken_back_exactly(plane: ControlPlane) -> None:
    before = shown(plane)
    plan = plane.plans.create(NewPlan("gold"), ACTOR).id
    limits = LimitRules(budgets=(BudgetRule("month", 5, "month"),))
    later = (plane.clock.now_ns() // NANOS_PER_SECOND) * NANOS_PER_SECOND + 30 * DAY_NS
    for act, expected in (
        (Act("disable"), ("disabled", None, before[0][2], False)),
        (Act("set_plan", plan_id=plan), ("active", plan, before[0][2], False)),
        (Act("set_limits", limits=limits), ("active", None, before[0][2], True)),
        (Act("extend", expires_ns=later), ("active", None, later, False)),
    ):
        plane.clock.advance(1)
        job = run(plane, plane.bulk.start(EVERY, act, ACTOR))
        assert (job.total, job.looked_at, job.changed, job.state) == (7, 7, 7, "done"), act
        assert shown(plane)[0] == expected and not plane.publisher.has_unpublished()
        plane.clock.advance(1)
        undone = run(plane, plane.bulk.undo(job.id, ACTOR))
        assert (undone.changed, shown(plane)) == (7, before), act
    assert run(plane, plane.bulk.start(EVERY, Act("revoke", reason="over"), ACTOR)).changed == 7
    assert {state for state, *_ in shown(plane)} == {"revoked"}


def test_filters_and_sights_say_which_and_a_restart_goes_on(plane: ControlPlane) -> None:
    team_id = plane.team_store.find_named("red").id  # type: ignore[union-attr]
    ours = Sight(Reach.TEAM, "user_2", frozenset({team_id}))
    for wanted in (Wanted(TokenFilter(team_id=team_id)), Wanted(TokenFilter(search="token-"), ours)):
        assert plane.bulk.preview(wanted, Act("disable")).total == 3
    job = plane.bulk.start(Wanted(TokenFilter(team_id=team_id)), Act("disable"), ACTOR)
    again = ControlPlane(plane.around).start()
    while again.bulk.step_any():
        pass
    assert again.bulk.get(job.id).changed == 3
    assert [state for state, *_ in shown(again)] == ["active"] * 4 + ["disabled"] * 3
    assert [one.id for one in again.bulk.page().items] == [job.id]


def test_a_job_keeps_what_its_actor_may_give(plane: ControlPlane) -> None:
    """Also over a restart: what permits more is left as it was, and taking away needs nothing."""
    bound = Grant(models=("a",), rights={Permission.BULK_WRITE: Reach.ALL}, team_ids=frozenset({"team_1"}))
    actor = Actor("user_1", "user", sight=Sight(Reach.ALL, "user_1", frozenset({"team_1"})), bound=bound, token_id="t")
    assert run(plane, plane.bulk.start(EVERY, Act("disable"), actor)).changed == 7
    plane.tokens.issue(NewToken("token-7", models=("a",)), ACTOR)
    run(plane, plane.bulk.start(Wanted(TokenFilter(search="token-7")), Act("disable"), ACTOR))
    plane.clock.advance(1)
    job = plane.bulk.start(EVERY, Act("enable"), actor)
    assert plane.bulk.get(job.id).by == job.by and job.by.bound.models == ("a",)
    again = ControlPlane(plane.around).start()
    while again.bulk.step_any():
        pass
    assert (again.bulk.get(job.id).looked_at, again.bulk.get(job.id).changed) == (8, 1)
    assert [state for state, *_ in shown(again)] == ["disabled"] * 7 + ["active"]
