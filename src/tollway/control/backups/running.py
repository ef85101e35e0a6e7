"""A backup that is written while others ask how far it is: one at a time, in a thread of its own.

Law: how far it is, is read from the files that grow; nothing of it is stored, and the console forgets it at its end.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from tollway.control.backups.errors import already_running, file_exists
from tollway.control.backups.model import Backup, Work
from tollway.kernel.errors import TollwayError

Stage = Literal["idle", "running", "done", "failed"]


class Writing(Protocol):
    """What writes backups."""

    def create(self, path: Path | None, *, work: Work | None = None) -> Backup:
        """Write one; `work` is told where its files grow."""
        ...


@dataclass(frozen=True, slots=True)
class BackupState:
    """How far the newest backup is. `total_bytes` None: not known yet. `error` is why it failed."""

    stage: Stage
    done_bytes: int = 0
    total_bytes: int | None = None
    backup: Backup | None = None
    error: TollwayError | None = None


class RunningBackups:
    """Begins backups and says how far they are. Thread-safe."""

    def __init__(self, backups: Writing) -> None:
        self._backups = backups
        self._lock = threading.Lock()
        self._state = BackupState("idle")
        self._work = Work()

    def create(self, path: Path | None) -> Backup:
        """Write a backup while the caller waits. Raises what that raises."""
        return self._backups.create(path)

    def begin(self, path: Path | None, ended: Callable[[Backup], None]) -> BackupState:
        """Begin a backup; `ended` is called in its thread when it is whole.

        Raises management.conflict when one is being written, or the file exists.
        """
        with self._lock:
            if self._state.stage == "running":
                raise already_running()
            if path is not None and path.exists():
                raise file_exists(path)
            self._work, self._state = Work(), BackupState("running")
            thread = threading.Thread(target=self._run, args=(path, self._work, ended), name="backup")
            thread.start()
        return self.state()

    def state(self) -> BackupState:
        """Return how far the newest backup is; "idle" before the first."""
        with self._lock:
            state, work = self._state, self._work
        if state.stage != "running":
            return state
        done, total = work.measure()
        return replace(state, done_bytes=done, total_bytes=total)

    def _run(self, path: Path | None, work: Work, ended: Callable[[Backup], None]) -> None:
        # What is no TollwayError is a fault of this program; it must not be taken for work that goes on.
        state = BackupState("failed", error=TollwayError("gateway.internal"))
        try:
            backup = self._backups.create(path, work=work)
            ended(backup)
            state = BackupState("done", backup.size, backup.size, backup)
        except TollwayError as error:
            state = BackupState("failed", error=error)
        finally:
            with self._lock:
                self._state = state
