"""Weekly windows: what the clock on the wall shows decides, over changes of the offset and jumps of the clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tollway.contract.rights import HourRights, Window
from tollway.policy.hour_rules import Hours, read_zone

SECOND = 1_000_000_000
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Africa/Casablanca",  # the other way round, twice a year by the moon
    "Pacific/Apia",
)
WINDOWS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440))
    .filter(lambda parts: parts[1] < parts[2])
    .map(lambda parts: Window(*parts)),
    max_size=5,
).map(tuple)
# A year around every change, and the changes themselves far more often than chance would have it.
CHANGES = (
    1_774_746_000,  # 2026-03-29 01:00 UTC, Europe
    1_792_890_000,  # 2026-10-25 01:00 UTC, Europe
    1_772_953_200,  # 2026-03-08 07:00 UTC, New York
    1_793_512_800,  # 2026-11-01 06:00 UTC, New York
    1_775_314_800,  # 2026-04-04 15:00 UTC, Lord Howe
)
INSTANTS = st.one_of(
    st.integers(1_767_225_600, 1_830_297_600),
    st.tuples(st.sampled_from(CHANGES), st.integers(-90_000, 90_000)).map(sum),
)


def on_the_wall(rights: HourRights, second: int) -> bool:
    """Return what must hold, in the most obvious way."""
    wall = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(rights.zone))
    minute = wall.hour * 60 + wall.minute
    return any(
        window.day == wall.weekday() and window.start_minute <= minute < window.end_minute
        for window in rights.windows or ()
    )


@given(st.sampled_from(ZONES), WINDOWS, st.lists(INSTANTS, min_size=1, max_size=12))
@example("Europe/Berlin", (Window(6, 120, 180),), [1_774_746_000 - 1, 1_774_746_000, 1_774_746_000 - 3_600])
def test_open_is_what_the_clock_on_the_wall_shows_wherever_the_clock_jumps(
    zone: str, windows: tuple[Window, ...], seconds: list[int]
) -> None:
    """The same object is asked throughout: what it remembers must never outlive the span it is true for."""
    rights = HourRights(zone, windows)
    hours = Hours(rights)
    for second in seconds:
        assert hours.is_open(second * SECOND + 999_999_999) == on_the_wall(rights, second)
        for later in (1, 59, 60, 3_599, 3_600, 21_600):
            assert hours.is_open((second + later) * SECOND) == on_the_wall(rights, second + later)


@given(st.sampled_from(ZONES), WINDOWS, INSTANTS)
def test_the_instant_of_opening_is_the_first_that_is_open(zone: str, windows: tuple[Window, ...], second: int) -> None:
    rights = HourRights(zone, windows)
    opens = Hours(rights).opens_ns(second * SECOND)
    if not windows:
        assert opens is None
        return
    if opens is None:
        # A window inside an hour that is skipped: closed for the two weeks that were looked at.
        assert not any(on_the_wall(rights, second + minute * 60) for minute in range(14 * 1_440))
        return
    first = opens // SECOND
    assert on_the_wall(rights, first)
    assert first == second or not on_the_wall(rights, first - 1)
    assert not any(on_the_wall(rights, at) for at in range(second, first, 1_800))


def test_a_skipped_hour_opens_nothing_and_a_repeated_one_opens_twice() -> None:
    sunday = HourRights("Europe/Berlin", (Window(6, 120, 180),))
    hours = Hours(sunday)
    spring, autumn = 1_774_746_000, 1_792_890_000
    assert [hours.is_open((spring + offset) * SECOND) for offset in (-1, 0, 1_800, 3_600)] == [False] * 4
    assert [hours.is_open((autumn + offset) * SECOND) for offset in (-3_601, -3_600, -1, 0, 3_599, 3_600)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]


def test_the_opening_is_shown_on_the_clock_of_the_zone() -> None:
    hours = Hours(HourRights("Europe/Berlin", (Window(0, 540, 1020),)))
    saturday = int(datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp()) * SECOND
    opens = hours.opens_ns(saturday)
    assert opens is not None
    assert hours.shown(opens) == "2026-11-30T09:00:00+01:00"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe"])
def test_a_zone_that_is_not_known_is_said_to_be_wrong(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        read_zone(name)
