"""What happened is queued exactly when the change it tells of is stored."""

import json

import pytest

from kit.control import ACTOR
from kit.notices import Notices
from tollway.control.accounts.model import NewUser
from tollway.control.notices import telling
from tollway.control.notices.events import Event, Kind, UserInvited
from tollway.control.notices.model import DeliveryFilter, NewWebhook, Webhook, WebhookChange
from tollway.control.tokens.model import NewToken

EVENT = Event(UserInvited("user_1", "ada", "viewer", "x"), 1)


def hook(notices: Notices, name: str = "a", kinds: tuple[Kind, ...] | None = None) -> Webhook:
    return notices.webhooks.create(NewWebhook(name, f"https://{name}.example/", kinds), ACTOR).webhook


def bodies(notices: Notices, webhook: Webhook) -> list[dict[str, object]]:
    page = notices.deliveries.page(webhook.id, DeliveryFilter())
    return [json.loads(delivery.body) for delivery in reversed(page.items)]


def test_each_webhook_gets_what_it_asked_for_under_one_event_id(notices: Notices) -> None:
    every = hook(notices)
    people = hook(notices, "b", (Kind.USER_INVITED,))
    tokens = hook(notices, "c", (Kind.TOKEN_CREATED,))
    notices.plane.notifier.tell(EVENT)
    assert bodies(notices, every) == bodies(notices, people) and len(bodies(notices, every)) == 1
    assert bodies(notices, tokens) == []


def test_what_the_services_do_is_told(notices: Notices) -> None:
    webhook, plane = hook(notices), notices.plane
    issued = plane.tokens.issue(NewToken("ci"), ACTOR)
    plane.tokens.revoke(issued.token.id, ACTOR, reason="leaked")
    plane.tokens.revoke(issued.token.id, ACTOR)
    user = plane.accounts.invite(NewUser("eve", "viewer"), ACTOR).user
    plane.accounts.deactivate(user.id, ACTOR)
    plane.accounts.deactivate(user.id, ACTOR)
    told = bodies(notices, webhook)
    assert sorted(str(one["type"]) for one in told) == [
        "token.created", "token.revoked", "user.deactivated", "user.invited",
    ]  # fmt: skip
    assert issued.secret.reveal() not in json.dumps(told)


def test_a_change_that_is_taken_back_tells_nothing(notices: Notices) -> None:
    webhook = hook(notices)
    with pytest.raises(RuntimeError), notices.plane.database.write():
        notices.plane.notifier.tell(EVENT)
        raise RuntimeError
    assert bodies(notices, webhook) == []


def test_a_disabled_webhook_misses_what_happens_meanwhile(notices: Notices) -> None:
    webhook = hook(notices)
    notices.webhooks.change(webhook.id, WebhookChange(state="disabled"), ACTOR)
    notices.plane.notifier.tell(EVENT)
    assert bodies(notices, webhook) == []


def test_a_full_queue_is_counted_and_never_in_the_way(notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PENDING_MAX", 3)
    webhook, other = hook(notices), hook(notices, "b")
    for _ in range(5):
        notices.plane.notifier.tell(EVENT)
    assert len(bodies(notices, webhook)) == 3
    assert [notices.webhooks.get(one.id).dropped for one in (webhook, other)] == [2, 2]
    notices.deliver_due()
    notices.plane.notifier.tell(EVENT)
    assert len(bodies(notices, webhook)) == 4
