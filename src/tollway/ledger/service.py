"""The ledger at work: one thread that ingests, a few that read, and a Unix socket that answers.

The event loop only moves frames. When the database or a journal fails, the ledger says so once, waits and tries
again: records are safe in the journals meanwhile, and nothing that workers do depends on it.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec import structs

from tollway.contract.ledger_api import (
    Failure,
    FindingsQuery,
    HealthAnswer,
    HealthQuery,
    HeedAnswer,
    HeedPolicy,
    InFlightAnswer,
    InFlightQuery,
    LiveBatch,
    Request,
    Subscribe,
)
from tollway.contract.ledger_frames import (
    PREFIX_BYTES,
    REQUEST_BYTES_MAX,
    decode_request,
    encode_frame,
    payload_bytes,
)
from tollway.contract.watching import WatchPolicy
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.ledger.in_flight import count_in_flight
from tollway.ledger.ingest import Ingest, Ingested
from tollway.ledger.live import SILENCE_SECONDS, Live, build_batch
from tollway.ledger.ports import JournalSource, LedgerStore, UsageReader
from tollway.ledger.queries import answer, answer_findings
from tollway.ledger.retention import ROWS_MAX, Keep, sweep
from tollway.ledger.watching.watch import Watch

STEP_SECONDS = 0.5
"""Between two steps: each costs about a millisecond whatever it takes in, and live pages may be a second behind."""
RETRY_SECONDS = 1.0
SWEEP_SECONDS = 60.0
SWEEP_MORE_SECONDS = 1.0
SAVE_SECONDS = 30.0
"""Between two times that the watch's learning is written: what a crash loses of it."""
FINDINGS_DAYS = 30
READER_THREADS = 3
STOP_SECONDS = 10.0
SEND_SECONDS = 10.0

_log = logging.getLogger(__name__)


class Parts(msgspec.Struct, frozen=True):
    """What the ledger is built from. `open_store` migrates and opens the database; it is called until it succeeds."""

    journal: JournalSource
    open_store: Callable[[], LedgerStore]
    reader: UsageReader
    keep: Keep
    clock: Clock
    close: Callable[[], None] = lambda: None
    """Ends the connections; the last thing that is done."""


class Writer:
    """Drives ingest and retention in a thread of their own, which owns the store."""

    def __init__(self, parts: Parts, publish: Callable[[Ingested], None]) -> None:
        self._parts = parts
        self._publish = publish
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger-writer")
        self._ingest: Ingest | None = None
        self._store: LedgerStore | None = None
        self._sweep_at_ns = 0
        self._save_at_ns = 0
        self._last_ingest_ns = 0
        self._problem = ""
        self.leaves_the_rest = False
        """Set when nothing more is to be taken in after a stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Take in records until `stop` is set, then what is there, for at most STOP_SECONDS."""
        while not stop.is_set():
            ingested = await self._turn()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_pause(ingested)):
                    await stop.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                while not self.leaves_the_rest and (ingested := await self._turn()) and ingested.has_read:
                    pass
            # In their own thread as well; what is not written within the time is learned anew.
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.wait([asyncio.get_running_loop().run_in_executor(self._thread, self._save_watch)])
        self._thread.shutdown(wait=False, cancel_futures=True)

    def health(self) -> HealthAnswer:
        """Return how far behind the database is. From any thread."""
        ingest = self._ingest
        if ingest is None:
            return HealthAnswer(0, 0, 0, 0, self._problem or "starting")
        return HealthAnswer(ingest.lag_bytes(), ingest.ingested, self._last_ingest_ns, ingest.orphans, self._problem)

    @property
    def watch_revision(self) -> int:
        """The revision of the policy that is heeded; -1 before the database was opened. From any thread."""
        return -1 if self._ingest is None else self._ingest.watch.revision

    def heed(self, policy: WatchPolicy) -> int:
        """Watch by this policy from the next step on; return which revision is heeded. From any thread."""
        if self._ingest is not None:
            self._ingest.watch.take_policy(policy)
        return self.watch_revision

    def in_flight(self) -> InFlightAnswer:
        """Return which upstreams have calls, as of the last step. From any thread."""
        return InFlightAnswer(count_in_flight(self._ingest.open_bodies() if self._ingest else ()))

    async def _turn(self) -> Ingested | None:
        """Do one step; None when it failed, which has been said."""
        step = asyncio.get_running_loop().run_in_executor(self._thread, self._step)
        await asyncio.wait([step])
        error = step.exception()
        if error is not None:
            self._report(error)
            return None
        if self._problem:
            _log.warning("ledger: recovered")
            self._problem = ""
        ingested = step.result()
        if ingested.bodies:
            self._publish(ingested)
        return ingested

    def _step(self) -> Ingested:
        if self._store is None or self._ingest is None:
            self._store = self._parts.open_store()
            self._ingest = Ingest(self._parts.journal, self._store)
        ingested = self._ingest.step()
        if not ingested.is_more:
            self._ingest.condense(self._parts.clock.now_ns())
        self._look_after_watch(self._ingest.watch)
        self._last_ingest_ns = now_ns = self._parts.clock.now_ns()
        monotonic_ns = self._parts.clock.monotonic_ns()
        if monotonic_ns >= self._sweep_at_ns:
            is_more = sweep(self._store, self._parts.keep, now_ns)
            pause = SWEEP_MORE_SECONDS if is_more else SWEEP_SECONDS
            self._sweep_at_ns = monotonic_ns + round(pause * NANOS_PER_SECOND)
        return ingested

    def _look_after_watch(self, watch: Watch) -> None:
        assert self._store is not None
        monotonic_ns = self._parts.clock.monotonic_ns()
        if monotonic_ns >= self._save_at_ns:
            watch.save()
            watch.sweep(self._parts.clock.now_ns() - FINDINGS_DAYS * 86_400 * NANOS_PER_SECOND, ROWS_MAX)
            self._save_at_ns = monotonic_ns + round(SAVE_SECONDS * NANOS_PER_SECOND)

    def _save_watch(self) -> None:
        if self._ingest is not None and not self.leaves_the_rest:
            with contextlib.suppress(TollwayError):
                self._ingest.watch.save()

    def _report(self, error: BaseException) -> None:
        problem = f"{type(error).__name__}: {error}"
        if problem != self._problem:
            is_expected = isinstance(error, TollwayError | OSError)
            _log.error("ledger: %s; records stay in the journals", problem, exc_info=None if is_expected else error)
        self._problem = problem


