"""Deletes what is older than the settings allow, a little at a time, so that ingest never waits long.

Sums by day, spent budgets and last uses are kept for ever.
"""

from typing import NamedTuple

from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.ledger.model import DAY, HOUR, MINUTE
from tollway.ledger.ports import LedgerStore

ROWS_MAX = 2_000
"""Deleted in one transaction: about 20 ms on SQLite."""


class Keep(NamedTuple):
    """Days to keep each kind."""

    calls_days: int
    minutes_days: int
    hours_days: int


def sweep(store: LedgerStore, keep: Keep, now_ns: int) -> bool:
    """Delete one batch of each kind of what is too old; return whether there may be more.

    Sums are kept to the end of the UTC day their age ends on, so that a stretch of time is never half gone.
    """
    today = now_ns // NANOS_PER_SECOND // DAY * DAY
    deleted = (
        store.delete_calls(now_ns - keep.calls_days * DAY * NANOS_PER_SECOND, ROWS_MAX),
        store.delete_sums(MINUTE, today - keep.minutes_days * DAY, ROWS_MAX),
        store.delete_sums(HOUR, today - keep.hours_days * DAY, ROWS_MAX),
    )
    return max(deleted) >= ROWS_MAX
