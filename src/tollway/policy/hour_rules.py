"""When calls may be made: weekly windows on the clock of a named zone, daylight saving included.

What decides is what a clock on the wall there shows. An hour that is skipped in spring opens nothing, and one that is
shown twice in autumn counts both times. The answer is remembered together with the span it is true for, so that most
calls pay two comparisons; a clock that jumps out of the span, either way, is looked at anew.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tollway.contract.rights import HourRights

_SECOND_NS = 1_000_000_000
_STEP_SECONDS = 6 * 3_600
"""The longest span that is looked at in one go: no zone changes its offset twice in six hours."""
_SEARCH_SECONDS = 15 * 86_400
"""Weekly windows open within a week; one that the change of an offset skips opens in the next."""


class Hours:
    """One level's windows, compiled. Facts of one span are remembered; see the module."""

    __slots__ = ("_from_ns", "_is_open", "_minutes", "_until_ns", "_zone", "zone")

    def __init__(self, rights: HourRights) -> None:
        """Raises ValueError for a zone that this machine does not know."""
        self.zone = rights.zone
        self._zone = read_zone(rights.zone)
        days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
        for window in rights.windows or ():
            days[window.day].append((window.start_minute, window.end_minute))
        self._minutes = tuple(tuple(sorted(day)) for day in days)
        self._from_ns, self._until_ns, self._is_open = 0, 0, False

    def is_open(self, now_ns: int) -> bool:
        """Whether calls may be made at this instant."""
        if not self._from_ns <= now_ns < self._until_ns:
            second = now_ns // _SECOND_NS
            self._is_open, until = self._look(second)
            self._from_ns, self._until_ns = second * _SECOND_NS, until * _SECOND_NS
        return self._is_open

    def opens_ns(self, now_ns: int) -> int | None:
        """Return the instant from which calls may be made again; None when no window ever opens."""
        second = now_ns // _SECOND_NS
        last = second + _SEARCH_SECONDS
        while second <= last:
            is_open, until = self._look(second)
            if is_open:
                return max(second * _SECOND_NS, now_ns)
            second = until
        return None

    def shown(self, instant_ns: int) -> str:
        """Return an instant as the clock there shows it, with its offset."""
        return datetime.fromtimestamp(instant_ns // _SECOND_NS, self._zone).isoformat()

    def _look(self, second: int) -> tuple[bool, int]:
        """Return whether it is open at a second since 1970, and until which second that is sure."""
        offset = self._offset(second)
        local = second + offset
        day, in_day = divmod(local, 86_400)
        windows = self._minutes[(day + 3) % 7]  # 1970-01-01 was a Thursday
        is_open = any(start * 60 <= in_day < end * 60 for start, end in windows)
        edges = [edge * 60 for window in windows for edge in window if edge * 60 > in_day]
        until = min(second + min([*edges, 86_400]) - in_day, second + _STEP_SECONDS)
        return is_open, self._first_change(second, until, offset)

    def _first_change(self, second: int, until: int, offset: int) -> int:
        """Return the first second of (second, until] at which the offset is another, else `until`."""
        if self._offset(until) == offset:
            return until
        low, high = second, until
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

    def _offset(self, second: int) -> int:
        offset = datetime.fromtimestamp(second, self._zone).utcoffset()
        assert offset is not None
        return offset // timedelta(seconds=1)


def read_zone(name: str) -> ZoneInfo:
    """Return an IANA zone. Raises ValueError for one that is not known here, or is no name of a zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # unknown, a folder, or a name that would leave the folder
        raise ValueError(f"there is no time zone {name!r}") from error
