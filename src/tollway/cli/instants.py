"""Points in time as people write them on the command line: `24h`, `90d`, `never`, `2026-11-24`, RFC 3339.

Everything is UTC. Pure: the present is an argument.
"""

import re
from datetime import UTC, datetime, timedelta

from tollway.control.limits.parse import parse_duration_seconds

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SECONDS_MAX = 100 * 366 * 86_400


def parse_since(text: str, now: datetime) -> str:
    """Read an instant in the past: a duration before `now`, a date, or RFC 3339. Raises ValueError."""
    return _parse(text, now, sign=-1)


def parse_expiry(text: str, now: datetime) -> str | None:
    """Read an instant in the future: a duration from `now`, a date (its first second) or RFC 3339; None for `never`."""
    return None if text.strip().lower() == "never" else _parse(text, now, sign=1)


def _parse(text: str, now: datetime, *, sign: int) -> str:
    text = text.strip()
    try:
        seconds = parse_duration_seconds(text)
    except ValueError:
        return _format(_instant(text))
    if seconds > _SECONDS_MAX:
        raise ValueError(f"too far away: {text!r}")
    return _format(now + sign * timedelta(seconds=seconds))


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or (instant.tzinfo is None and not _DATE.fullmatch(text)):
        raise ValueError(f"not an instant: {text!r} (write 24h, 7d, 2026-11-24 or 2026-11-24T02:00:00Z)")
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _format(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
