"""The caretaker goes on, whatever a look meets, and stops when it is told to."""

import asyncio
import contextlib

import pytest

from tollway.kernel.errors import TollwayError
from tollway.runtime import caretaker
from tollway.runtime.caretaker import Caretaker


class Looks:
    """Implements what the caretaker calls; the first looks fail in every way."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def _look(self, name: str) -> int:
        self.counts[name] = count = self.counts.get(name, 0) + 1
        if count == 1:
            raise TollwayError("management.unavailable")
        if count == 2:
            raise ValueError("a fault of ours")
        return 0

    def look(self) -> int:
        return self._look("rotations")

    def send_due(self) -> int:
        return self._look("letters")

    def tidy(self) -> int:
        return self._look("tidy")

    def tell_expiring(self) -> int:
        return self._look("expiring")

    def end_idle(self) -> int:
        return self._look("idle")


async def test_a_look_that_fails_is_followed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("ROTATION_SECONDS", "EXPIRY_SECONDS", "IDLE_SECONDS", "TIDY_SECONDS"):
        monkeypatch.setattr(caretaker, name, 0.001)
    looks = Looks()
    task = asyncio.create_task(Caretaker(looks, looks, looks).run())  # type: ignore[arg-type]  # a stand-in
    async with asyncio.timeout(10):
        while len(looks.counts) < 5 or min(looks.counts.values()) < 4:
            await asyncio.sleep(0.01)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert caplog.text.count("ValueError: a fault of ours") == 5
