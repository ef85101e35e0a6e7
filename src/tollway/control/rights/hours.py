"""Hours of a week as people write them: `mon-fri 09:00-17:30`. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tollway.contract.rights import Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 1_440
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_HOURS = re.compile(rf"(?P<days>[a-z,-]+)(?: (?P<start>{_TIME})-(?P<end>{_TIME}))?")


class Hours(NamedTuple):
    """The same hours on several days; an end at or before the start is on the next day."""

    days: tuple[str, ...]
    start: str = "00:00"
    end: str = "24:00"


def parse_hours(text: str) -> Hours:
    """Read `mon-fri 09:00-17:30` or `sat,sun`. Raises ValueError, saying what would work."""
    match = _HOURS.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not such as 'mon-fri 09:00-17:30'")
    days: list[str] = []
    for part in match["days"].split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f"{part!r} names no day: use {', '.join(DAYS)}")
        start = DAYS.index(first)
        count = (DAYS.index(last or first) - start) % 7 + 1
        days += [DAYS[(start + offset) % 7] for offset in range(count)]
    found = tuple(dict.fromkeys(days))
    return Hours(found, match["start"], match["end"]) if match["start"] else Hours(found)


def to_windows(hours: Iterable[Hours]) -> tuple[Window, ...]:
    """Return windows day by day, those over midnight in two parts, in order and each once."""
    found: set[Window] = set()
    for days, start_text, end_text in hours:
        start, end = _minute(start_text), _minute(end_text)
        for name in days:
            day = DAYS.index(name)
            if start < end:
                found.add(Window(day, start, end))
                continue
            if start < DAY_MINUTES:
                found.add(Window(day, start, DAY_MINUTES))
            if end:
                found.add(Window((day + 1) % 7, 0, end))
    return tuple(sorted(found, key=lambda window: (window.day, window.start_minute, window.end_minute)))


def from_windows(windows: Iterable[Window]) -> list[Hours]:
    """Return windows as hours, the days of the same hours together."""
    days: dict[tuple[int, int], list[str]] = {}
    for window in windows:
        days.setdefault((window.start_minute, window.end_minute), []).append(DAYS[window.day])
    return [Hours(tuple(names), _clock(start), _clock(end)) for (start, end), names in days.items()]


def show_hours(hours: Hours) -> str:
    """Write hours as `parse_hours` reads them."""
    return f"{','.join(hours.days)} {hours.start}-{hours.end}"


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
