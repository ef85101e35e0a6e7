"""What is due is rotated once, by the most specific policy; what fails is given up and tried again a day later."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.control.applications.model import NewApplication
from tollway.control.notices.events import Kind
from tollway.control.notices.model import NewWebhook, Outcome
from tollway.control.rotations import scheduling
from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy, RotationPolicyChange
from tollway.control.tokens.ends import Hold
from tollway.control.tokens.model import IssuedToken, NewToken

DAY = 86_400


def generation(plane: ControlPlane, issued: IssuedToken) -> int:
    return plane.policy.token(issued.token.id).generation


def test_a_token_is_rotated_when_it_is_due_and_then_not_until_the_next_time(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy
) -> None:
    look = plane.rotations.scheduler.look
    plane.clock.advance(10 * DAY - 1)
    assert look() == 0
    plane.clock.advance(1)
    assert look() == 1
    assert look() == 0
    plane.rotations.handovers.collect_as(issued.token.id, ACTOR)
    plane.clock.advance(9 * DAY)
    assert look() == 0
    plane.clock.advance(DAY)
    assert look() == 1
    assert generation(plane, issued) == 3


def test_eight_schedulers_rotate_once(plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy) -> None:
    plane.clock.advance(10 * DAY)
    planes = [ControlPlane(plane.around) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda each: each.rotations.scheduler.look(), planes))
    assert sum(begun) == 1
    assert generation(plane, issued) == 2


def test_the_most_specific_policy_acts_alone(plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy) -> None:
    policies = plane.rotations.policies
    own = policies.create(NewRotationPolicy("own", "token", 30 * DAY, issued.token.id), ACTOR)
    plane.clock.advance(10 * DAY)
    assert plane.rotations.scheduler.look() == 0
    policies.change(own.id, RotationPolicyChange(state="disabled"), ACTOR)
    assert plane.rotations.scheduler.look() == 1


def test_a_policy_rotates_what_is_of_its_scope_and_nothing_else(plane: ControlPlane) -> None:
    made: dict[str, IssuedToken] = {}
    for name in ("red", "blue"):
        team = plane.teams.create(name, ACTOR)
        shop = plane.applications.create(NewApplication(f"{name} shop", team.id), ACTOR)
        till = plane.applications.create(NewApplication(f"{name} till", team.id), ACTOR)
        for owner in (shop, till):
            made[owner.name] = plane.tokens.issue(NewToken(owner.name, application_id=owner.id), ACTOR)
    policies = plane.rotations.policies
    red = made["red shop"].token.team_id
    till_id = made["blue till"].token.application_id
    assert red is not None and till_id is not None
    policies.create(NewRotationPolicy("a team", "team", 10 * DAY, red), ACTOR)
    policies.create(NewRotationPolicy("an application", "application", 10 * DAY, till_id), ACTOR)
    plane.clock.advance(10 * DAY)
    assert plane.rotations.scheduler.look() == 3
    rotated = {name for name, issued in made.items() if generation(plane, issued) == 2}
    assert rotated == {"red shop", "red till", "blue till"}


@pytest.mark.parametrize("state", ["disabled", "revoked", "quarantined", "expired"])
def test_only_active_tokens_are_rotated(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy, state: str
) -> None:
    token_id = issued.token.id
    match state:
        case "disabled":
            plane.tokens.disable(token_id, ACTOR)
        case "revoked":
            plane.tokens.revoke(token_id, ACTOR)
        case "quarantined":
            plane.token_desk.ends.quarantine(token_id, Hold(), ACTOR)
    plane.clock.advance(100 * DAY if state == "expired" else 10 * DAY)
    assert plane.rotations.scheduler.look() == 0


def test_what_nobody_collects_is_given_up_and_tried_again_a_day_later(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy
) -> None:
    look = plane.rotations.scheduler.look
    mac = plane.policy.token(issued.token.id).mac
    plane.clock.advance(10 * DAY)
    assert look() == 1
    plane.clock.advance(DAY)
    assert look() == 0
    assert plane.policy.token(issued.token.id).mac == mac
    plane.clock.advance(DAY - 1)
    assert look() == 0
    plane.clock.advance(1)
    assert look() == 1
    assert generation(plane, issued) == 3


def test_a_webhook_that_cannot_be_delivered_gives_up_before_the_day_is_over(
    plane: ControlPlane, notices: Notices, issued: IssuedToken
) -> None:
    hook = notices.webhooks.create(
        NewWebhook("vault", "https://vault.example/hook", kinds=(Kind.USER_INVITED,)), ACTOR
    ).webhook
    new = NewRotationPolicy("hook", "installation", 10 * DAY, delivery="webhook", webhook_id=hook.id)
    plane.rotations.policies.create(new, ACTOR)
    mac = plane.policy.token(issued.token.id).mac
    plane.clock.advance(10 * DAY)
    assert plane.rotations.scheduler.look() == 1
    notices.receivers.outcomes = [Outcome(410, 5, "Gone.")]  # it wants nothing any more
    notices.deliver_due()
    plane.rotations.scheduler.look()
    assert plane.policy.token(issued.token.id).mac == mac


def test_a_look_is_bounded_and_the_next_one_goes_on(
    plane: ControlPlane, policy: RotationPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "LOOKED_AT", 2)
    for number in range(5):
        plane.tokens.issue(NewToken(f"t{number}"), ACTOR)
    plane.clock.advance(10 * DAY)
    assert [plane.rotations.scheduler.look() for _ in range(4)] == [2, 2, 1, 0]


def test_a_token_with_too_many_secrets_waits_and_stops_no_other(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy
) -> None:
    other = plane.tokens.issue(NewToken("other"), ACTOR)
    for _ in range(4):
        plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=300 * DAY)
    plane.clock.advance(10 * DAY)
    assert plane.rotations.scheduler.look() == 1
    assert generation(plane, other) == 2
