"""How far back each kind is kept."""

from tollway.ledger.model import DAY, HOUR, MINUTE
from tollway.ledger.retention import ROWS_MAX, Keep, sweep


class Store:
    """Remembers what it is told to delete."""

    def __init__(self, deleted: int) -> None:
        self.deleted = deleted
        self.asked: list[tuple[str | int, int]] = []

    def delete_calls(self, before_ns: int, limit: int) -> int:
        self.asked.append(("calls", before_ns))
        return self.deleted

    def delete_sums(self, resolution: int, before_seconds: int, limit: int) -> int:
        self.asked.append((resolution, before_seconds))
        return 0

    def delete_windows(self, before_ns: int, limit: int) -> int:
        self.asked.append(("windows", before_ns))
        return 0

    def delete_periods(self, before_ns: int, limit: int) -> int:
        self.asked.append(("periods", before_ns))
        return 0


def test_each_kind_is_kept_for_its_days_and_days_for_ever():
    store = Store(deleted=3)
    now = 1_000 * DAY + 12 * HOUR
    assert not sweep(store, Keep(calls_days=30, minutes_days=14, hours_days=400), now * 10**9)
    calls, minutes, hours, windows, periods = store.asked
    assert (calls, minutes, hours) == (("calls", (now - 30 * DAY) * 10**9), (MINUTE, 986 * DAY), (HOUR, 600 * DAY))
    assert windows == ("windows", (now - 32 * DAY) * 10**9)
    assert periods == ("periods", (now - 400 * DAY) * 10**9)


def test_a_period_is_kept_for_as_long_as_it_may_last():
    store = Store(deleted=0)
    sweep(store, Keep(calls_days=1, minutes_days=1, hours_days=1), 1_000 * DAY * 10**9)
    assert store.asked[-1] == ("periods", 938 * DAY * 10**9)


def test_a_full_batch_means_that_there_may_be_more():
    assert sweep(Store(deleted=ROWS_MAX), Keep(1, 1, 1), 10**18)
