"""Findings and reports are looked at again and again, whatever fails, until the console leaves."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from tollway.kernel.errors import TollwayError
from tollway.runtime import security_keeper
from tollway.runtime.security_keeper import SecurityKeeper


class Worker:
    """Says that there is more the first time, then fails as it is told, then has nothing."""

    def __init__(self, *failures: Exception) -> None:
        self.calls, self.failures = 0, list(failures)

    def act(self) -> bool:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.calls % 3 == 1


async def test_all_work_goes_on_after_failures_and_ends_with_the_console(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("LOOK_SECONDS", "REPORT_SECONDS", "FINISH_SECONDS", "PURGE_SECONDS"):
        monkeypatch.setattr(security_keeper, name, 0.01)
    looks = Worker(TollwayError("usage.unavailable"))
    reports = Worker(TollwayError("management.unavailable"))
    finishes, purges = Worker(ValueError("a fault of ours")), Worker()
    noticing = SimpleNamespace(look=looks.act, finish_revocations=finishes.act, purge=purges.act)
    desk = SimpleNamespace(noticing=noticing, leaks=SimpleNamespace(look=reports.act))
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(SecurityKeeper(desk).run())  # type: ignore[arg-type]
        async with asyncio.timeout(10):
            while min(worker.calls for worker in (looks, reports, finishes, purges)) < 5:
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert "usage.unavailable" not in caplog.text, "the ledger says so itself"
    assert caplog.text.count("WARNING") == 1 and "a fault of ours" in caplog.text
