"""Works on acts on many tokens in the console's process, beside the requests it serves.

Law: it rests after each step for about as long as the step took, so that whoever waits to change something gets the
lock in between, and the interpreter is free half of the time.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from tollway.control.bulk.service import Bulk
from tollway.kernel.errors import TollwayError
from tollway.runtime.looks import Looks

IDLE_SECONDS = 0.5
TIDY_SECONDS = 3_600.0
REST_SECONDS_MIN = 0.005
REST_SECONDS_MAX = 0.2

_log = logging.getLogger(__name__)


class BulkWorker:
    """Runs on one event loop; steps are done in its threads."""

    def __init__(self, bulk: Bulk, looks: Looks) -> None:
        self._bulk = bulk
        self._looks = looks

    async def run(self) -> None:
        """Work until cancelled. A step that fails is tried again."""
        tidied = 0.0
        while True:
            if time.monotonic() - tidied > TIDY_SECONDS and not await self._try(self._bulk.tidy):
                tidied = time.monotonic()
            began = time.monotonic()
            is_working = self._looks.are_due() and await self._try(self._bulk.step_any)
            took = time.monotonic() - began
            await asyncio.sleep(min(max(took, REST_SECONDS_MIN), REST_SECONDS_MAX) if is_working else IDLE_SECONDS)

    async def _try(self, act: Callable[[], object]) -> bool:
        try:
            return bool(await asyncio.to_thread(act))
        except TollwayError as error:
            _log.warning("a job on many tokens cannot go on: %s", error)
        except Exception:  # the boundary of a background process: it must go on
            _log.exception("a job on many tokens cannot go on")
        return False
