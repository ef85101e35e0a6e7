"""Live events for browsers (server-sent events), from one subscription at the ledger for all of them.

The subscription exists while anybody listens. Each browser has a bounded queue; a browser that does
not keep up loses the oldest events, never memory of ours, and is told to reload its figures. When
the ledger goes away the streams stay open with pings and the subscription is tried again.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection
from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tollway.contract.ledger_api import LiveBatch
from tollway.control.access.model import EVERYWHERE, Reach, Sight
from tollway.control.usage.shown import CallOutput, Names, ids_of_calls, show_call
from tollway.kernel.errors import TollwayError
from tollway.kernel.money import format_usd
from tollway.web.asking import Asking, ReadCalls
from tollway.web.cookies import find_session
from tollway.web.fields import Instant, Output, Usd, format_instant
from tollway.web.ports import LiveSource

router = APIRouter(tags=["usage"])

PING_SECONDS = 5.0
QUEUE_MAX = 16
LISTENERS_MAX = 200
RETRY_SECONDS = 1.0
FIRST_ERROR_STATUS = 400


class LiveOutput(Output):
    """What was just recorded. `calls` are at most 200 of them, the newest; `counted` says how many there were."""

    at: Instant
    counted: int
    errors: int
    cost_usd: Usd
    tokens: int
    calls: list[CallOutput]


@dataclass(eq=False, slots=True)
class _Listener:
    """One browser's queue of finished events, of the calls in its sight."""

    sight: Sight
    events: deque[bytes] = field(default_factory=lambda: deque(maxlen=QUEUE_MAX))
    has_news: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False


class LiveFeed:
    """Fans one ledger subscription out to many browsers. Lives in the event loop of the console."""

    def __init__(self, source: LiveSource, find_names: Callable[[Collection[tuple[str, str]]], Names]) -> None:
        self._source = source
        self._find_names = find_names
        self._listeners: set[_Listener] = set()
        self._pump: asyncio.Task[None] | None = None

    def listen(self, sight: Sight = EVERYWHERE) -> AsyncGenerator[bytes, None]:
        """Return a stream of events about the calls in sight, with pings while there is nothing to tell.

        It ends when the console stops.

        Raises gateway.overloaded, at once, when LISTENERS_MAX browsers listen already.
        """
        if len(self._listeners) >= LISTENERS_MAX:
            raise TollwayError("gateway.overloaded", public="Too many live views are open.")
        return self._follow(sight)

    async def _follow(self, sight: Sight) -> AsyncGenerator[bytes, None]:
        listener = _Listener(sight)
        self._listeners.add(listener)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())
        try:
            yield b"retry: 2000\n\n"
            while not listener.is_over:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PING_SECONDS):
                        await listener.has_news.wait()
                listener.has_news.clear()
                if not listener.events and not listener.is_over:
                    yield b"event: ping\ndata: {}\n\n"
                while listener.events:
                    yield listener.events.popleft()
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._stop_pump()

    async def close(self) -> None:
        """End all streams."""
        for listener in self._listeners:
            listener.is_over = True
            listener.has_news.set()
        self._stop_pump()

    def _stop_pump(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TollwayError, OSError):
                async for batch in self._source.subscribe():
                    await self._spread(batch)
            await asyncio.sleep(RETRY_SECONDS)

    async def _spread(self, batch: LiveBatch) -> None:
        """Write the batch once for each different sight, and give it to who listens with that."""
        listeners = list(self._listeners)
        for sight in {listener.sight for listener in listeners}:
            event = await run_in_threadpool(self._write, within(batch, sight))
            for listener in listeners:
                if listener.sight == sight:
                    listener.events.append(event)
                    listener.has_news.set()

    def _write(self, batch: LiveBatch) -> bytes:
        try:
            names = self._find_names(ids_of_calls(batch.calls))
        except TollwayError:
            names = {}
        shown = LiveOutput(
            at=format_instant(batch.at_ns),
            counted=batch.counted,
            errors=batch.errors,
            cost_usd=format_usd(batch.cost_nanos),
            tokens=batch.tokens,
            calls=[show_call(call, names) for call in batch.calls],
        )
        return b"event: live\ndata: " + shown.model_dump_json().encode() + b"\n\n"


def within(batch: LiveBatch, sight: Sight) -> LiveBatch:
    """Return the batch as somebody sees it: whole, or the sums and calls of their teams among the calls in it."""
    if sight.reach is Reach.ALL:
        return batch
    calls = tuple(call for call in batch.calls if sight.covers(team_id=call.team_id or None))
    return LiveBatch(
        at_ns=batch.at_ns,
        counted=len(calls),
        calls=calls,
        errors=sum(call.status >= FIRST_ERROR_STATUS for call in calls),
        cost_nanos=sum(call.cost_nanos or 0 for call in calls),
        tokens=sum(call.usage.input_tokens + call.usage.output_tokens for call in calls),
    )


@router.get(
    "/live",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `live` with the data below, `ping` every 5 seconds without news.",
            "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/LiveOutput"}}},
        }
    },
)
async def stream_live(ask: ReadCalls) -> StreamingResponse:
    """Stream what is recorded, as it is recorded."""
    feed = ask.request.app.state.live
    assert isinstance(feed, LiveFeed)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    events = while_standing(ask, feed.listen(ask.sight))
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def while_standing(ask: Asking, events: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """End the stream when its session has ended or sees something else now; the browser then asks anew."""
    checked = time.monotonic()
    async with contextlib.aclosing(events):
        async for event in events:
            if time.monotonic() - checked >= PING_SECONDS:
                if not await run_in_threadpool(stands, ask):
                    return
                checked = time.monotonic()
            yield event


def stands(ask: Asking) -> bool:
    """Return whether the caller is still signed in, with the same role and teams. Counts as no use of the session."""
    caller = ask.caller
    if caller.kind == "local":
        return True
    found = ask.services.sessions.look_at(find_session(ask.request) or "")
    return found is not None and (found.role, found.team_ids) == (caller.role, caller.team_ids)
