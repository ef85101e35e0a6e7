"""Jobs: bounded steps, published as they go, resumed where they stood, and in the audit log once."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access.model import Reach, Sight
from tollway.control.applications.model import NewApplication
from tollway.control.audit.model import Wanted as AuditWanted
from tollway.control.bulk import service as bulk_service
from tollway.control.bulk.model import Act, Job, Wanted
from tollway.control.faults import Invalid
from tollway.control.limits.model import LimitRules
from tollway.control.plans.model import NewPlan
from tollway.control.tokens.model import NewToken, TokenChange, TokenFilter
from tollway.kernel.errors import TollwayError

EVERY = Wanted(TokenFilter())
DISABLE = Act("disable")


@pytest.fixture
def ids(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Seven tokens; a step is three."""
    monkeypatch.setattr(bulk_service, "BATCH", 3)
    found = []
    for number in range(7):
        found.append(plane.tokens.issue(NewToken(f"token-{number}"), ACTOR).token.id)
        plane.clock.advance(1)
    return found


def run(plane: ControlPlane, job: Job) -> Job:
    while job.state == "running":
        job = plane.bulk.step(job.id)
    return job


def states(plane: ControlPlane, ids: list[str]) -> list[str]:
    return [plane.policy.token(token_id).state for token_id in ids]


def test_a_job_changes_what_matches_in_steps_that_are_published(plane: ControlPlane, ids: list[str]) -> None:
    job = plane.bulk.start(EVERY, DISABLE, ACTOR)
    assert (job.total, job.changed) == (7, 0)
    first = plane.bulk.step(job.id)
    assert (first.looked_at, first.changed, first.state) == (3, 3, "running")
    assert states(plane, ids) == ["disabled"] * 3 + ["active"] * 4
    assert not plane.publisher.has_unpublished()
    done = run(plane, first)
    assert (done.looked_at, done.changed, done.state) == (7, 7, "done")
    assert states(plane, ids) == ["disabled"] * 7
    assert plane.tokens.get(ids[0]).version == 2


def test_a_job_goes_on_where_it_stood_after_a_restart(plane: ControlPlane, ids: list[str]) -> None:
    plane.bulk.step(plane.bulk.start(EVERY, DISABLE, ACTOR).id)
    again = ControlPlane(plane.around).start()
    while again.bulk.step_any():
        pass
    assert states(again, ids) == ["disabled"] * 7
    assert not again.bulk.step_any()


def test_new_tokens_are_no_part_of_a_job(plane: ControlPlane, ids: list[str]) -> None:
    job = plane.bulk.start(EVERY, DISABLE, ACTOR)
    plane.clock.advance(1)
    late = plane.tokens.issue(NewToken("late"), ACTOR).token
    assert run(plane, job).changed == 7
    assert plane.tokens.get(late.id).state == "active"


def test_filter_and_sight_say_which(plane: ControlPlane, ids: list[str]) -> None:
    team = plane.teams.create("red", ACTOR)
    application = plane.applications.create(NewApplication("shop", team.id), ACTOR)
    ours = plane.tokens.issue(NewToken("ours", application.id), ACTOR).token
    assert plane.bulk.preview(Wanted(TokenFilter(team_id=team.id)), DISABLE).total == 1
    sight = Sight(Reach.TEAM, "user_1", frozenset({team.id}))
    preview = plane.bulk.preview(Wanted(TokenFilter(), sight), DISABLE)
    assert (preview.total >= 1, ours.id in {token.id for token in preview.sample}) == (True, True)
    plane.tokens.revoke(ids[0], ACTOR)
    assert plane.bulk.preview(Wanted(TokenFilter(search="token-")), DISABLE).total == 6
    assert [token.name for token in plane.bulk.preview(Wanted(TokenFilter(search="token-")), DISABLE).sample] == [
        f"token-{number}" for number in (6, 5, 4, 3, 2, 1)
    ]


def test_a_job_is_taken_back_but_for_what_changed_since(plane: ControlPlane, ids: list[str]) -> None:
    old, new = (plane.plans.create(NewPlan(name), ACTOR) for name in ("old", "new"))
    plane.tokens.change(ids[0], TokenChange(plan_id=old.id), ACTOR)
    job = run(plane, plane.bulk.start(EVERY, Act("set_plan", plan_id=new.id), ACTOR))
    assert {plane.policy.token(token_id).plan_id for token_id in ids} == {new.id}
    plane.tokens.change(ids[1], TokenChange(plan_id=old.id), ACTOR)
    undone = run(plane, plane.bulk.undo(job.id, ACTOR))
    assert (undone.total, undone.looked_at, undone.changed) == (7, 7, 6)
    assert [plane.tokens.get(token_id).plan_id for token_id in ids[:3]] == [old.id, old.id, None]
    with pytest.raises(TollwayError, match=r"^management\.conflict.*already"):
        plane.bulk.undo(job.id, ACTOR)


