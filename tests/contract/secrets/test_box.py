"""A box opens what any of its keys has sealed, and says which of it should be sealed again."""

import threading

import pytest

from tollway.adapters.secrets.box import HEADER_BYTES, SealingBox
from tollway.kernel.errors import TollwayError

FIRST, SECOND = bytes(range(32)), bytes(range(1, 33))


def test_the_first_key_seals_and_all_open() -> None:
    old, both, new = SealingBox(FIRST), SealingBox(SECOND, FIRST), SealingBox(SECOND)
    sealed = old.seal(b"clear", b"place")
    assert both.open(sealed, b"place") == b"clear"
    assert new.open(both.seal(b"clear", b"place"), b"place") == b"clear"
    again = both.reseal(sealed, b"place")
    assert new.open(again, b"place") == b"clear"
    assert [both.is_old(one) for one in (sealed, again, b"", b"x" * 40)] == [True, False, False, False]
    assert (both.header, both.older) == (new.header, (old.header,))
    assert len(both.header) == HEADER_BYTES


def test_what_was_moved_is_not_sealed_again() -> None:
    both = SealingBox(SECOND, FIRST)
    with pytest.raises(TollwayError):
        both.reseal(SealingBox(FIRST).seal(b"clear", b"here"), b"there")


def test_a_change_of_keys_never_keeps_a_thread_from_opening() -> None:
    box = SealingBox(FIRST)
    sealed = box.seal(b"clear", b"")
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                assert box.open(box.seal(b"x", b""), b"") == b"x"
                assert box.open(sealed, b"") == b"clear"
            except BaseException as error:
                faults.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        box.take([SECOND, FIRST])
        box.take([FIRST, SECOND])
    done.set()
    for thread in threads:
        thread.join()
    assert not faults
