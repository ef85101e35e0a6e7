"""Periods follow the calendar, and no setting of the clock grants one twice or skips one."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.policy import Period
from tollway.policy.budget import (
    HOUR_NS,
    NEVER_NS,
    SPANS_MAX,
    Calendar,
    Place,
    choose_place,
    find_zone,
    period_end_ns,
    period_start_ns,
)

PERIODS: tuple[Period, ...] = get_args(Period)
instants = st.datetimes(datetime(1970, 1, 5), datetime(2100, 1, 1), timezones=st.just(UTC))


def ns(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def slow_start(period: Period, instant: datetime) -> datetime:
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case "hour":
            return instant.replace(minute=0, second=0, microsecond=0)
        case "day":
            return midnight
        case "week":
            return midnight - timedelta(days=instant.weekday())
        case "month":
            return midnight.replace(day=1)
        case "total":
            return datetime(1970, 1, 1, tzinfo=UTC)


@given(st.sampled_from(PERIODS), instants)
def test_a_period_starts_where_the_calendar_says(period: Period, instant: datetime) -> None:
    now = ns(instant)
    assert period_start_ns(period, now) == ns(slow_start(period, instant))
    assert period_start_ns(period, now) <= now < period_end_ns(period, now)


@given(st.sampled_from(PERIODS), instants)
def test_periods_follow_each_other_without_gap_or_overlap(period: Period, instant: datetime) -> None:
    end = period_end_ns(period, ns(instant))
    if period != "total":
        assert period_start_ns(period, end) == end
        assert period_start_ns(period, end - 1) == period_start_ns(period, ns(instant))


@pytest.mark.parametrize(
    ("period", "instant", "start", "end"),
    [
        ("month", "2024-02-29T23:59:59", "2024-02-01", "2024-03-01"),
        ("month", "2025-12-31T23:59:59", "2025-12-01", "2026-01-01"),
        ("month", "2026-01-01T00:00:00", "2026-01-01", "2026-02-01"),
        ("week", "2026-11-23T00:00:00", "2026-11-23", "2026-11-30"),
        ("week", "2026-11-22T23:59:59", "2026-11-16", "2026-11-23"),
        ("day", "2026-03-29T02:30:00", "2026-03-29", "2026-03-30"),
        ("hour", "2026-03-29T02:30:00", "2026-03-29T02", "2026-03-29T03"),
    ],
)
def test_the_edges_of_the_calendar(period: Period, instant: str, start: str, end: str) -> None:
    now = ns(datetime.fromisoformat(instant).replace(tzinfo=UTC))
    assert period_start_ns(period, now) == ns(datetime.fromisoformat(start).replace(tzinfo=UTC))
    assert period_end_ns(period, now) == ns(datetime.fromisoformat(end).replace(tzinfo=UTC))


def test_total_never_ends() -> None:
    assert (period_start_ns("total", 10**18), period_end_ns("total", 10**18)) == (0, NEVER_NS)


@given(st.lists(st.tuples(st.sampled_from(PERIODS), instants), max_size=30))
def test_a_calendar_that_remembers_tells_the_same(lookups: list[tuple[Period, datetime]]) -> None:
    calendar = Calendar()
    for period, instant in lookups:
        now = ns(instant)
        assert calendar.span(PERIODS.index(period), period, "UTC", now) == (
            period_start_ns(period, now),
            period_end_ns(period, now),
        )


class Records:
    """Two records and the rule, as the meters use them."""

    def __init__(self) -> None:
        self.stamps = [0, 0]
        self.spent = [0, 0]

    def charge(self, day: int, amount: int) -> int:
        """Charge a day and return the stamp that was charged."""
        place = choose_place(*self.stamps, day + 1)
        index = place % 2
        if place >= Place.FIRST_ANEW:
            self.stamps[index] = day + 1
            self.spent[index] = 0
        self.spent[index] += amount
        return self.stamps[index]


@given(st.lists(st.integers(0, 6), max_size=60))
def test_whatever_the_clock_does_no_period_is_granted_twice(days: list[int]) -> None:
    """Spending is forgotten only for periods older than both that are kept, and those are never opened again."""
    records = Records()
    charged: dict[int, int] = {}
    for day in days:
        stamp = records.charge(day, 1)
        charged[stamp] = charged.get(stamp, 0) + 1
        assert records.spent[records.stamps.index(stamp)] == charged[stamp]
        assert stamp >= day + 1


@given(st.integers(1, 50), st.integers(-3, 3))
def test_a_jump_of_the_clock_and_back_finds_the_same_spending(day: int, jump: int) -> None:
    records = Records()
    records.charge(day, 5)
    records.charge(max(0, day + jump), 7)
    stamp = records.charge(day, 0)
    if jump > 0:
        assert (stamp, records.spent[records.stamps.index(stamp)]) == (day + 1, 5)
        assert records.charge(day + jump, 0) == day + jump + 1
        assert records.spent[records.stamps.index(day + jump + 1)] == 7
    else:
        assert (stamp, records.spent[records.stamps.index(stamp)]) == (day + 1, 12)


def test_after_a_jump_far_ahead_and_back_later_periods_still_begin() -> None:
    records = Records()
    records.charge(10, 1)
    records.charge(30_000, 1)
    assert [records.charge(day, 1) for day in (10, 11, 12)] == [11, 12, 13]
    assert records.spent[records.stamps.index(13)] == 1


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia")


def on_the_wall(period: Period, zone: str, now: int) -> object:
    """What a calendar in the zone calls the period."""
    local = datetime.fromtimestamp(now / 10**9, ZoneInfo(zone))
    return {"day": local.date(), "week": local.isocalendar()[:2], "month": (local.year, local.month)}[period]


@given(st.sampled_from(("day", "week", "month")), st.sampled_from(ZONES), instants)
def test_a_period_in_a_zone_is_what_the_calendar_there_says(period: Period, zone: str, instant: datetime) -> None:
    """Its first and last instants are on the same page of the calendar, those beside them on others."""
    now = ns(instant)
    start, end = period_start_ns(period, now, zone), period_end_ns(period, now, zone)
    assert start <= now < end
    page = on_the_wall(period, zone, now)
    assert page == on_the_wall(period, zone, start) == on_the_wall(period, zone, end - 1_000_000)
    assert on_the_wall(period, zone, start - 1_000_000) != page != on_the_wall(period, zone, end)


@given(st.sampled_from(PERIODS), st.sampled_from(ZONES), instants)
def test_periods_in_a_zone_follow_each_other(period: Period, zone: str, instant: datetime) -> None:
    start, end = (edge(period, ns(instant), zone) for edge in (period_start_ns, period_end_ns))
    if period == "total":
        assert (start, end) == (0, NEVER_NS)
    elif period != "hour" or zone != "Australia/Lord_Howe":
        # There clocks change by half an hour, so that an hour is cut in two.
        assert (period_start_ns(period, end, zone), period_end_ns(period, start, zone)) == (end, end)


@pytest.mark.parametrize(
    ("period", "zone", "instant", "start", "hours"),
    [
        ("day", "Europe/Berlin", "2027-03-28T12:00", "2027-03-27T23:00", 23),
        ("day", "Europe/Berlin", "2027-10-31T12:00", "2027-10-30T22:00", 25),
        ("day", "America/New_York", "2027-03-14T12:00", "2027-03-14T05:00", 23),
        ("day", "Asia/Kolkata", "2027-03-28T12:00", "2027-03-27T18:30", 24),
        ("hour", "Asia/Kolkata", "2027-03-28T12:10", "2027-03-28T11:30", 1),
        ("week", "Europe/Berlin", "2027-03-28T12:00", "2027-03-21T23:00", 7 * 24 - 1),
        ("month", "Europe/Berlin", "2027-03-28T12:00", "2027-02-28T23:00", 31 * 24 - 1),
        ("month", "Europe/Berlin", "2027-12-31T22:59", "2027-11-30T23:00", 31 * 24),
        # Clocks went from midnight to one: the day began with the hour that was skipped.
        ("day", "Africa/Cairo", "2027-04-30T12:00", "2027-04-29T22:00", 23),
        # Samoa skipped the 30th of December 2011 whole.
        ("day", "Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00", 24),
    ],
)
def test_days_last_as_long_as_clocks_say(period: Period, zone: str, instant: str, start: str, hours: int) -> None:
    now = ns(datetime.fromisoformat(instant).replace(tzinfo=UTC))
    begins = ns(datetime.fromisoformat(start).replace(tzinfo=UTC))
    assert (period_start_ns(period, now, zone), period_end_ns(period, now, zone)) == (
        begins,
        begins + hours * HOUR_NS,
    )


def test_an_hour_before_midnight_that_comes_again_after_it_belongs_to_the_new_day() -> None:
    """Clocks in St. John's went back at one minute past midnight: the 7th had begun when the 6th came back."""
    now = ns(datetime(2010, 11, 7, 2, 45, tzinfo=UTC))
    assert datetime.fromtimestamp(now / 10**9, ZoneInfo("America/St_Johns")).day == 6
    start = ns(datetime(2010, 11, 7, 2, 30, tzinfo=UTC))
    assert period_start_ns("day", now, "America/St_Johns") == start
    assert period_end_ns("day", start - 1, "America/St_Johns") == start
    assert period_end_ns("day", now, "America/St_Johns") == start + 25 * HOUR_NS


def test_a_zone_that_nobody_knows_is_limited_by_the_clock_of_utc() -> None:
    now = ns(datetime(2027, 3, 28, 12, tzinfo=UTC))
    for zone in ("Mars/Olympus", "", "../etc/passwd", "Europe/Berlin\0"):
        assert find_zone(zone) is None
        assert period_start_ns("day", now, zone) == period_start_ns("day", now)


def test_a_calendar_forgets_before_it_grows_without_bound() -> None:
    calendar = Calendar()
    for number in range(SPANS_MAX + 1):
        calendar.span(number, "day", f"zone-{number}", 0)
    assert len(calendar._spans) == 1
