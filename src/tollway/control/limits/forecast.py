"""When a budget runs out, foreseen from what was used. Pure.

The pace is that of recent days where these are known, the newest counting most, and else that of the period so far. A
budget that its period refills first does not run out.
"""

from collections.abc import Sequence

DAY_NS = 86_400 * 10**9
HALF_LIFE_DAYS = 3
"""A day counts half as much as one three days later: a week's change of habit shows, one busy hour does not."""
_WEIGHTS_MAX = 30


def pace_of_days(days: Sequence[int], today_ns: int) -> float:
    """Return the pace per nanosecond of days in a row, the last of which has run for `today_ns` (> 0) so far."""
    amount = length = 0.0
    for age, used in enumerate(reversed(days[-_WEIGHTS_MAX:])):
        weight = 0.5 ** (age / HALF_LIFE_DAYS)
        amount += weight * used
        length += weight * (today_ns if age == 0 else DAY_NS)
    return amount / length if length else 0.0


def pace_of_period(used: int, starts_ns: int, now_ns: int) -> float:
    """Return the pace per nanosecond since the period began; 0 for one that has no beginning worth its name."""
    return used / (now_ns - starts_ns) if 0 < starts_ns < now_ns else 0.0


def foresee_end(left: int, pace: float, now_ns: int, ends_ns: int) -> int | None:
    """Return when `left` is used up at a pace per nanosecond; None when the period ends before, or nothing is used.

    At once when nothing is left.
    """
    if left <= 0:
        return now_ns
    if pace <= 0:
        return None
    takes_ns = left / pace
    return now_ns + int(takes_ns) if takes_ns < ends_ns - now_ns else None
