"""Webhooks are made, changed and deleted."""

import json

import pytest
from sqlalchemy import select

from kit.control import ACTOR
from kit.notices import Notices
from tollway.adapters.storage.config_schema import webhooks
from tollway.control.audit.model import Wanted
from tollway.control.faults import Invalid
from tollway.control.notices import service
from tollway.control.notices.events import Kind
from tollway.control.notices.model import NewWebhook, WebhookChange
from tollway.control.notices.service import show_facts
from tollway.kernel.errors import TollwayError

A = NewWebhook("a", "https://a.example/in?token=canary", (Kind.TOKEN_CREATED, Kind.TOKEN_CREATED), ("10.0.0.0/8",))


def test_a_webhook_is_made_with_a_secret_that_is_nowhere_else(notices: Notices) -> None:
    shown = notices.webhooks.create(A, ACTOR)
    assert notices.webhooks.get(shown.webhook.id) == shown.webhook and notices.webhooks.all() == (shown.webhook,)
    assert shown.webhook.kinds == (Kind.TOKEN_CREATED,)
    with notices.plane.database.reading() as connection:
        row = repr(connection.execute(select(webhooks)).one())
    (entry, *_) = notices.plane.audit.page(Wanted(action="webhook.create"))
    for text in (row, repr(shown), repr(entry)):
        assert shown.secret.reveal() not in text
    assert "canary" not in repr(entry) and json.loads(entry.after or "")["url"] == "https://a.example/in"


@pytest.mark.parametrize(
    ("new", "pointer"),
    [
        (NewWebhook(" a", "https://a.example/"), "/name"),
        (NewWebhook("a", "ftp://a.example/"), "/url"),
        (NewWebhook("a", "https://user:pw@a.example/"), "/url"),
        (NewWebhook("a", "https://a.example/#x"), "/url"),
        (NewWebhook("a", "https://a.example:25/"), "/url"),
        (NewWebhook("a", "https://a.example/ x"), "/url"),
        (NewWebhook("a", "https://a.example/", (), ()), "/events"),
        (NewWebhook("a", "https://a.example/", (Kind.WEBHOOK_TEST,)), "/events/0"),
        (NewWebhook("a", "https://a.example/", None, ("not a block",)), "/url"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(notices: Notices, new: NewWebhook, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        notices.webhooks.create(new, ACTOR)
    assert [fault.path for fault in refused.value.faults] == [pointer]
    assert notices.webhooks.all() == ()


def test_a_change_changes_what_is_given_and_names_are_unique(notices: Notices) -> None:
    webhook = notices.webhooks.create(A, ACTOR).webhook
    other = notices.webhooks.create(NewWebhook("b", "https://b.example/"), ACTOR).webhook
    changed = notices.webhooks.change(webhook.id, WebhookChange(kinds=None), ACTOR, expected_version=1)
    assert (changed.kinds, changed.url, changed.version) == (None, A.url, 2)
    assert notices.webhooks.change(webhook.id, WebhookChange(name="a"), ACTOR) == changed, "nothing changed"
    with pytest.raises(TollwayError, match="name"):
        notices.webhooks.change(other.id, WebhookChange(name="A"), ACTOR)
    with pytest.raises(TollwayError) as stale:
        notices.webhooks.change(webhook.id, WebhookChange(name="c"), ACTOR, expected_version=1)
    assert stale.value.code.name == "management.precondition"


def test_a_new_secret_with_no_overlap_ends_the_old_one(notices: Notices) -> None:
    shown = notices.webhooks.create(A, ACTOR)
    fresh = notices.webhooks.replace_secret(shown.webhook.id, ACTOR, overlap_seconds=0)
    in_force = notices.secrets.in_force(fresh.webhook, notices.clock.now_ns())
    assert [one.reveal() for one in in_force] == [fresh.secret.reveal()]
    for seconds in (-1, 7 * 86_400 + 1):
        with pytest.raises(Invalid):
            notices.webhooks.replace_secret(shown.webhook.id, ACTOR, overlap_seconds=seconds)


def test_a_deleted_webhook_takes_its_log_along(notices: Notices) -> None:
    webhook = notices.webhooks.create(A, ACTOR).webhook
    delivery = notices.deliveries.test(webhook.id, ACTOR)
    notices.webhooks.delete(webhook.id, ACTOR, expected_version=1)
    assert notices.plane.delivery_store.find(delivery.id) is None
    with pytest.raises(TollwayError, match="no such webhook"):
        notices.webhooks.delete(webhook.id, ACTOR)


def test_there_is_an_end_to_how_many_there_are(notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WEBHOOKS_MAX", 1)
    notices.webhooks.create(A, ACTOR)
    with pytest.raises(Invalid, match="at most 1"):
        notices.webhooks.create(NewWebhook("b", "https://b.example/"), ACTOR)


def test_the_audit_is_shown_no_query(notices: Notices) -> None:
    assert show_facts(notices.webhooks.create(A, ACTOR).webhook)["url"] == "https://a.example/in"
