"""Carries a change of the root key on, beside the requests the console serves: at its start and whenever one begins.

Law: nothing here ends the console. What cannot be done is logged once and tried again.
"""

import asyncio
import logging

from tollway.control.keys.service import RootKeys
from tollway.kernel.errors import TollwayError

POLL_SECONDS = 2.0

_log = logging.getLogger(__name__)


class KeyChanger:
    """Runs on one event loop; the steps are taken in its threads."""

    def __init__(self, keys: RootKeys, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._keys = keys
        self._poll_seconds = poll_seconds
        self._fault = ""

    async def run(self) -> None:
        """Take steps while there are any, and look for new ones, until cancelled."""
        while True:
            if not await self._advance():
                await asyncio.sleep(self._poll_seconds)

    async def _advance(self) -> bool:
        try:
            has_more = await asyncio.to_thread(self._keys.advance)
        except TollwayError as error:
            if str(error) != self._fault:
                _log.warning("the change of the root key waits: %s", error)
            self._fault = str(error)
            return False
        except Exception:  # the boundary of a background process: it must go on
            _log.exception("the change of the root key waits")
            return False
        self._fault = ""
        return has_more
