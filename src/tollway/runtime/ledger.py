"""The main of the ledger: takes in the journals and answers questions about usage.

Leaves when told to (SIGTERM) or when its supervisor is gone, after taking in what the journals hold. A database
that is down does not stop it; one that a newer program has migrated does.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from msgspec import structs

from tollway.adapters.journal.source import DirectoryJournalSource
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.ledger import open_store
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.adapters.telemetry.logs import start_logging
from tollway.contract.ledger_api import (
    FindingsQuery,
    HealthQuery,
    HeedAnswer,
    HeedPolicy,
    InFlightAnswer,
    InFlightQuery,
    Reply,
    Request,
    Subscribe,
)
from tollway.kernel.clock import SystemClock
from tollway.kernel.errors import TollwayError
from tollway.ledger.ingest import Ingest
from tollway.ledger.queries import answer, answer_findings
from tollway.ledger.retention import Keep
from tollway.ledger.service import Parts, Service
from tollway.runtime.child import receive_start
from tollway.runtime.one_writer import one_writer
from tollway.settings.model import Settings

SOCKET = Path("run/ledger.sock")

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Run the ledger as a child of the supervisor; returns the exit code."""
    start = receive_start(arguments)
    start_logging("ledger", start.settings.log.level)
    try:
        return run_ledger(start.settings, ready=start.ready, gone_fd=start.control.fileno(), working=start.working)
    except TollwayError as error:
        _log.error("the ledger cannot start: %s", error)
        return 1


@contextmanager
def _untold(_doing: str) -> Iterator[None]:
    yield


def run_ledger(
    settings: Settings,
    *,
    ready: Callable[[], None] = lambda: None,
    gone_fd: int | None = None,
    working: Callable[[str], AbstractContextManager[None]] = _untold,
) -> int:
    """Run the ledger of a data directory until SIGTERM or SIGINT, or until `gone_fd` becomes readable.

    `ready` is called once its socket accepts; `working` is entered for what may take long before that. Returns 0, or 1
    when the database has a newer schema. Two ledgers would take in every call twice: a predecessor that is still ending
    is waited for. Raises management.unavailable.
    """
    with one_writer(settings.data / "run" / "ledger.lock"):
        parts = build_parts(settings)
        with working("opens its database"):
            is_usable = _open(parts)
        if not is_usable:
            return 1
        tune_collector()
        asyncio.run(_run(parts, settings.data / SOCKET, ready, gone_fd))
        parts.close()
        return 0


def _open(parts: Parts) -> bool:
    """Make the database what this program needs; False when it is of a newer one. One that is down may come back."""
    try:
        parts.open_store()
    except TollwayError as error:
        if error.code.name == "storage.newer_schema":
            _log.error("the ledger cannot start: %s", error)
            return False
        _log.warning("the ledger starts without its database: %s", error)
    return True


def build_parts(settings: Settings) -> Parts:
    """Return what the ledger of a data directory is built from; folders are made, nothing is connected yet."""
    for folder in ("run", "journal"):
        (settings.data / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    place = settings.database.url or settings.data / "ledger.db"
    writer = open_engine(place, database="ledger", writer=True)
    reader = open_engine(place, database="ledger", writer=False)

    def close() -> None:
        reader.dispose()
        writer.dispose()

    return Parts(
        journal=DirectoryJournalSource(settings.data / "journal"),
        open_store=lambda: open_store(writer, settings.data / "backups"),
        reader=SQLUsageReader(reader),
        keep=Keep(settings.retention.calls_days, settings.retention.minutes_days, settings.retention.hours_days),
        clock=SystemClock(),
        close=close,
    )


def ask_offline(settings: Settings, request: Request) -> Reply:
    """Answer a question about a data directory whose server is stopped, after taking in what its journals hold.

    Nothing else may run on the directory. Raises usage.unavailable and storage.newer_schema.
    """
    assert not isinstance(request, HealthQuery | Subscribe), "these ask a running ledger"
    if isinstance(request, InFlightQuery):
        return InFlightAnswer(())  # a gateway that is stopped handles no call
    parts = build_parts(settings)
    try:
        ingest = Ingest(parts.journal, parts.open_store())
        while ingest.step().has_read:
            pass
        ingest.watch.save()
        if isinstance(request, HeedPolicy):
            ingest.watch.take_policy(request.policy)
            ingest.watch.save()
            return HeedAnswer(ingest.watch.revision)
        if isinstance(request, FindingsQuery):
            return structs.replace(answer_findings(request, parts.reader), revision=ingest.watch.revision)
        return answer(request, parts.reader)
    finally:
        parts.close()


def tune_collector() -> None:
    """Let the cycle collector run seldom: a batch makes many tuples and no cycles. Saves a fifth of the CPU."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _run(parts: Parts, socket_path: Path, ready: Callable[[], None], gone_fd: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # A terminal's Ctrl-C reaches every process; under a supervisor it is the supervisor who says when.
    loop.add_signal_handler(signal.SIGINT, stop.set if gone_fd is None else lambda: None)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    service = Service(parts)

    def leave() -> None:
        # A successor takes in the rest; it waits for us, and workers may go on writing for as long as they drain.
        service.leave_the_rest()
        stop.set()

    if gone_fd is not None:
        loop.add_reader(gone_fd, leave)
    task = loop.create_task(service.run(socket_path, stop, ready), name="ledger")
    await stop.wait()
    if gone_fd is not None:
        loop.remove_reader(gone_fd)
    await task
