"""Holding a token back, and ending all of somebody's at once."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.life import Epoch
from tollway.control.access.model import Reach, Sight
from tollway.control.actor import Actor
from tollway.control.applications.model import NewApplication
from tollway.control.tokens import ends
from tollway.control.tokens.ends import Hold, WideEnd
from tollway.control.tokens.life import DENIED, QUARANTINE_REQUESTS_PER_MINUTE
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError


def issue(plane: ControlPlane, name: str = "ci", **fields: object) -> str:
    return plane.tokens.issue(NewToken(name, **fields), ACTOR).token.id


def test_a_quarantine_reaches_the_workers_with_its_bounds_and_a_release_undoes_it(plane: ControlPlane) -> None:
    token_id = issue(plane)
    before = plane.policy.token(token_id)
    held = plane.token_desk.ends.quarantine(token_id, Hold(reason="odd"), ACTOR)
    record = plane.policy.token(token_id)
    assert (record.state, set(record.quarantine.denied)) == ("quarantined", set(DENIED))
    assert record.limits.requests[-1].requests == QUARANTINE_REQUESTS_PER_MINUTE
    assert held.life.quarantine is not None
    assert (held.life.quarantine.reason, held.life.quarantine.by) == ("odd", "user:user_1")
    plane.token_desk.ends.release(token_id, ACTOR)
    assert plane.policy.token(token_id) == before


def test_a_quarantine_is_as_strict_as_it_is_asked_to_be(plane: ControlPlane) -> None:
    token_id = issue(plane)
    plane.token_desk.ends.quarantine(token_id, Hold(("generate",), 3), ACTOR)
    record = plane.policy.token(token_id)
    assert (record.quarantine.denied, record.limits.requests[-1].requests) == (("generate",), 3)
    for bad in (Hold(("everything",)), Hold(requests_per_minute=0), Hold(reason="x" * 501)):
        with pytest.raises(TollwayError) as caught:
            plane.token_desk.ends.quarantine(token_id, bad, ACTOR)
        assert caught.value.code.name == "management.invalid"


def test_disabling_and_enabling_does_not_release(plane: ControlPlane) -> None:
    token_id = issue(plane)
    plane.token_desk.ends.quarantine(token_id, Hold(), ACTOR)
    plane.tokens.disable(token_id, ACTOR)
    assert plane.policy.token(token_id).state == "disabled"
    plane.tokens.enable(token_id, ACTOR)
    assert plane.policy.token(token_id).state == "quarantined"
    plane.tokens.disable(token_id, ACTOR)
    plane.token_desk.ends.release(token_id, ACTOR)
    assert plane.policy.token(token_id).state == "disabled"


def test_a_revoked_token_is_not_held_back(plane: ControlPlane) -> None:
    token_id = issue(plane)
    plane.tokens.revoke(token_id, ACTOR)
    with pytest.raises(TollwayError) as caught:
        plane.token_desk.ends.quarantine(token_id, Hold(), ACTOR)
    assert caught.value.code.name == "management.conflict"


def test_a_revocation_can_say_later_that_the_secret_is_known_to_others(plane: ControlPlane) -> None:
    token_id = issue(plane)
    first = plane.tokens.revoke(token_id, ACTOR, reason="left")
    again = plane.tokens.revoke(token_id, ACTOR, is_compromised=True)
    assert plane.policy.token(token_id).is_compromised
    assert (again.revoked_ns, again.revoked_reason) == (first.revoked_ns, "left")


def test_r39_one_act_ends_everything_of_an_application(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    """The epoch is in force before the first row is changed, and the rows follow, however many there are."""
    monkeypatch.setattr(ends, "BATCH", 2)
    owner = plane.applications.create(NewApplication("crm"), ACTOR)
    mine = [issue(plane, f"t{n}", application_id=owner.id) for n in range(5)]
    other = issue(plane, "other")
    count = plane.token_desk.ends.end_all(WideEnd("application", owner.id, reason="breach"), ACTOR)
    assert count == 5
    assert all(plane.policy.token(token_id).state == "revoked" for token_id in mine)
    assert plane.policy.token(other).state == "active"
    (epoch,) = plane.policy.read_snapshot().epochs
    assert (epoch.kind, epoch.id, epoch.before_ns) == ("application", owner.id, plane.clock.now_ns() + 1)
    plane.clock.advance(1)
    assert plane.policy.token(issue(plane, "new", application_id=owner.id)).state == "active"
    assert plane.token_desk.ends.end_all(WideEnd("application", owner.id, epoch.before_ns), ACTOR) == 0


def test_what_was_issued_later_is_spared(plane: ControlPlane) -> None:
    early = issue(plane, "early")
    plane.clock.advance(10)
    before = plane.clock.now_ns()
    plane.clock.advance(10)
    late = issue(plane, "late")
    assert plane.token_desk.ends.end_all(WideEnd("installation", "", before, is_compromised=True), ACTOR) == 1
    assert plane.policy.token(early).is_compromised
    assert plane.policy.token(late).state == "active"
    assert plane.policy.read_snapshot().epochs == (Epoch("installation", "", before),)


def test_an_epoch_never_moves_back(plane: ControlPlane) -> None:
    plane.token_desk.ends.end_all(WideEnd("user", "user_1"), ACTOR)
    (epoch,) = plane.token_desk.ends.epochs()
    plane.token_desk.ends.end_all(WideEnd("user", "user_1", 5), ACTOR)
    assert plane.token_desk.ends.epochs() == (epoch,)


def test_r25_a_wide_end_that_was_cut_short_is_finished_by_the_next(plane: ControlPlane) -> None:
    token_id = issue(plane)
    plane.policy.fail_next = 1
    with pytest.raises(TollwayError):
        plane.token_desk.ends.end_all(WideEnd("user", "user_1"), ACTOR)
    assert plane.token_desk.ends.end_all(WideEnd("user", "user_1"), ACTOR) == 1
    assert plane.policy.token(token_id).state == "revoked"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (WideEnd("installation", ""), "management.not_found"),
        (WideEnd("team", "team_other"), "management.not_found"),
        (WideEnd("user", "user_2"), "management.not_found"),
        (WideEnd("application", "app_other"), "management.not_found"),
        (WideEnd("installation", "x"), "management.invalid"),
        (WideEnd("team", ""), "management.invalid"),
    ],
)
def test_nobody_ends_what_they_cannot_see(plane: ControlPlane, wanted: WideEnd, code: str) -> None:
    mine = Actor("user_1", "user", sight=Sight(Reach.OWN, "user_1"))
    with pytest.raises(TollwayError) as caught:
        plane.token_desk.ends.end_all(wanted, mine)
    assert caught.value.code.name == code
    assert plane.token_desk.ends.epochs() == ()
    assert plane.token_desk.ends.end_all(WideEnd("user", "user_1"), mine) == 0


def test_the_future_cannot_be_revoked(plane: ControlPlane) -> None:
    with pytest.raises(TollwayError, match="not later than now"):
        plane.token_desk.ends.end_all(WideEnd("installation", "", plane.clock.now_ns() + 1), ACTOR)


def test_only_an_idle_token_is_woken(plane: ControlPlane) -> None:
    with pytest.raises(TollwayError, match="did not end"):
        plane.token_desk.ends.wake(issue(plane), ACTOR)
