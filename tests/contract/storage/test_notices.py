"""Webhooks, deliveries, mail and what was told, on SQLite and PostgreSQL."""

import threading
from pathlib import Path

import pytest

from kit.control import ACTOR, ControlPlane, Surroundings
from kit.notices import Notices
from tollway.adapters.storage.migrate import migrate
from tollway.control.notices.events import Event, Kind, UserInvited
from tollway.control.notices.model import DeliveryFilter, MailChange, NewWebhook, Outcome, WebhookChange
from tollway.kernel.secret import Secret

DOWN = Outcome(503, 5, "The receiver answered 503.", "upstream.protocol")


@pytest.fixture
def notices(database, tmp_path: Path) -> Notices:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return Notices(ControlPlane(Surroundings(writer, database("config", writer=False))).start())


def tell(notices: Notices, count: int = 1) -> None:
    for number in range(count):
        event = Event(UserInvited(f"user_{number}", "ada", "viewer", "x"), notices.clock.now_ns())
        notices.plane.notifier.tell(event)
        notices.clock.advance(0.001)


def hook(notices: Notices, name: str = "a") -> str:
    new = NewWebhook(name, "https://hooks.example/", (Kind.USER_INVITED,), ("10.0.0.0/8", "fd00::/8"))
    return notices.webhooks.create(new, ACTOR).webhook.id


def test_webhooks_are_read_as_they_were_written(notices: Notices) -> None:
    webhook = notices.webhooks.get(hook(notices, "Größe"))
    assert notices.plane.webhook_store.find_named("GRÖSSE") == webhook
    fresh = notices.webhooks.replace_secret(webhook.id, ACTOR).webhook
    changed = notices.webhooks.change(webhook.id, WebhookChange(kinds=None, state="disabled"), ACTOR)
    assert notices.webhooks.all() == (changed,) and changed.previous_sealed == webhook.sealed != fresh.sealed


def test_deliveries_are_read_as_they_were_written_in_pages(notices: Notices) -> None:
    webhook = hook(notices)
    tell(notices, 5)
    notices.receivers.outcomes = [DOWN]
    notices.deliver_due()
    found, after = [], None
    while True:
        page = notices.deliveries.page(webhook, DeliveryFilter(), after=after, limit=2)
        found += page.items
        if (after := page.next) is None:
            break
    assert [one.created_ns for one in found] == sorted((one.created_ns for one in found), reverse=True)
    assert len({one.id for one in found}) == 5
    assert [one.state for one in found] == ["delivered"] * 4 + ["pending"]
    assert found[-1].attempts[0].detail == DOWN.detail and found[-1] == notices.deliveries.get(webhook, found[-1].id)
    by_state = notices.deliveries.page(webhook, DeliveryFilter("pending", Kind.USER_INVITED))
    assert by_state.items == (found[-1],)
    assert notices.deliveries.page(webhook, DeliveryFilter(kind=Kind.TOKEN_CREATED)).items == ()
    assert notices.deliveries.count_pending([webhook, "hook_none"]) == {webhook: 1}
    assert notices.plane.delivery_store.is_full(webhook, 1)
    assert not notices.plane.delivery_store.is_full(webhook, 2)


def test_the_longest_due_is_claimed_first_and_by_one_only(notices: Notices) -> None:
    hook(notices)
    hook(notices, "b")
    tell(notices, 8)
    claimed: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        while claims := notices.deliveries.claim(3):
            for claim in claims:
                with lock:
                    claimed.append(claim.delivery.id)
                notices.deliveries.record(claim, Outcome(200, 1, "Taken."))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == len(set(claimed)) == 16
    assert notices.plane.delivery_store.has_due(notices.clock.now_ns()) is False


def test_a_restart_finds_what_was_waiting_and_under_way(notices: Notices) -> None:
    webhook = hook(notices)
    tell(notices, 2)
    (under_way,) = notices.deliveries.claim(1)
    after = Notices(ControlPlane(notices.plane.around))
    assert len(after.deliver_due()) == 1
    notices.clock.advance(60)
    assert after.deliver_due() == [under_way.delivery.id]
    assert {one.state for one in after.deliveries.page(webhook, DeliveryFilter()).items} == {"delivered"}


def test_what_is_old_is_purged_in_batches_oldest_first(notices: Notices) -> None:
    webhook = hook(notices)
    tell(notices, 3)
    newest, middle, oldest = notices.deliveries.page(webhook, DeliveryFilter()).items
    with notices.plane.database.write():
        assert notices.plane.delivery_store.purge(before_ns=newest.created_ns, limit=1) == 1
    assert notices.plane.delivery_store.find(oldest.id) is None
    with notices.plane.database.write():
        assert notices.plane.delivery_store.purge(before_ns=newest.created_ns, limit=10) == 1
    assert notices.plane.delivery_store.find(middle.id) is None
    assert notices.plane.delivery_store.find(newest.id) == newest


def test_mail_is_read_as_it_was_written(notices: Notices) -> None:
    change = MailChange("mail.example", 465, "tls", "t@example.com", "Größe", "bot", Secret("pw"))
    first = notices.mail.set_up(change, ACTOR)
    assert notices.mail.find() == first
    second = notices.mail.set_up(change, ACTOR, expected_version=1)
    assert notices.mail.find() == second and second.version == 2


def test_what_was_told_is_remembered_until_it_is_over(notices: Notices) -> None:
    told, database = notices.plane.told_store, notices.plane.database
    with database.write():
        told.put("a", 2**62)
        told.put("b", 5)
        told.put("b", 6)
        told.forget(before_ns=6)
    assert (told.find_until("a"), told.find_until("b"), told.find_until("c")) == (2**62, 6, None)


def test_what_counts_as_told_now_is_listed_by_its_beginning(notices: Notices) -> None:
    told, database = notices.plane.told_store, notices.plane.database
    with database.write():
        for subject, until_ns in (("x_y/b", 9), ("x_y/a", 9), ("x_y/c", 7), ("xzy/d", 9), ("x_y/e", 9)):
            told.put(subject, until_ns)
    assert told.current("x_y/", now_ns=7, limit=2) == ("x_y/a", "x_y/b")
    assert told.current("x_y/", now_ns=6, limit=9) == ("x_y/a", "x_y/b", "x_y/c", "x_y/e")