def test_what_cannot_be_taken_back(plane: ControlPlane, ids: list[str]) -> None:
    running = plane.bulk.start(Wanted(TokenFilter(search="token-0")), DISABLE, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict.*running"):
        plane.bulk.undo(running.id, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict.*Another job"):
        plane.bulk.start(EVERY, DISABLE, ACTOR)
    disabled = run(plane, running)
    revoked = run(plane, plane.bulk.start(Wanted(TokenFilter(search="token-1")), Act("revoke", reason="left"), ACTOR))
    assert plane.policy.token(ids[1]).state == "revoked"
    with pytest.raises(TollwayError, match=r"^management\.conflict.*revoked"):
        plane.bulk.undo(revoked.id, ACTOR)
    plane.clock.advance(7 * 86_400 + 1)
    assert not plane.bulk.tidy()
    assert plane.bulk_store.changes(disabled.id, after_id="", limit=9) == ()
    with pytest.raises(TollwayError, match=r"^management\.conflict.*7 days"):
        plane.bulk.undo(disabled.id, ACTOR)


def test_what_was_kept_is_forgotten_a_part_at_a_time(
    plane: ControlPlane, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = run(plane, plane.bulk.start(EVERY, DISABLE, ACTOR))
    plane.clock.advance(7 * 86_400 + 1)
    kept = run(plane, plane.bulk.start(EVERY, Act("enable"), ACTOR))
    monkeypatch.setattr(bulk_service, "FORGOTTEN_AT_ONCE", 3)
    assert [plane.bulk.tidy() for _ in range(3)] == [True, True, False]
    assert plane.bulk_store.changes(job.id, after_id="", limit=9) == ()
    assert len(plane.bulk_store.changes(kept.id, after_id="", limit=9)) == 7


def test_a_cancelled_job_stays_where_it_is(plane: ControlPlane, ids: list[str]) -> None:
    job = plane.bulk.start(EVERY, DISABLE, ACTOR)
    plane.bulk.step(job.id)
    cancelled = plane.bulk.cancel(job.id, ACTOR)
    assert plane.bulk.step(job.id) == cancelled
    assert states(plane, ids) == ["disabled"] * 3 + ["active"] * 4
    assert run(plane, plane.bulk.undo(job.id, ACTOR)).changed == 3
    assert states(plane, ids) == ["active"] * 7
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.bulk.cancel(job.id, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.bulk.get("job_none")


def test_a_job_is_in_the_audit_log_once(plane: ControlPlane, ids: list[str]) -> None:
    actor = replace(ACTOR, name="ada", role="owner")
    job = run(plane, plane.bulk.start(Wanted(TokenFilter(search="token-")), DISABLE, actor))
    entries = [entry for entry in plane.audit.page(AuditWanted()) if entry.action.startswith("token.bulk")]
    assert [(entry.action, entry.object_id, entry.actor_name) for entry in entries] == [
        ("token.bulk_disable", job.id, "ada")
    ]
    assert entries[0].after is not None
    for fact in ('"changed":7', '"matched":7', '"search":"token-"'):
        assert fact in entries[0].after


def test_who_began_a_job_answers_for_it_also_when_somebody_else_cancels_it(plane: ControlPlane, ids: list[str]) -> None:
    ada, eve = (replace(ACTOR, id=f"user_{name}", name=name, request_id=f"req_{name}") for name in ("ada", "eve"))
    job = plane.bulk.start(EVERY, DISABLE, ada)
    plane.bulk.step(job.id)
    plane.bulk.cancel(job.id, eve)
    entries = [entry for entry in plane.audit.page(AuditWanted()) if entry.action.startswith("token.bulk")]
    assert [(entry.action, entry.actor_name, entry.request_id) for entry in entries] == [
        ("token.bulk_cancel", "eve", "req_eve"),
        ("token.bulk_disable", "ada", "req_ada"),
    ]
    assert '"state":"cancelled"' in (entries[1].after or "")


def test_faults_are_named_and_nothing_begins(plane: ControlPlane) -> None:
    wrong = [
        (Act("set_plan", plan_id="plan_none"), "/act/plan_id"),
        (Act("set_limits", limits=LimitRules(concurrency=0)), "/act/limits/concurrency"),
        (Act("extend", expires_ns=1), "/act/expires_at"),
        (Act("revoke", reason="x" * 501), "/act/reason"),
        (Act("dance"), "/act/kind"),  # type: ignore[arg-type]
    ]
    for act, path in wrong:
        with pytest.raises(Invalid) as caught:
            plane.bulk.start(EVERY, act, ACTOR)
        assert [fault.path for fault in caught.value.faults] == [path]
    assert plane.bulk.page().items == ()


def test_failed_step_changes_nothing_and_is_done_again(plane: ControlPlane, ids: list[str]) -> None:
    job = plane.bulk.start(EVERY, DISABLE, ACTOR)
    plane.policy.fail_next = 1
    with pytest.raises(TollwayError, match=r"^management\.unavailable"):
        plane.bulk.step(job.id)
    assert run(plane, plane.bulk.get(job.id)).changed == 7
    assert states(plane, ids) == ["disabled"] * 7
