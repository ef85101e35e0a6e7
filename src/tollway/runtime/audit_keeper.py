"""Deletes what is older than `retention.audit_days` from the audit log, beside the requests the console serves.

Law: nothing here ends the console. What cannot be deleted now is deleted later.
"""

import asyncio
import logging
from collections.abc import Callable

from tollway.control.audit.service import Audit
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError

HOUR_SECONDS = 3_600.0
PAUSE_SECONDS = 0.05
"""Between two batches, so that other changes get their turn."""
_DAY_NS = 86_400 * NANOS_PER_SECOND

_log = logging.getLogger(__name__)


class AuditKeeper:
    """Runs on one event loop; batches are deleted in its threads. `days` 0 keeps everything."""

    def __init__(
        self, audit: Audit, days: int, now_ns: Callable[[], int], *, every_seconds: float = HOUR_SECONDS
    ) -> None:
        self._audit = audit
        self._days = days
        self._now_ns = now_ns
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """Delete what is too old, again and again, until cancelled."""
        while self._days:
            try:
                while await self._delete_batch():  # noqa: ASYNC110 - the pause gives other changes their turn
                    await asyncio.sleep(PAUSE_SECONDS)
            except TollwayError as error:
                _log.warning("old entries of the audit log stay for now: %s", error)
            except Exception:  # the boundary of a background process: it must go on
                _log.exception("old entries of the audit log stay for now")
            await asyncio.sleep(self._every_seconds)

    async def _delete_batch(self) -> int:
        return await asyncio.to_thread(self._audit.delete_older, self._now_ns() - self._days * _DAY_NS)
