"""What a policy could not deliver is listed until it was delivered, rotated by hand, or is no more of any policy."""

from collections.abc import Callable

import pytest

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.control.notices.model import NewWebhook, WebhookChange
from tollway.control.rotations.failing import SHOWN
from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy, RotationPolicyChange
from tollway.control.tokens.model import IssuedToken, NewToken

DAY = 86_400
Act = Callable[[ControlPlane, IssuedToken, RotationPolicy], object]


def fail(plane: ControlPlane) -> None:
    """Rotate what is due by a link, and have nobody come for it."""
    plane.clock.advance(10 * DAY)
    assert plane.rotations.scheduler.look() >= 1
    plane.clock.advance(DAY)
    plane.rotations.scheduler.look()


def test_what_nobody_collected_is_listed_with_the_next_try(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy
) -> None:
    assert plane.rotations.failing.find() == ()
    plane.clock.advance(10 * DAY)
    plane.rotations.scheduler.look()
    assert plane.rotations.failing.find() == (), "it waits"
    plane.clock.advance(DAY)
    plane.rotations.scheduler.look()
    (found,) = plane.rotations.failing.find()
    assert (found.token_id, found.token_name, found.policy_name) == (issued.token.id, "ci", "all")
    assert "Nobody collected" in found.detail and found.next_ns == plane.clock.now_ns() + DAY * 10**9


@pytest.mark.parametrize(
    "mend",
    [
        lambda plane, issued, policy: plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=60),
        lambda plane, issued, policy: plane.tokens.revoke(issued.token.id, ACTOR),
        lambda plane, issued, policy: plane.rotations.policies.remove(policy.id, ACTOR),
        lambda plane, issued, policy: plane.rotations.policies.change(
            policy.id, RotationPolicyChange(state="disabled"), ACTOR
        ),
    ],
    ids=["rotated", "revoked", "removed", "disabled"],
)
def test_it_is_over_when_a_person_has_seen_to_it(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy, mend: Act
) -> None:
    fail(plane)
    plane.clock.advance(60)
    mend(plane, issued, policy)
    assert plane.rotations.failing.find() == ()


def test_it_is_over_when_the_next_try_was_collected(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy
) -> None:
    fail(plane)
    plane.clock.advance(DAY)
    assert plane.rotations.scheduler.look() == 1
    plane.rotations.handovers.collect_as(issued.token.id, ACTOR)
    assert plane.rotations.failing.find() == ()


def test_who_cannot_be_reached_is_listed_until_they_can(
    plane: ControlPlane, issued: IssuedToken, notices: Notices
) -> None:
    hook = notices.webhooks.create(NewWebhook("vault", "https://vault.example/"), ACTOR).webhook
    new = NewRotationPolicy("vault", "installation", 10 * DAY, delivery="webhook", webhook_id=hook.id)
    plane.rotations.policies.create(new, ACTOR)
    notices.webhooks.change(hook.id, WebhookChange(state="disabled"), ACTOR)
    plane.clock.advance(10 * DAY)
    assert plane.rotations.scheduler.look() == 0
    (found,) = plane.rotations.failing.find()
    assert (found.token_id, found.policy_name, found.next_ns) == (issued.token.id, "vault", None)
    assert "disabled or gone" in found.detail
    notices.webhooks.change(hook.id, WebhookChange(state="enabled"), ACTOR)
    assert plane.rotations.failing.find() == ()


def test_the_list_is_bounded(plane: ControlPlane, policy: RotationPolicy) -> None:
    for number in range(SHOWN + 5):
        plane.tokens.issue(NewToken(f"ci {number}"), ACTOR)
    fail(plane)
    assert len({each.token_id for each in plane.rotations.failing.find()}) == SHOWN
