"""The ledger at work: one thread that ingests, a few that read, and a Unix socket that answers.

The event loop only moves frames. When the database or a journal fails, the writer says so once, waits and tries
again: records are safe in the journals meanwhile, and nothing that workers do depends on it.
"""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tollway.contract.ledger_api import Failure, HealthAnswer, HealthQuery, LiveBatch, Reply, Request, Subscribe
from tollway.contract.ledger_frames import (
    PREFIX_BYTES,
    REQUEST_BYTES_MAX,
    decode_request,
    encode_frame,
    payload_bytes,
)
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.ledger.ingest import Ingest, Ingested
from tollway.ledger.live import SILENCE_SECONDS, Live, build_batch
from tollway.ledger.ports import JournalSource, LedgerStore, UsageReader
from tollway.ledger.queries import answer
from tollway.ledger.retention import Keep, sweep

BATCH_SECONDS = 0.25
"""Between two steps under load: longer batches cost less a call, and live pages may be a second behind."""
IDLE_SECONDS = 0.5
RETRY_SECONDS = 1.0
SWEEP_SECONDS = 60.0
SWEEP_MORE_SECONDS = 1.0
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


class Writer:
    """The thread that owns the store: ingest, retention, and what to say about them."""

    def __init__(self, parts: Parts, publish: Callable[[Ingested], None]) -> None:
        self._parts = parts
        self._publish = publish
        self._stopping = threading.Event()
        self._ingest: Ingest | None = None
        self._store: LedgerStore | None = None
        self._sweep_at_ns = 0
        self._last_ingest_ns = 0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="ledger-writer")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take in what is there, then end; waits at most STOP_SECONDS."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def health(self) -> HealthAnswer:
        """Return how far behind the database is. From any thread."""
        ingest = self._ingest
        if ingest is None:
            return HealthAnswer(0, 0, 0, 0, self._problem or "starting")
        return HealthAnswer(ingest.lag_bytes(), ingest.ingested, self._last_ingest_ns, ingest.orphans, self._problem)

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = self._turn()
        while self._turn() == 0.0:
            pass

    def _turn(self) -> float:
        """Do one step; return how long to wait for the next."""
        try:
            ingested = self._step()
        except (TollwayError, OSError) as error:
            self._report(str(error))
            return RETRY_SECONDS
        except Exception as error:  # the boundary of this process's work: say it, and try again
            _log.exception("ledger: a step failed")
            self._report(f"{type(error).__name__}: {error}")
            return RETRY_SECONDS
        self._report("")
        if ingested.is_more or (ingested.bodies and self._stopping.is_set()):
            return 0.0
        return BATCH_SECONDS if ingested.bodies else IDLE_SECONDS

    def _step(self) -> Ingested:
        if self._store is None or self._ingest is None:
            self._store = self._parts.open_store()
            self._ingest = Ingest(self._parts.journal, self._store)
        ingested = self._ingest.step()
        now_ns = self._parts.clock.now_ns()
        self._last_ingest_ns = now_ns
        if ingested.bodies:
            self._publish(ingested)
        monotonic_ns = self._parts.clock.monotonic_ns()
        if monotonic_ns >= self._sweep_at_ns and not self._stopping.is_set():
            is_more = sweep(self._store, self._parts.keep, now_ns)
            pause = SWEEP_MORE_SECONDS if is_more else SWEEP_SECONDS
            self._sweep_at_ns = monotonic_ns + round(pause * NANOS_PER_SECOND)
        return ingested

    def _report(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.error("ledger: %s; records stay in the journals", problem)
        elif self._problem and not problem:
            _log.warning("ledger: recovered")
        self._problem = problem


class Service:
    """Answers requests on the socket until told to stop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._live = Live()
        self._writer: Writer | None = None
        self._readers = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="ledger-reader")
        self._connections: set[asyncio.Task[None]] = set()

    async def run(self, socket_path: Path, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop` is set; then take in what the journals hold and return.

        The socket replaces whatever is at its path and is open to this user only. `ready` is called once it accepts.
        """
        loop = asyncio.get_running_loop()

        def publish(ingested: Ingested) -> None:
            if self._live.has_subscribers:
                loop.call_soon_threadsafe(self._live.publish, build_batch(ingested, self._parts.clock.now_ns()))

        self._writer = Writer(self._parts, publish)
        server = await asyncio.start_unix_server(self._accept, sock=_bind(socket_path))
        self._writer.start()
        ready()
        heartbeat = loop.create_task(self._beat())
        try:
            await stop.wait()
        finally:
            heartbeat.cancel()
            server.close()
            await asyncio.to_thread(self._writer.stop)
            self._live.close()
            for connection in list(self._connections):
                connection.cancel()
            self._readers.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(socket_path.unlink, missing_ok=True)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(SILENCE_SECONDS)
            if self._live.has_subscribers:
                self._live.publish(LiveBatch(self._parts.clock.now_ns(), 0, ()))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
            _log.debug("ledger: a connection ended: %r", error)
        except asyncio.CancelledError:
            _log.debug("ledger: a connection was closed")
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
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._answer_blocking, request)

    def _answer_blocking(self, request: Request) -> bytes:
        reply: Reply
        try:
            if isinstance(request, HealthQuery):
                assert self._writer is not None
                reply = self._writer.health()
            else:
                assert not isinstance(request, Subscribe)
                reply = answer(request, self._parts.reader)
            return encode_frame(reply)
        except TollwayError as error:
            _log.warning("ledger: %s", error)
            return encode_frame(Failure(error.code.name, error.public))
        except Exception as error:  # the boundary of one request: the others must go on
            _log.exception("ledger: a request failed")
            return encode_frame(Failure("usage.unavailable", f"The ledger failed to answer: {type(error).__name__}."))


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
