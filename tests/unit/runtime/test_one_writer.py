"""At most one process writes a database file; a successor waits for its predecessor."""

import threading
import time
from pathlib import Path

import pytest

from tollway.kernel.errors import TollwayError
from tollway.runtime.one_writer import one_writer


def test_a_second_writer_gives_up_after_its_wait(tmp_path: Path) -> None:
    path = tmp_path / "run" / "console.lock"
    with one_writer(path):
        with pytest.raises(TollwayError) as caught, one_writer(path, wait_seconds=0.05):
            pytest.fail("two writers")
        assert caught.value.code.name == "management.unavailable"


def test_a_successor_waits_until_the_predecessor_ends(tmp_path: Path) -> None:
    path = tmp_path / "console.lock"
    order: list[str] = []
    held = threading.Event()

    def hold() -> None:
        with one_writer(path):
            held.set()
            time.sleep(0.05)
            order.append("predecessor ends")

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    with one_writer(path, wait_seconds=10):
        order.append("successor begins")
    thread.join()
    assert order == ["predecessor ends", "successor begins"]


def test_the_lock_is_given_back_also_after_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "console.lock"
    with pytest.raises(ZeroDivisionError), one_writer(path):
        raise ZeroDivisionError
    with one_writer(path, wait_seconds=0):
        assert path.stat().st_mode & 0o777 == 0o600
