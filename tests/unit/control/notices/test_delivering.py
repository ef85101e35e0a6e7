"""At least once, under one id: claimed, sent, recorded, tried again, given up, sent again by hand."""

from base64 import b64decode
from hashlib import sha256
from hmac import digest

import pytest

from kit.control import ACTOR
from kit.notices import Notices
from tollway.control.notices.delivering import ATTEMPTS_KEPT, CLAIM_SECONDS, KEPT_SECONDS
from tollway.control.notices.events import Event, UserInvited
from tollway.control.notices.model import (
    Delivery,
    DeliveryFilter,
    NewWebhook,
    Outcome,
    Outgoing,
    ShownSecret,
    WebhookChange,
)
from tollway.control.notices.retrying import RETRY_SECONDS
from tollway.kernel.errors import TollwayError

DOWN = Outcome(503, 5, "The receiver answered 503.", "upstream.protocol")
GONE = Outcome(410, 5, "The receiver answered 410.", "upstream.protocol")


def hook(notices: Notices, name: str = "a") -> ShownSecret:
    return notices.webhooks.create(NewWebhook(name, f"https://{name}.example/in?x=1"), ACTOR)


def tell(notices: Notices) -> None:
    notices.plane.notifier.tell(Event(UserInvited("user_1", "ada", "viewer", "x"), notices.clock.now_ns()))


def log(notices: Notices, webhook_id: str) -> list[Delivery]:
    return list(notices.deliveries.page(webhook_id, DeliveryFilter()).items)


def verifies(message: Outgoing, secret: str) -> bool:
    """Check as a receiver does, by the specification's own words."""
    headers = dict(message.headers)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + message.body
    mac = digest(b64decode(secret.removeprefix("whsec_")), signed, sha256)
    versions = [one.split(",", 1) for one in headers["webhook-signature"].split()]
    return any(version == "v1" and b64decode(value) == mac for version, value in versions)


def test_a_delivery_is_signed_and_done_with_one_good_answer(notices: Notices) -> None:
    shown = hook(notices)
    tell(notices)
    (delivery_id,) = notices.deliver_due()
    (message,) = notices.receivers.sent
    assert message.url == "https://a.example/in?x=1" and dict(message.headers)["webhook-id"] == delivery_id
    assert verifies(message, shown.secret.reveal()) and not verifies(message, "whsec_AAAA")
    (delivery,) = log(notices, shown.webhook.id)
    assert (delivery.state, delivery.due_ns, delivery.attempts_total) == ("delivered", None, 1)
    assert notices.webhooks.get(shown.webhook.id).delivered_ns == notices.clock.now_ns()
    assert notices.deliver_due() == []


def test_what_fails_is_tried_again_later_under_the_same_id_with_a_new_time(notices: Notices) -> None:
    shown = hook(notices)
    tell(notices)
    notices.receivers.outcomes = [DOWN, DOWN]
    first = notices.deliver_due()
    assert notices.deliver_due() == []
    notices.clock.advance(2)
    assert notices.deliver_due() == first
    notices.clock.advance(7.9)
    assert notices.deliver_due() == []
    notices.clock.advance(0.1)
    assert notices.deliver_due() == first
    stamps = [dict(message.headers)["webhook-timestamp"] for message in notices.receivers.sent]
    assert [int(stamp) - int(stamps[0]) for stamp in stamps] == [0, 2, 10]
    assert all(verifies(message, shown.secret.reveal()) for message in notices.receivers.sent)
    (delivery,) = log(notices, shown.webhook.id)
    assert [attempt.status for attempt in delivery.attempts] == [503, 503, 200]


def test_a_receiver_that_stays_away_is_given_up_after_a_day_and_the_log_says_so(notices: Notices) -> None:
    webhook = hook(notices).webhook
    tell(notices)
    notices.receivers.outcomes = [DOWN] * 100
    for _ in range(100):
        notices.deliver_due()
        (delivery,) = log(notices, webhook.id)
        if delivery.due_ns is None:
            break
        notices.clock.advance((delivery.due_ns - notices.clock.now_ns()) / 10**9)
    assert delivery.state == "failed" and 8 < delivery.attempts_total < 20
    assert delivery.attempts[-1].at_ns - delivery.created_ns <= RETRY_SECONDS * 10**9
    notices.clock.advance(1)
    again = notices.deliveries.resend(webhook.id, delivery.id, ACTOR)
    assert (again.state, again.due_ns) == ("pending", notices.clock.now_ns())
    notices.deliver_due()
    (delivery,) = log(notices, webhook.id)
    assert delivery.state == "pending" and delivery.due_ns == notices.clock.now_ns() + 2 * 10**9, "a new day begins"
    assert len(delivery.attempts) <= ATTEMPTS_KEPT


def test_two_deliverers_never_send_the_same_attempt(notices: Notices) -> None:
    hook(notices)
    for _ in range(3):
        tell(notices)
    one, other = notices.deliveries.claim(2), notices.deliveries.claim(16)
    assert (len(one), len(other)) == (2, 1)
    assert not {claim.delivery.id for claim in one} & {claim.delivery.id for claim in other}


