"""To whom a new secret goes, and that nothing is rotated, and somebody is told, when there is nobody."""

import pytest
from sqlalchemy import update

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.adapters.storage.config_schema import tokens
from tollway.control.notices.model import NewWebhook
from tollway.control.rotations.model import NewRotationPolicy
from tollway.control.tokens.model import IssuedToken

DAY = 86_400


def mailed(plane: ControlPlane, to: str = "") -> None:
    new = NewRotationPolicy("mailed", "installation", 10 * DAY, delivery="mail", mail_to=to)
    plane.rotations.policies.create(new, ACTOR)
    plane.clock.advance(10 * DAY)


def give_to(plane: ControlPlane, issued: IssuedToken, user_id: str) -> None:
    with plane.database.write():
        plane.database.writing().execute(update(tokens).values(owner_id=user_id))


@pytest.mark.parametrize(("to", "expected"), [("", "ada@example.org"), ("ops@example.org", "ops@example.org")])
def test_the_owner_is_written_to_unless_the_policy_names_somebody(
    plane: ControlPlane, issued: IssuedToken, to: str, expected: str
) -> None:
    give_to(plane, issued, "user_1")
    plane.link_post.addresses["user_1"] = "ada@example.org"
    mailed(plane, to)
    assert plane.rotations.scheduler.look() == 1
    plane.rotations.links.send_due()
    assert [letter.to for letter in plane.link_post.sent] == [expected]


@pytest.mark.parametrize("missing", ["mail", "owner", "address"])
def test_without_anybody_to_write_to_nothing_is_rotated_and_it_is_told_once_a_day(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, missing: str
) -> None:
    notices.webhooks.create(NewWebhook("all", "https://all.example/"), ACTOR)
    if missing != "owner":
        give_to(plane, issued, "user_1")
    plane.link_post.is_set_up = missing != "mail"
    mailed(plane)
    before = plane.policy.token(issued.token.id)
    for _ in range(3):
        assert plane.rotations.scheduler.look() == 0
    assert plane.policy.token(issued.token.id) == before
    notices.deliver_due()
    assert sum(b"token.rotation_failed" in message.body for message in notices.receivers.sent) == 1
    plane.clock.advance(DAY)
    plane.rotations.scheduler.look()
    notices.deliver_due()
    assert sum(b"token.rotation_failed" in message.body for message in notices.receivers.sent) == 2
