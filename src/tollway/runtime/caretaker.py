"""Looks after the life of tokens, beside the requests that the console serves: rotations, notices of expiry, idle ends.

Law: nothing here ends the console. What fails is logged and tried again by the next look; what is done is done once,
however many consoles look.
"""

import asyncio
import logging
from collections.abc import Callable

from tollway.control.rotations.links import HandoverLinks
from tollway.control.rotations.scheduling import RotationScheduler
from tollway.control.tokens.upkeep import TokenUpkeep
from tollway.kernel.errors import TollwayError

ROTATION_SECONDS = 5.0
EXPIRY_SECONDS = 60.0
IDLE_SECONDS = 60.0
TIDY_SECONDS = 3_600.0

_log = logging.getLogger(__name__)


class Caretaker:
    """Runs on one event loop; blocking work goes to its threads."""

    def __init__(self, rotations: RotationScheduler, links: HandoverLinks, upkeep: TokenUpkeep) -> None:
        self._rotations = rotations
        self._links = links
        self._upkeep = upkeep

    async def run(self) -> None:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_repeat("rotations", self._rotations.look, ROTATION_SECONDS))
            tasks.create_task(_repeat("letters with links", self._links.send_due, ROTATION_SECONDS))
            tasks.create_task(_repeat("expiring tokens", self._upkeep.tell_expiring, EXPIRY_SECONDS))
            tasks.create_task(_repeat("idle tokens", self._upkeep.end_idle, IDLE_SECONDS))
            tasks.create_task(_repeat("ended handovers", self._rotations.tidy, TIDY_SECONDS))


async def _repeat(what: str, act: Callable[[], object], seconds: float) -> None:
    while True:
        try:
            await asyncio.to_thread(act)
        except TollwayError as error:
            _log.warning("%s cannot be looked after: %s", what, error)
        except Exception:  # the boundary of a background process: it must go on
            _log.exception("%s cannot be looked after", what)
        await asyncio.sleep(seconds)
