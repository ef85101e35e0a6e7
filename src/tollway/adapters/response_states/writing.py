"""One thread that writes for a worker, so that its event loop never waits for the disk or for another process.

What waits is written together, in one transaction. A process that was stopped while it held the lock of the file stops
the threads of the others, never their loops: what waits then is bounded, and more is turned away.
"""

import logging
import queue
import threading
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from typing import Any

import lmdb

from tollway.adapters.response_states.changes import Changes, Limits
from tollway.adapters.response_states.layout import Tables
from tollway.kernel.errors import TollwayError

WAITING_MAX = 1_024
WAITING_BYTES_MAX = 67_108_864
BATCH_MAX = 64
FULL_RETRIES = 8
EVICTED_WHEN_FULL = 16
"""A file that is full is relieved of so many states, then tried again."""
CLOSE_SECONDS = 5.0

log = logging.getLogger(__name__)
Act = Callable[[Changes], bool]


class _Order:
    """One change that waits, and who wants to know."""

    __slots__ = ("act", "future", "loop", "size")

    def __init__(self, act: Act, size: int, loop: AbstractEventLoop | None, future: "Future[bool] | None") -> None:
        self.act = act
        self.size = size
        self.loop = loop
        self.future = future


class WritingThread:
    """Carries changes out in the order in which they were handed over."""

    def __init__(self, environment: lmdb.Environment, tables: Tables, limits: Limits) -> None:
        self._environment: Any = environment  # lmdb has no types.
        self._tables = tables
        self._limits = limits
        self._orders: queue.Queue[_Order | None] = queue.Queue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._waiting_bytes = 0
        self._thread = threading.Thread(target=self._run, name="response-states", daemon=True)
        self._thread.start()

    def hand_over(
        self, act: Act, size: int, loop: AbstractEventLoop | None = None, future: "Future[bool] | None" = None
    ) -> bool:
        """Let a change be carried out soon; False when too much waits already. Never blocks.

        `future` gets what the change returns, or TollwayError gateway.states_unavailable, on its loop.
        """
        with self._lock:
            if self._waiting >= WAITING_MAX or self._waiting_bytes + size > WAITING_BYTES_MAX:
                return False
            self._waiting += 1
            self._waiting_bytes += size
        self._orders.put_nowait(_Order(act, size, loop, future))
        return True

    def close(self) -> bool:
        """Carry out what waits and end the thread; False when it is still stuck after CLOSE_SECONDS. Idempotent."""
        self._orders.put_nowait(None)
        self._thread.join(CLOSE_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (first := self._orders.get()) is not None:
            batch, is_last = self._gather(first)
            self._carry_out(batch)
            with self._lock:
                self._waiting -= len(batch)
                self._waiting_bytes -= sum(order.size for order in batch)
            if is_last:
                return

    def _gather(self, first: _Order) -> tuple[list[_Order], bool]:
        batch = [first]
        while len(batch) < BATCH_MAX:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                break
            if order is None:
                return batch, True
            batch.append(order)
        return batch, False

    def _carry_out(self, batch: list[_Order]) -> None:
        try:
            results = self._commit(batch)
        except (lmdb.Error, OSError, ValueError) as error:
            log.warning("responses are not kept: %s", error)
            failure = TollwayError("gateway.states_unavailable", internal=f"response states: {error}")
            for order in batch:
                _tell(order, failure)
            return
        for order, result in zip(batch, results, strict=True):
            _tell(order, result)

    def _commit(self, batch: list[_Order]) -> list[bool]:
        for _ in range(FULL_RETRIES):
            try:
                with self._environment.begin(write=True) as transaction:
                    changes = Changes(transaction, self._tables, self._limits)
                    return [order.act(changes) for order in batch]
            except lmdb.MapFullError:
                with self._environment.begin(write=True) as transaction:
                    Changes(transaction, self._tables, self._limits).evict(EVICTED_WHEN_FULL)
        raise lmdb.MapFullError("still full after the oldest states were forgotten")


def _tell(order: _Order, result: bool | TollwayError) -> None:
    if order.loop is None or order.future is None:
        return
    try:
        order.loop.call_soon_threadsafe(_settle, order.future, result)
    except RuntimeError:  # The loop was closed meanwhile: nobody waits any more.
        return


def _settle(future: "Future[bool]", result: bool | TollwayError) -> None:
    if future.done():
        return
    if isinstance(result, TollwayError):
        future.set_exception(result)
    else:
        future.set_result(result)
