"""Takes in what the ledger found and what was reported, beside the requests that the console serves.

Law: nothing here ends the console, and nothing is lost when it fails: findings and reports wait where they are.
"""

import asyncio
from collections.abc import Callable

from tollway.control.security.service import SecurityDesk
from tollway.kernel.errors import TollwayError
from tollway.runtime.deliverer import repeat

LOOK_SECONDS = 1.0
REPORT_SECONDS = 0.5
FINISH_SECONDS = 30.0
PURGE_SECONDS = 3_600.0


class SecurityKeeper:
    """Runs on one event loop; blocking work goes to its threads."""

    def __init__(self, desk: SecurityDesk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Look again and again until cancelled."""
        noticing, leaks = self._desk.noticing, self._desk.leaks
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat(_quiet(_all_of(noticing.look)), LOOK_SECONDS))
            group.create_task(repeat(_all_of(leaks.look), REPORT_SECONDS))
            group.create_task(repeat(noticing.finish_revocations, FINISH_SECONDS))
            group.create_task(repeat(_all_of(noticing.purge), PURGE_SECONDS))


def _all_of(act: Callable[[], bool]) -> Callable[[], None]:
    """Return what acts until there is no more to do."""

    def run() -> None:
        while act():
            pass

    return run


def _quiet(act: Callable[[], None]) -> Callable[[], None]:
    """Return what acts, and says nothing of a ledger that is away: the ledger says so itself."""

    def run() -> None:
        try:
            act()
        except TollwayError as error:
            if error.code.name != "usage.unavailable":
                raise

    return run
