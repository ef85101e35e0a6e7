"""Hands what was just ingested to whoever watches.

Each subscriber has a bounded queue. One that is too slow to keep it from filling up is dropped, not waited for:
it subscribes again and asks for what it missed.
"""

import asyncio
from collections.abc import AsyncIterator

from tollway.contract.ledger_api import LiveBatch
from tollway.ledger.ingest import Ingested
from tollway.ledger.queries import decode_call

CALLS_MAX = 200
QUEUED_MAX = 32
SILENCE_SECONDS = 1.0


class Live:
    """The subscribers of one ledger; everything but `has_subscribers` is for the event loop's thread."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[LiveBatch | None]] = set()

    @property
    def has_subscribers(self) -> bool:
        """Whether anybody watches; may be asked from any thread."""
        return bool(self._queues)

    def publish(self, batch: LiveBatch) -> None:
        """Hand a batch to every subscriber; drop those whose queue is full."""
        for queue in list(self._queues):
            if queue.qsize() >= QUEUED_MAX:
                self._queues.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(batch)

    async def subscribe(self) -> AsyncIterator[LiveBatch]:
        """Yield batches from now on. Ends when this subscriber was too slow or the ledger stops."""
        queue: asyncio.Queue[LiveBatch | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while (batch := await queue.get()) is not None:
                yield batch
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """End every subscription."""
        for queue in self._queues:
            queue.put_nowait(None)
        self._queues.clear()


def build_batch(ingested: Ingested, at_ns: int) -> LiveBatch:
    """Return what subscribers see of one step: its figures and its newest calls."""
    return LiveBatch(
        at_ns,
        len(ingested.bodies),
        tuple(decode_call(body) for body in reversed(ingested.bodies[-CALLS_MAX:])),
        ingested.errors,
        ingested.cost_nanos,
        ingested.tokens,
    )
