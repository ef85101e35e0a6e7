"""The console's background work: everything due goes out, a hanging receiver holds nobody up, and nothing ends it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from kit.control import ACTOR, ControlPlane, open_surroundings
from kit.notices import Notices
from tollway.contract.resting import RestingKey
from tollway.control.notices.events import Event, UserInvited
from tollway.control.notices.model import DeliveryFilter, NewWebhook
from tollway.kernel.errors import TollwayError
from tollway.runtime import deliverer
from tollway.runtime.deliverer import Deliverer
from tollway.runtime.looks import Looks


@pytest.fixture
def notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notices]:
    monkeypatch.setattr(deliverer, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(deliverer, "CLOSE_SECONDS", 0.05)
    around = open_surroundings(tmp_path)
    yield Notices(ControlPlane(around).start())
    around.writer.dispose()
    around.reader.dispose()


@asynccontextmanager
async def running(notices: Notices) -> AsyncIterator[None]:
    task = asyncio.create_task(Deliverer(notices.desk, Looks(count().__next__)).run())
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def hook(notices: Notices, name: str) -> str:
    return notices.webhooks.create(NewWebhook(name, f"https://{name}.example/"), ACTOR).webhook.id


def tell(notices: Notices, count: int) -> None:
    for _ in range(count):
        notices.plane.notifier.tell(Event(UserInvited("user_1", "ada", "viewer", "x"), 0))


def states(notices: Notices, webhook_id: str) -> list[str]:
    return [delivery.state for delivery in notices.deliveries.page(webhook_id, DeliveryFilter()).items]


async def until(notices: Notices, count: int) -> None:
    async with asyncio.timeout(10):
        while len(notices.receivers.sent) < count:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)


async def test_everything_due_goes_out(notices: Notices) -> None:
    webhook = hook(notices, "a")
    tell(notices, 10)
    async with running(notices):
        await until(notices, 10)
    assert states(notices, webhook) == ["delivered"] * 10
    ids = [dict(message.headers)["webhook-id"] for message in notices.receivers.sent]
    assert len(set(ids)) == 10


async def test_what_is_under_way_at_the_end_is_given_back_and_sent_by_the_next(notices: Notices) -> None:
    webhook = hook(notices, "a")
    tell(notices, 2)
    notices.receivers.gate = asyncio.Event()
    async with running(notices):
        await asyncio.sleep(0.3)
    assert notices.receivers.sent == [] and states(notices, webhook) == ["pending"] * 2
    assert notices.plane.delivery_store.has_due(notices.clock.now_ns()), "nothing waits for a claim to run out"
    notices.receivers.gate.set()
    async with running(notices):
        await until(notices, 2)
    assert states(notices, webhook) == ["delivered"] * 2


async def test_a_fault_is_logged_and_the_work_goes_on(
    notices: Notices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hook(notices, "a")
    claim, faults = notices.deliveries.claim, [TollwayError("management.unavailable"), RuntimeError("a fault of ours")]

    def sometimes(*arguments, **options):
        if faults:
            raise faults.pop(0)
        return claim(*arguments, **options)

    monkeypatch.setattr(notices.deliveries, "claim", sometimes)
    tell(notices, 1)
    async with running(notices):
        await until(notices, 1)
    assert "cannot be delivered" in caplog.text and "a fault of ours" in caplog.text


async def test_it_watches_beside(notices: Notices) -> None:
    hook(notices, "a")
    notices.states.keys = [RestingKey("prov_1", "key_1", notices.clock.now_ns() // 10**9 + 60)]
    async with running(notices):
        await until(notices, 1)
    assert b"provider.failing" in notices.receivers.sent[0].body
