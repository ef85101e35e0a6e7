"""Hours as people write them: days in any order, over midnight, and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.rights import Window
from tollway.control.rights.hours import DAYS, Hours, from_windows, parse_hours, show_hours, to_windows


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("mon-fri 09:00-17:30", Hours(("mon", "tue", "wed", "thu", "fri"), "09:00", "17:30")),
        ("sat,sun", Hours(("sat", "sun"))),
        (" Fri-Mon 22:00-06:00 ", Hours(("fri", "sat", "sun", "mon"), "22:00", "06:00")),
        ("mon,mon 00:00-24:00", Hours(("mon",))),
    ],
    ids=["week", "days", "round", "twice"],
)
def test_hours_are_read(text: str, hours: Hours) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text", ["", "monday", "mon 9-5", "mon 25:00-26:00", "mon-xyz", "mon 09:00", "mon 24:01-24:02"]
)
def test_what_cannot_be_read_is_said_to_be_wrong(text: str) -> None:
    with pytest.raises(ValueError, match=r"mon"):
        parse_hours(text)


def test_hours_over_midnight_are_two_windows_and_sunday_goes_on_on_monday() -> None:
    hours = [Hours(("sun",), "22:00", "06:00"), Hours(("sun",), "08:00", "00:00"), Hours(("mon",), "24:00", "06:00")]
    assert to_windows(hours) == (Window(0, 0, 360), Window(1, 0, 360), Window(6, 480, 1_440), Window(6, 1_320, 1_440))


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 1_439), st.integers(1, 1_440)).filter(lambda w: w[1] < w[2]),
        unique=True,
        max_size=6,
    )
)
def test_windows_survive_being_written_and_read(parts: list[tuple[int, int, int]]) -> None:
    windows = tuple(sorted((Window(*each) for each in parts), key=lambda w: (w.day, w.start_minute, w.end_minute)))
    texts = [show_hours(hours) for hours in from_windows(windows)]
    assert to_windows(map(parse_hours, texts)) == windows
    assert all(text[:3] in DAYS for text in texts)
