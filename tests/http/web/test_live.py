"""Live events: one subscription for all browsers, bounded queues, pings, and an end."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from fastapi import Request, Response

from kit.console import Console
from kit.control import ACTOR
from kit.matrix import add_person, sign_in
from tollway.contract.ledger_api import LiveBatch
from tollway.contract.records import CloseRecord
from tollway.control.access.model import Permission, Reach, Sight
from tollway.kernel.errors import TollwayError
from tollway.web import live
from tollway.web.asking import Asking
from tollway.web.identity import OPERATOR, Caller
from tollway.web.live import QUEUE_MAX, LiveFeed


class Source:
    """A ledger that sends what it is told to."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[LiveBatch | Exception] = asyncio.Queue()
        self.subscriptions = 0

    async def subscribe(self) -> AsyncIterator[LiveBatch]:
        self.subscriptions += 1
        while True:
            item = await self.queue.get()
            if isinstance(item, Exception):
                raise item
            yield item


def batch(counted: int = 1, *calls: CloseRecord) -> LiveBatch:
    return LiveBatch(at_ns=1_800_000_000 * 10**9, counted=counted, calls=calls, cost_nanos=5, tokens=7)


CALL = CloseRecord(
    "req_1", 10**18, 5, 200, "ok", "chat", method="POST", route="/v1/chat/completions", token_id="t", cost_nanos=None
)


async def follow(feed: LiveFeed) -> AsyncGenerator[bytes, None]:
    stream = feed.listen()
    assert await anext(stream) == b"retry: 2000\n\n"
    return stream


def names(pairs: object) -> dict[tuple[str, str], str]:
    return {("token", "t"): "ci"}


async def test_every_browser_gets_every_batch_from_one_subscription() -> None:
    source = Source()
    feed = LiveFeed(source, names)
    streams = [await follow(feed) for _ in range(5)]
    await source.queue.put(batch(1, CALL))
    for event in await asyncio.gather(*(anext(stream) for stream in streams)):
        kind, data = event.decode().strip().split("\n")
        assert kind == "event: live"
        shown = json.loads(data.removeprefix("data: "))
        assert shown["calls"][0]["token_name"] == "ci"
        assert shown["calls"][0]["cost_usd"] is None, "unpriced is not zero"
    assert source.subscriptions == 1
    await feed.close()


async def test_a_browser_that_does_not_read_loses_the_oldest_and_holds_no_more_than_the_bound() -> None:
    source = Source()
    feed = LiveFeed(source, names)
    slow, quick = await follow(feed), await follow(feed)
    for count in range(QUEUE_MAX * 3):
        await source.queue.put(batch(count))
        await anext(quick)
    got = [json.loads((await anext(slow)).split(b"data: ")[1])["counted"] for _ in range(QUEUE_MAX)]
    assert got == list(range(QUEUE_MAX * 2, QUEUE_MAX * 3))
    await feed.close()


async def test_pings_come_while_there_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.01)
    feed = LiveFeed(Source(), names)
    stream = await follow(feed)
    assert await anext(stream) == b"event: ping\ndata: {}\n\n"
    await feed.close()


async def test_the_subscription_is_tried_again_after_the_ledger_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RETRY_SECONDS", 0.0)
    source = Source()
    feed = LiveFeed(source, names)
    stream = await follow(feed)
    await source.queue.put(TollwayError("usage.unavailable"))
    await source.queue.put(batch(9))
    assert b'"counted":9' in await anext(stream)
    assert source.subscriptions == 2
    await feed.close()


async def test_the_subscription_ends_with_the_last_browser() -> None:
    source = Source()
    feed = LiveFeed(source, names)
    first, second = await follow(feed), await follow(feed)
    await first.aclose()
    await source.queue.put(batch(1))
    assert b"counted" in await anext(second)
    await second.aclose()
    await asyncio.sleep(0)
    third = await follow(feed)
    await source.queue.put(batch(2))
    assert b'"counted":2' in await anext(third)
    assert source.subscriptions == 2
    await feed.close()


async def test_closing_ends_every_stream() -> None:
    feed = LiveFeed(Source(), names)
    stream = await follow(feed)
    task = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    await feed.close()
    assert await asyncio.wait_for(task, 1) is None


async def test_a_full_house_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LISTENERS_MAX", 1)
    feed = LiveFeed(Source(), names)
    await follow(feed)
    with pytest.raises(TollwayError, match=r"gateway\.overloaded"):
        feed.listen()
    await feed.close()


async def test_everybody_hears_of_the_calls_in_their_sight_only() -> None:
    source = Source()
    feed = LiveFeed(source, names)
    sights = [Sight(Reach.ALL), Sight(Reach.TEAM, "user_1", frozenset({"red"})), Sight(Reach.TEAM, "user_2")]
    streams = [feed.listen(sight) for sight in sights]
    for stream in streams:
        await anext(stream)
    red = CloseRecord("req_2", 10**18, 5, 500, "ok", "chat", team_id="red", cost_nanos=3)
    await source.queue.put(batch(9, CALL, red))
    shown = [json.loads((await anext(stream)).split(b"data: ")[1]) for stream in streams]
    assert [[call["request_id"] for call in one["calls"]] for one in shown] == [["req_1", "req_2"], ["req_2"], []]
    assert [(one["counted"], one["errors"]) for one in shown] == [(9, 0), (1, 1), (0, 0)]
    await feed.close()


def test_a_stream_ends_with_its_session(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.0)
    user_id = add_person(console, "eve", "viewer")
    client = sign_in(console, "eve")
    secret = client.cookies["tollway"]
    caller = Caller("user", "viewer", "eve", user_id)
    request = Request(
        {
            "type": "http",
            "headers": [(b"cookie", f"tollway={secret}".encode())],
            "app": console.app,
            "scheme": "http",
            "server": ("localhost", 80),
            "path": "/",
        }
    )
    ask = Asking(console.services, caller, Permission.CALLS_READ, request, Response())
    assert live.stands(ask)
    console.plane.members.join("team_default", user_id, ACTOR)
    assert not live.stands(ask), "who sees something else now asks anew"
    console.plane.members.leave("team_default", user_id, ACTOR)
    assert live.stands(ask)
    console.plane.accounts.deactivate(user_id, ACTOR)
    assert not live.stands(ask)
    assert live.stands(Asking(console.services, OPERATOR, Permission.CALLS_READ, request, Response()))


async def test_what_stands_no_more_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.0)
    answers = iter([True, True, False])
    monkeypatch.setattr(live, "stands", lambda _: next(answers))

    async def events() -> AsyncGenerator[bytes, None]:
        while True:
            yield b"event"

    assert [event async for event in live.while_standing(None, events())] == [b"event"] * 2  # type: ignore[arg-type]
