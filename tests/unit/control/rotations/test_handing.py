"""A new secret waits sealed, is collected once, and is void when nobody comes for it."""

import json
from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from kit.life import COLLECT_URL
from kit.notices import Notices
from tollway.contract.life import ALWAYS_NS
from tollway.control.notices.events import Kind
from tollway.control.notices.model import NewWebhook, WebhookChange
from tollway.control.rotations.handing import COLLECT_SECONDS
from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy
from tollway.control.tokens.model import IssuedToken
from tollway.kernel.errors import TollwayError
from tollway.policy.token import generate_token, renew_token

DAY = 86_400


@pytest.fixture
def by_webhook(plane: ControlPlane, notices: Notices) -> RotationPolicy:
    hook = notices.webhooks.create(
        NewWebhook("vault", "https://vault.example/hook", kinds=(Kind.USER_INVITED,)), ACTOR
    ).webhook
    new = NewRotationPolicy("hook", "installation", 10 * DAY, delivery="webhook", webhook_id=hook.id)
    return plane.rotations.policies.create(new, ACTOR)


def begin(plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy):
    with plane.database.write():
        handover = plane.rotations.handovers.begin(plane.tokens.get(issued.token.id), policy)
    assert handover is not None
    return handover


def sent_token(notices: Notices) -> str:
    """Return the collecting token that the webhook was sent."""
    notices.deliver_due()
    (message,) = notices.receivers.sent
    body = json.loads(message.body)
    assert body["type"] == "token.secret_ready"
    assert body["data"]["collect_url"] == COLLECT_URL
    token: str = body["data"]["collect_token"]
    return token


def test_the_old_secret_works_until_the_new_one_is_collected_and_then_for_the_overlap(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, by_webhook: RotationPolicy
) -> None:
    begin(plane, issued, by_webhook)
    assert plane.policy.token(issued.token.id).old_secrets[0].valid_until_ns == ALWAYS_NS
    collecting = sent_token(notices)
    plane.clock.advance(3_600)
    collected = plane.rotations.handovers.collect(collecting, address="192.0.2.9")
    record = plane.policy.token(issued.token.id)
    mac = plane.keys.mac(collected.secret.reveal().encode(), record.pepper_version)
    assert record.mac == mac
    assert record.old_secrets[0].valid_until_ns == plane.clock.now_ns() + DAY * 10**9


def test_it_is_collected_once_and_who_comes_second_learns_nothing(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, by_webhook: RotationPolicy
) -> None:
    begin(plane, issued, by_webhook)
    collecting = sent_token(notices)
    plane.rotations.handovers.collect(collecting, address="192.0.2.9")
    answers = set()
    unknown = generate_token("w", bytes(48)).reveal()
    wrong = renew_token("w", collecting[4:16], bytes(32)).reveal()
    other_kind = renew_token("s", collecting[4:16], bytes(32)).reveal()
    for presented in (collecting, unknown, wrong, other_kind, issued.secret.reveal(), "", "tww_"):
        with pytest.raises(TollwayError) as caught:
            plane.rotations.handovers.collect(presented, address="192.0.2.66")
        answers.add((caught.value.code.name, str(caught.value.public)))
    assert len(answers) == 1
    waiting = plane.rotations.scheduler._parts.waiting.last_of(issued.token.id)
    assert waiting is not None
    assert (waiting.state, waiting.collected_from, waiting.sealed) == ("collected", "192.0.2.9", None)


def test_after_a_day_there_is_nothing_to_collect(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, by_webhook: RotationPolicy
) -> None:
    begin(plane, issued, by_webhook)
    collecting = sent_token(notices)
    plane.clock.advance(COLLECT_SECONDS)
    with pytest.raises(TollwayError, match="nothing to collect"):
        plane.rotations.handovers.collect(collecting, address="")


def test_what_is_given_up_leaves_the_old_secret_and_is_told(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, by_webhook: RotationPolicy
) -> None:
    notices.webhooks.create(NewWebhook("all", "https://all.example/"), ACTOR)
    before = plane.policy.token(issued.token.id)
    handover = begin(plane, issued, by_webhook)
    plane.rotations.handovers.give_up(handover, "hook", "Nobody came.")
    plane.rotations.handovers.give_up(handover, "hook", "Nobody came.")
    record = plane.policy.token(issued.token.id)
    assert (record.mac, record.generation) == (before.mac, before.generation)
    assert record.old_secrets[0].valid_until_ns <= plane.clock.now_ns()  # the new one is void
    notices.deliver_due()
    kinds = [json.loads(message.body)["type"] for message in notices.receivers.sent]
    assert kinds.count("token.rotation_failed") == 1


def test_what_was_collected_is_not_given_up(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, by_webhook: RotationPolicy
) -> None:
    handover = begin(plane, issued, by_webhook)
    plane.rotations.handovers.collect(sent_token(notices), address="")
    record = plane.policy.token(issued.token.id)
    plane.rotations.handovers.give_up(handover, None, "too late")
    assert plane.policy.token(issued.token.id) == record


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_a_secret_that_is_no_longer_the_tokens_is_not_handed_over(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, by_webhook: RotationPolicy, end: str
) -> None:
    handover = begin(plane, issued, by_webhook)
    collecting = sent_token(notices)
    if end == "revoke":
        plane.tokens.revoke(issued.token.id, ACTOR)
    else:
        plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=0)
    record = plane.policy.token(issued.token.id)
    with pytest.raises(TollwayError, match="nothing to collect"):
        plane.rotations.handovers.collect(collecting, address="")
    plane.rotations.handovers.give_up(handover, None, "over")
    assert plane.policy.token(issued.token.id) == record


def test_who_may_change_the_token_may_collect_without_a_link(
    plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy
) -> None:
    begin(plane, issued, policy)
    assert plane.rotations.handovers.find_waiting(issued.token.id) is not None
    collected = plane.rotations.handovers.collect_as(issued.token.id, replace(ACTOR, address="192.0.2.3"))
    assert collected.secret.reveal().startswith(f"tws_{issued.token.id}")
    assert plane.rotations.handovers.find_waiting(issued.token.id) is None
    with pytest.raises(TollwayError, match="No new secret"):
        plane.rotations.handovers.collect_as(issued.token.id, ACTOR)


def test_without_its_webhook_nothing_is_rotated(
    plane: ControlPlane, notices: Notices, issued: IssuedToken, by_webhook: RotationPolicy
) -> None:
    assert by_webhook.webhook_id is not None
    notices.webhooks.change(by_webhook.webhook_id, WebhookChange(state="disabled"), ACTOR)
    before = plane.policy.token(issued.token.id)
    with plane.database.write():
        assert plane.rotations.handovers.begin(issued.token, by_webhook) is None
    assert plane.policy.token(issued.token.id) == before


def test_neither_secret_is_stored_in_clear(plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy) -> None:
    begin(plane, issued, policy)
    with plane.database.reading() as connection:
        rows = [repr(row) for row in connection.exec_driver_sql("SELECT * FROM handovers")]
    collected = plane.rotations.handovers.collect_as(issued.token.id, ACTOR)
    assert all(collected.secret.reveal()[16:] not in row for row in rows)


def test_what_ended_long_ago_is_forgotten(plane: ControlPlane, issued: IssuedToken, policy: RotationPolicy) -> None:
    begin(plane, issued, policy)
    plane.rotations.handovers.collect_as(issued.token.id, ACTOR)
    plane.clock.advance(91 * DAY)
    plane.rotations.scheduler.tidy()
    assert plane.rotations.scheduler._parts.waiting.last_of(issued.token.id) is None