def test_a_deliverer_that_died_is_followed_and_its_late_word_does_not_count(notices: Notices) -> None:
    webhook = hook(notices).webhook
    tell(notices)
    (lost,) = notices.deliveries.claim(16)
    notices.clock.advance(CLAIM_SECONDS - 1)
    assert notices.deliveries.claim(16) == ()
    notices.clock.advance(1)
    (again,) = notices.deliveries.claim(16)
    assert again.delivery.id == lost.delivery.id
    notices.deliveries.record(lost, DOWN)
    (delivery,) = log(notices, webhook.id)
    assert delivery.attempts == ()
    notices.deliveries.record(again, Outcome(204, 1, "Taken."))
    assert log(notices, webhook.id)[0].state == "delivered"


def test_a_claim_given_back_is_due_at_once(notices: Notices) -> None:
    hook(notices)
    tell(notices)
    (claim,) = notices.deliveries.claim(16)
    notices.deliveries.release(claim)
    assert [one.delivery.id for one in notices.deliveries.claim(16)] == [claim.delivery.id]


def test_a_receiver_that_hangs_takes_four_places_and_no_more(notices: Notices) -> None:
    slow, quick = hook(notices).webhook, hook(notices, "b").webhook
    for _ in range(10):
        tell(notices)
    claims = notices.deliveries.claim(16)
    counts = [sum(claim.delivery.webhook_id == one.id for claim in claims) for one in (slow, quick)]
    assert counts == [4, 4]
    rest = notices.deliveries.claim(16, without=[slow.id])
    assert {claim.delivery.webhook_id for claim in rest} == {quick.id}


def test_410_switches_the_webhook_off(notices: Notices) -> None:
    webhook = hook(notices).webhook
    tell(notices)
    notices.receivers.outcomes = [GONE]
    notices.deliver_due()
    off = notices.webhooks.get(webhook.id)
    assert off.state == "disabled" and off.disabled_reason is not None and off.version == 2
    assert log(notices, webhook.id)[0].state == "failed"
    with pytest.raises(TollwayError, match="disabled"):
        notices.deliveries.resend(webhook.id, log(notices, webhook.id)[0].id, ACTOR)
    on = notices.webhooks.change(webhook.id, WebhookChange(state="enabled"), ACTOR)
    assert on.disabled_reason is None


def test_what_waits_for_a_disabled_webhook_goes_on_waiting(notices: Notices) -> None:
    webhook = hook(notices).webhook
    tell(notices)
    notices.webhooks.change(webhook.id, WebhookChange(state="disabled"), ACTOR)
    assert notices.deliver_due() == []
    notices.webhooks.change(webhook.id, WebhookChange(state="enabled", url="https://new.example/"), ACTOR)
    assert len(notices.deliver_due()) == 1 and notices.receivers.sent[0].url == "https://new.example/"


def test_a_test_is_sent_at_once_and_once(notices: Notices) -> None:
    webhook = hook(notices).webhook
    notices.receivers.outcomes = [DOWN]
    tried = notices.deliveries.test(webhook.id, ACTOR)
    assert (tried.kind, tried.state, tried.due_ns) == ("webhook.test", "failed", None)
    notices.clock.advance(CLAIM_SECONDS)
    assert notices.deliver_due() == []


def test_a_secret_that_does_not_open_fails_the_delivery_and_no_other(notices: Notices) -> None:
    broken, whole = hook(notices).webhook, hook(notices, "b").webhook
    from sqlalchemy import update

    from tollway.adapters.storage.config_schema import webhooks

    with notices.plane.database.write():
        moved = update(webhooks).where(webhooks.c.id == broken.id).values(sealed=whole.sealed)
        notices.plane.database.writing().execute(moved)
    tell(notices)
    notices.deliver_due()
    assert [message.url for message in notices.receivers.sent] == ["https://b.example/in?x=1"]
    (failed,) = log(notices, broken.id)
    assert failed.attempts[-1].code == "upstream.no_credential"


def test_the_log_goes_back_thirty_days(notices: Notices) -> None:
    webhook = hook(notices).webhook
    tell(notices)
    notices.clock.advance(KEPT_SECONDS)
    tell(notices)
    assert notices.deliveries.purge() == 0
    notices.clock.advance(1)
    assert (notices.deliveries.purge(), len(log(notices, webhook.id))) == (1, 1)


def test_a_delivery_is_found_under_its_own_webhook_only(notices: Notices) -> None:
    webhook, other = hook(notices).webhook, hook(notices, "b").webhook
    delivery = notices.deliveries.test(webhook.id, ACTOR)
    for wrong in ((other.id, delivery.id), (webhook.id, "msg_none"), ("hook_none", delivery.id)):
        with pytest.raises(TollwayError, match="no such"):
            notices.deliveries.get(*wrong)


async def test_sending_is_the_sender_s(notices: Notices) -> None:
    hook(notices)
    tell(notices)
    (claim,) = notices.deliveries.claim(1)
    assert (await notices.deliveries.send(claim)).is_delivered
    assert notices.deliveries.count_pending([claim.delivery.webhook_id]) == {claim.delivery.webhook_id: 1}
