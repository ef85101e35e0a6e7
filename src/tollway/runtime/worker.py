"""The main of a worker: the data plane on one event loop.

Serves from its policy store, meters and journal alone; it never opens a database. Leaves when told to (SIGTERM) or when
its supervisor is gone, after finishing the calls in flight.
"""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Sequence

import uvloop

from tollway.adapters.telemetry.logs import start_logging
from tollway.compose.worker import Worker, build_worker
from tollway.contract.records import TallyRecord
from tollway.contract.resting import RestingKey
from tollway.contract.stats import INDEX
from tollway.edge.server.listener import Listener
from tollway.kernel.clock import NANOS_PER_SECOND, SystemClock
from tollway.kernel.errors import TollwayError
from tollway.runtime.child import Listening, Start, receive_start
from tollway.runtime.share import ConnectionShare

log = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 1.0
SETTLE_LATE_SECONDS = 0.01
"""Slots and reservations of a call that has ended keep others out until then."""
SWEEPING_TURNS = 60
"""After how many of these turns kept responses that are too old are forgotten."""


def main(arguments: Sequence[str]) -> int:
    """Run one worker until it is told to stop; returns the exit code."""
    start = receive_start(arguments)
    name = f"worker-{start.index}"
    start_logging(name, start.settings.log.level)
    try:
        return uvloop.run(_run(start, name))
    except TollwayError as error:
        log.error("the worker cannot start: %s", error)
        return 1


async def _run(start: Start, name: str) -> int:
    worker = build_worker(start, name)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    worker.meters.on_put_off = _SettlingLate(worker, loop).begin
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    supervisor = Listening(start, worker.keys.adopt)
    supervisor.begin(loop, stop.set)
    share = ConnectionShare(
        start.settings.data / "run",
        start.settings.gateway.workers,
        worker.counters.values,
        lambda: len(worker.server.connections),
        SystemClock(),
    )
    listeners = [worker.server.listen(sock, tls=worker.tls, share=share.current) for sock in start.sockets]
    housekeeping = asyncio.create_task(_keep_house(worker, share, listeners), name="housekeeping")
    _tune_collector()
    _tune_allocator()
    start.ready()
    await stop.wait()
    for listener, sock in zip(listeners, start.sockets, strict=True):
        listener.close()
        # The last to let go of it frees the port: for refusals instead of waiting, or for a new start.
        sock.close()
    await worker.server.drain(start.settings.timeouts.drain_seconds)
    housekeeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await housekeeping
    _flush_tallies(worker)
    worker.counters.values[INDEX["connections_open"]] = 0
    supervisor.end(loop)
    worker.close()
    return 0


def _tune_allocator() -> None:
    """Let up to 8 MiB of what bodies took stay with the process when it is freed, instead of fetching it page by page.

    glibc raises its thresholds to what a mapped block had that is freed (mallopt(3), M_MMAP_THRESHOLD), and to twice
    that. Other allocators take no notice.
    """
    bytes(4 * 1024 * 1024)


def _tune_collector() -> None:
    """Let the cycle collector run seldom: values on the hot path are not tracked and calls leave no cycles behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class _SettlingLate:
    """Settles calls whose meters another process held, a little later and again until they are."""

    def __init__(self, worker: Worker, loop: asyncio.AbstractEventLoop) -> None:
        self._worker = worker
        self._loop = loop
        self._is_waiting = False

    def begin(self) -> None:
        """Something waits to be settled."""
        if not self._is_waiting:
            self._is_waiting = True
            self._loop.call_later(SETTLE_LATE_SECONDS, self._settle)

    def _settle(self) -> None:
        self._is_waiting = False
        self._worker.meters.settle_late()


async def _keep_house(worker: Worker, share: ConnectionShare, listeners: list[Listener]) -> None:
    """Once a second: tallies to the journal, slots of dead workers back, counters and resting keys up to date."""
    turn = 0
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        turn += 1
        if turn % SWEEPING_TURNS == 0:
            worker.states.sweep_soon()
        share.look()
        _end_compromised(worker)
        _tell_resting(worker)
        _flush_tallies(worker)
        try:
            worker.meters.reclaim_dead()
        except TollwayError:
            log.exception("slots of ended workers could not be reclaimed; trying again")


def _end_compromised(worker: Worker) -> None:
    """Break off what runs for tokens that were revoked as compromised: within a turn of the revocation."""
    running = worker.server.running()
    try:
        for place in worker.endings.find_ended(head for head, _ in running):
            running[place][1].abort()
    except TollwayError:
        log.exception("calls of compromised tokens could not be looked for; trying again")


def _tell_resting(worker: Worker) -> None:
    gateway = worker.gateway
    now, now_ns = gateway.monotonic_ns(), gateway.now_ns()
    worker.resting.tell(
        [
            RestingKey(provider_id, key_id, (now_ns + until - now) // NANOS_PER_SECOND + 1)
            for provider_id, key_id, until in gateway.health.resting(now)
        ]
    )


def _flush_tallies(worker: Worker) -> None:
    counts, worker.gateway.tallies = worker.gateway.tallies, {}
    if not counts:
        return
    second, refused = worker.gateway.now_ns() // NANOS_PER_SECOND, worker.gateway.refusals.take()
    try:
        worker.journal.append(TallyRecord(second, counts, refused))
    except TollwayError:
        log.exception("%d refusals could not be recorded", sum(counts.values()))
