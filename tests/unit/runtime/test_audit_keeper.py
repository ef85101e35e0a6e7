"""Old entries of the audit log are deleted in the background, and nothing ends that."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tollway.kernel.errors import TollwayError
from tollway.runtime.audit_keeper import AuditKeeper

DAY_NS = 86_400 * 10**9


class Log:
    """Stands in for the log: raises or returns what is next, then 0."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.asked: list[int] = []

    def delete_older(self, than_ns: int) -> int:
        self.asked.append(than_ns)
        outcome = self.outcomes.pop(0) if self.outcomes else 0
        if isinstance(outcome, Exception):
            raise outcome
        return int(outcome)


async def run_until(log: Log, check: Callable[[], bool], days: int = 30) -> None:
    keeper = AuditKeeper(log, days, lambda: 100 * DAY_NS, every_seconds=0.01)  # type: ignore[arg-type]  # stands in
    task = asyncio.create_task(keeper.run())
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_batches_follow_each_other_until_nothing_is_too_old() -> None:
    log = Log(1_000, 7)
    await run_until(log, lambda: len(log.asked) >= 3)
    assert set(log.asked) == {70 * DAY_NS}


async def test_whatever_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    log = Log(TollwayError("management.unavailable"), ZeroDivisionError(), 5)
    await run_until(log, lambda: len(log.asked) >= 4)
    assert caplog.text.count("stay for now") == 2


async def test_for_ever_means_for_ever() -> None:
    log = Log()
    await AuditKeeper(log, 0, lambda: 0).run()  # type: ignore[arg-type]  # stands in
    assert not log.asked