class Service:
    """Answers requests on the socket until told to stop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._live = Live()
        self._writer = Writer(parts, self._publish)
        self._readers = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="ledger-reader")
        self._connections: set[asyncio.Task[None]] = set()

    def leave_the_rest(self) -> None:
        """Do not take in what the journals still hold once `run` is told to stop."""
        self._writer.leaves_the_rest = True

    async def run(self, socket_path: Path, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop` is set; then take in what the journals hold and return.

        The socket replaces whatever is at its path and is open to this user only. `ready` is called once it accepts.
        """
        server = await asyncio.start_unix_server(self._accept, sock=_bind(socket_path))
        ready()
        heartbeat = asyncio.create_task(self._beat(), name="heartbeat")
        try:
            await self._writer.run(stop)
        finally:
            heartbeat.cancel()
            server.close()
            self._live.close()
            for connection in list(self._connections):
                connection.cancel()
            await asyncio.gather(heartbeat, *self._connections, return_exceptions=True)
            self._readers.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(socket_path.unlink, missing_ok=True)

    def _publish(self, ingested: Ingested) -> None:
        if self._live.has_subscribers:
            self._live.publish(build_batch(ingested, self._parts.clock.now_ns()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(SILENCE_SECONDS)
            self._live.publish(LiveBatch(self._parts.clock.now_ns(), 0, ()))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, EOFError, ValueError) as error:
            _log.debug("ledger: a connection ended: %r", error)
        except asyncio.CancelledError:
            _log.debug("ledger: a connection was closed, since the ledger stops")
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while prefix := await reader.read(PREFIX_BYTES):
            prefix += await reader.readexactly(PREFIX_BYTES - len(prefix))
            request = decode_request(await reader.readexactly(payload_bytes(prefix, REQUEST_BYTES_MAX)))
            if isinstance(request, Subscribe):
                async for batch in self._live.subscribe():
                    await _send(writer, encode_frame(batch))
                return
            await _send(writer, await self._answer(request))

    async def _answer(self, request: Request) -> bytes:
        """Answer in a reader thread. Any failure is an answer too: the other requests must go on."""
        work = asyncio.get_running_loop().run_in_executor(self._readers, self._answer_blocking, request)
        await asyncio.wait([work])
        error = work.exception()
        if error is None:
            return work.result()
        if isinstance(error, TollwayError):
            _log.warning("ledger: %s", error)
            return encode_frame(Failure(error.code.name, error.public))
        _log.error("ledger: a request failed", exc_info=error)
        return encode_frame(Failure("usage.unavailable", f"The ledger failed to answer: {type(error).__name__}."))

    def _answer_blocking(self, request: Request) -> bytes:
        assert not isinstance(request, Subscribe), "handled by the caller"
        if isinstance(request, HealthQuery):
            return encode_frame(self._writer.health())
        if isinstance(request, InFlightQuery):
            return encode_frame(self._writer.in_flight())
        if isinstance(request, HeedPolicy):
            return encode_frame(HeedAnswer(self._writer.heed(request.policy)))
        if isinstance(request, FindingsQuery):
            found = answer_findings(request, self._parts.reader)
            return encode_frame(structs.replace(found, revision=self._writer.watch_revision))
        return encode_frame(answer(request, self._parts.reader))


def _pause(ingested: Ingested | None) -> float:
    if ingested is None:
        return RETRY_SECONDS
    return 0.0 if ingested.is_more else STEP_SECONDS


def _bind(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(mask)
    return listening


async def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(frame)
    async with asyncio.timeout(SEND_SECONDS):
        await writer.drain()
