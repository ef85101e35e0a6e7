"""Rotation policies: made, changed and removed by who sees their scope."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.control.access.model import Reach, Sight
from tollway.control.actor import Actor
from tollway.control.applications.model import NewApplication
from tollway.control.notices.model import NewWebhook
from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy, RotationPolicyChange
from tollway.control.tokens.model import IssuedToken
from tollway.kernel.errors import TollwayError

DAY = 86_400
MINE = Actor("user_1", "user", sight=Sight(Reach.OWN, "user_1"))


def test_a_policy_is_kept_as_it_was_made(plane: ControlPlane, notices: Notices) -> None:
    hook = notices.webhooks.create(NewWebhook("vault", "https://vault.example/hook"), ACTOR).webhook
    owner = plane.applications.create(NewApplication("crm"), ACTOR)
    new = NewRotationPolicy("Quarterly", "application", 90 * DAY, owner.id, DAY, "webhook", hook.id)
    made = plane.rotations.policies.create(new, ACTOR)
    assert plane.rotations.policies.all() == (made,)
    assert plane.rotations.policies.get(made.id) == made
    assert (made.scope_id, made.delivery, made.webhook_id, made.state) == (owner.id, "webhook", hook.id, "active")


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("name", "", "/name"),
        ("every_seconds", 9, "/every_seconds"),
        ("overlap_seconds", 11 * DAY, "/overlap_seconds"),
        ("scope_id", "x", "/scope_id"),
        ("delivery", "webhook", "/webhook_id"),
        ("webhook_id", "hook_1", "/webhook_id"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_field(
    plane: ControlPlane, field: str, value: object, pointer: str
) -> None:
    new = replace(NewRotationPolicy("all", "installation", 10 * DAY), **{field: value})
    with pytest.raises(TollwayError) as caught:
        plane.rotations.policies.create(new, ACTOR)
    assert pointer in str(caught.value.faults)


@pytest.mark.parametrize("scope", ["team", "application", "token"])
def test_a_scope_that_is_not_there_is_refused(plane: ControlPlane, scope: str) -> None:
    sight = Sight(Reach.TEAM, "user_1", frozenset({"team_1"}))
    with pytest.raises(TollwayError) as caught:
        plane.rotations.policies.create(
            NewRotationPolicy("a", scope, DAY, "gone"),  # type: ignore[arg-type]  # a literal
            replace(ACTOR, sight=sight),
        )
    assert "/scope_id" in str(caught.value.faults)


def test_names_are_unique_whatever_their_case(plane: ControlPlane, policy: RotationPolicy) -> None:
    with pytest.raises(TollwayError) as caught:
        plane.rotations.policies.create(NewRotationPolicy("ALL", "installation", DAY), ACTOR)
    assert caught.value.code.name == "management.conflict"
    plane.rotations.policies.change(policy.id, RotationPolicyChange(name="All"), ACTOR)


def test_a_policy_is_changed_by_version(plane: ControlPlane, policy: RotationPolicy) -> None:
    policies = plane.rotations.policies
    changed = policies.change(policy.id, RotationPolicyChange(state="disabled"), ACTOR, expected_version=1)
    assert (changed.state, changed.version) == ("disabled", 2)
    assert policies.change(policy.id, RotationPolicyChange(state="disabled"), ACTOR) == changed
    with pytest.raises(TollwayError) as caught:
        policies.change(policy.id, RotationPolicyChange(name="b"), ACTOR, expected_version=1)
    assert caught.value.code.name == "management.precondition"
    policies.remove(policy.id, ACTOR, expected_version=2)
    assert policies.all() == ()


def test_people_see_and_make_policies_of_what_they_see(
    plane: ControlPlane, policy: RotationPolicy, issued: IssuedToken
) -> None:
    policies = plane.rotations.policies
    assert policies.all(MINE.sight) == ()
    for act in (
        lambda: policies.get(policy.id, MINE.sight),
        lambda: policies.change(policy.id, RotationPolicyChange(name="b"), MINE),
        lambda: policies.remove(policy.id, MINE),
    ):
        with pytest.raises(TollwayError) as caught:
            act()
        assert caught.value.code.name == "management.not_found"
    own = policies.create(NewRotationPolicy("mine", "token", DAY, issued.token.id), MINE)
    assert policies.all(MINE.sight) == (own,)


def test_policies_are_bounded(plane: ControlPlane, policy: RotationPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollway.control.rotations.service.POLICIES_MAX", 1)
    with pytest.raises(TollwayError, match="at most 1 rotation policies"):
        plane.rotations.policies.create(NewRotationPolicy("more", "installation", 10 * DAY), ACTOR)
