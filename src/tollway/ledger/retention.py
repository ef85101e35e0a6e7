"""Deletes what is older than the settings allow, a little at a time, so that ingest never waits long.

Sums by day, what budgets without a period have spent, and last uses are kept for ever. What budgets have spent by
period is kept as long as sums by hour, and while the period may last; of sliding windows nothing is asked of hours that
no window reaches.
"""

from typing import NamedTuple

from tollway.contract.limits import WINDOW_SECONDS_MAX
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.ledger.model import DAY, HOUR, MINUTE
from tollway.ledger.ports import LedgerStore

ROWS_MAX = 2_000
"""Deleted in one transaction: about 20 ms on SQLite, 150 ms where a row has 64 calls."""
WINDOWS_NS = (WINDOW_SECONDS_MAX + DAY) * NANOS_PER_SECOND
"""The longest sliding window, and a day in case clocks are not right."""


PERIODS_DAYS_MIN = 62
"""Twice the longest calendar period: the present one and the one before are always there."""


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
        store.delete_windows(now_ns - WINDOWS_NS, ROWS_MAX),
        store.delete_periods(now_ns - max(keep.hours_days, PERIODS_DAYS_MIN) * DAY * NANOS_PER_SECOND, ROWS_MAX),
    )
    return max(deleted) >= ROWS_MAX
