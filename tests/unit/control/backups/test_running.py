"""A backup is followed while it is written; one at a time; and how it ended is remembered."""

import threading
import time
from pathlib import Path

import pytest

from tollway.control.backups.model import FORMAT, Backup, Manifest, Work
from tollway.control.backups.running import BackupState, RunningBackups
from tollway.kernel.errors import TollwayError

MANIFEST = Manifest(FORMAT, 1, "0.1.0", "sqlite", {}, (), "")


class SlowWriting:
    """Writes as the test lets it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.go = threading.Semaphore(0)
        self.error: Exception | None = None

    def create(self, path: Path | None, *, work: Work | None = None) -> Backup:
        """Copy ten bytes, then archive them, each when it may."""
        assert work is not None and path is not None
        self.go.acquire()
        work.folder = self.folder
        (self.folder / "config.db").write_bytes(b"x" * 10)
        self.go.acquire()
        if self.error is not None:
            raise self.error
        work.archive, work.copied_bytes = path, 10
        path.write_bytes(b"x" * 4)
        self.go.acquire()
        return Backup(path, 12, MANIFEST)


def wait(running: RunningBackups, wanted: tuple[str, int, int | None]) -> BackupState:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        state = running.state()
        if (state.stage, state.done_bytes, state.total_bytes) == wanted:
            return state
        time.sleep(0.002)
    raise AssertionError(running.state())


def test_a_backup_is_followed_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    writing, made = SlowWriting(tmp_path / "copies"), list[Backup]()
    running = RunningBackups(writing)
    assert running.state() == BackupState("idle")
    assert running.begin(tmp_path / "b.tar", made.append) == BackupState("running")
    writing.go.release()
    wait(running, ("running", 10, None))
    with pytest.raises(TollwayError, match="being written already"):
        running.begin(tmp_path / "other.tar", made.append)
    writing.go.release()
    wait(running, ("running", 14, 20))
    writing.go.release()
    assert wait(running, ("done", 12, 12)).backup == made[0]
    with pytest.raises(TollwayError, match="exists already"):
        running.begin(tmp_path / "b.tar", made.append)
    assert running.state().stage == "done"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("error", "code"),
    [(TollwayError("management.unavailable"), "management.unavailable"), (ZeroDivisionError(), "gateway.internal")],
    ids=["refused", "fault"],
)
def test_what_fails_is_over_and_says_why(tmp_path: Path, error: Exception, code: str) -> None:
    writing, made = SlowWriting(tmp_path), list[Backup]()
    writing.error = error
    running = RunningBackups(writing)
    running.begin(tmp_path / "b.tar", made.append)
    writing.go.release(2)
    found = wait(running, ("failed", 0, None)).error
    # Its thread ends with the fault, which belongs to this test and no other.
    for thread in threading.enumerate():
        if thread.name == "backup":
            thread.join(10)
    assert found is not None and found.code.name == code and made == []
