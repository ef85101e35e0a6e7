"""The worker goes on through failures, and rests when there is nothing to do."""

import asyncio
from itertools import count

from tollway.kernel.errors import TollwayError
from tollway.runtime import bulk_worker
from tollway.runtime.bulk_worker import BulkWorker
from tollway.runtime.looks import Looks


class Steps:
    """Stands in for the service: fails twice, then works three times, then has nothing left."""

    def __init__(self) -> None:
        self.steps = 0
        self.tidied = 0

    def step_any(self) -> bool:
        self.steps += 1
        if self.steps == 1:
            raise TollwayError("management.unavailable")
        if self.steps == 2:
            raise ValueError("a mistake")
        return self.steps <= 5

    def tidy(self) -> bool:
        self.tidied += 1
        return self.tidied < 3


async def test_a_step_that_fails_is_tried_again(monkeypatch) -> None:
    monkeypatch.setattr(bulk_worker, "IDLE_SECONDS", 0.001)
    steps = Steps()
    task = asyncio.create_task(BulkWorker(steps, Looks(count().__next__)).run())  # type: ignore[arg-type]  # what it uses of the service
    while steps.steps < 8:
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert steps.tidied == 3, "until nothing is left to forget, and then not for an hour"
