"""Calendar periods: their arithmetic in time zones, and which period a charge belongs to.

Pure but for the machine's table of time zones. In a zone a day lasts from midnight to midnight on the wall there, so 23
or 25 hours when clocks change; weeks begin on Monday.

A budget keeps two period records, so that setting the clock forward and back finds the spending of either
side again: no period is granted twice, and none is skipped.
"""

from datetime import date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tollway.contract.limits import Period
from tollway.kernel.clock import NANOS_PER_SECOND

HOUR_NS = 3_600 * NANOS_PER_SECOND
DAY_NS = 24 * HOUR_NS
WEEK_NS = 7 * DAY_NS
NEVER_NS = 2**62
"""The end of a period that has none; in the year 2116."""

SPANS_MAX = 1_024
"""Kinds of periods that are remembered: all there are, unless somebody uses every zone of the world."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# 1970-01-01 was a Thursday; the first Monday of the epoch is day 4.
_MONDAY_NS = 4 * DAY_NS


class Place(IntEnum):
    """Which of a budget's two records a charge goes to, and whether that record starts afresh."""

    FIRST = 0
    SECOND = 1
    FIRST_ANEW = 2
    SECOND_ANEW = 3


def period_start_ns(period: Period, now_ns: int, zone: str = "UTC") -> int:
    """Return the start of the period that contains `now_ns` (>= 0); weeks start on Monday, `total` at 0."""
    return _span(period, zone, now_ns)[0]


def period_end_ns(period: Period, now_ns: int, zone: str = "UTC") -> int:
    """Return the start of the period after the one that contains `now_ns` (>= 0); NEVER_NS for `total`."""
    return _span(period, zone, now_ns)[1]


def choose_place(first: int, second: int, wanted: int) -> Place:
    """Choose the record for a charge in the period stamped `wanted`, given the stamps of both records.

    A stamp is the period's start plus one; 0 means that the record is empty. A later period replaces the
    older record. A period before all that is recorded (the clock was set back, or the budget's period was
    made longer) gets no fresh record, whose spending would be forgotten, but uses the oldest there is.
    """
    if wanted == first:
        return Place.FIRST
    if wanted == second:
        return Place.SECOND
    older, newer = min(first, second), max(first, second)
    first_is_older = first == older
    if wanted > newer or 0 < older < wanted:
        return Place.FIRST_ANEW if first_is_older else Place.SECOND_ANEW
    if older == 0:
        return Place.SECOND if first_is_older else Place.FIRST
    return Place.FIRST if first_is_older else Place.SECOND


class Calendar:
    """Periods looked up again and again: remembers the last span of each kind. 0.1 us when it still holds."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        self._spans: dict[int, tuple[int, int]] = {}

    def span(self, number: int, period: Period, zone: str, now_ns: int) -> tuple[int, int]:
        """Return start and end of the period that contains `now_ns`. `number` stands for period and zone."""
        span = self._spans.get(number)
        if span is None or not span[0] <= now_ns < span[1]:
            if len(self._spans) >= SPANS_MAX:
                self._spans.clear()
            span = self._spans[number] = _span(period, zone, now_ns)
        return span


@lru_cache(maxsize=SPANS_MAX)
def find_zone(name: str) -> ZoneInfo | None:
    """Return a zone by its IANA name; None when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _span(period: Period, zone: str, now_ns: int) -> tuple[int, int]:
    if period == "total":
        return 0, NEVER_NS
    # A zone that is not known here may still be limited: by the clock of UTC.
    place = None if zone == "UTC" else find_zone(zone)
    if place is None:
        return _span_utc(period, now_ns)
    if period == "hour":
        # Whole hours on the wall: zones lie whole minutes off, some by half an hour.
        offset = datetime.fromtimestamp(now_ns // NANOS_PER_SECOND, place).utcoffset() or timedelta()
        return _floor(now_ns, HOUR_NS, -round(offset.total_seconds()) * NANOS_PER_SECOND)
    day = datetime.fromtimestamp(now_ns // NANOS_PER_SECOND, place).date()
    first = _first_day(period, day)
    # Where midnight itself is skipped or comes twice, the date on the wall may be a period off.
    if now_ns < _midnight_ns(first, place):  # pragma: no cover - a gap that begins before midnight, none since 1970
        first = _first_day(period, first - timedelta(days=1))
    start, end = _midnight_ns(first, place), _midnight_ns(_next_day(period, first), place)
    if now_ns >= end:
        start, end = end, _midnight_ns(_next_day(period, _next_day(period, first)), place)
    return start, end


def _first_day(period: Period, day: date) -> date:
    if period == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period == "week" else day


def _next_day(period: Period, first: date) -> date:
    if period == "month":
        return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first + timedelta(days=7 if period == "week" else 1)


def _midnight_ns(day: date, zone: ZoneInfo) -> int:
    """Return the first midnight of a day; where the clock skips it, the instant at which it does."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * NANOS_PER_SECOND


def _span_utc(period: Period, now_ns: int) -> tuple[int, int]:
    match period:
        case "hour":
            return _floor(now_ns, HOUR_NS, 0)
        case "day":
            return _floor(now_ns, DAY_NS, 0)
        case "week":
            return _floor(now_ns, WEEK_NS, _MONDAY_NS)
    first = date.fromordinal(_EPOCH_ORDINAL + now_ns // DAY_NS).replace(day=1)
    return _ns(first), _ns(_next_day("month", first))


def _floor(now_ns: int, length_ns: int, origin_ns: int) -> tuple[int, int]:
    start = now_ns - (now_ns - origin_ns) % length_ns
    return start, start + length_ns


def _ns(day: date) -> int:
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY_NS
