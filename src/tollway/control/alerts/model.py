"""The values of this domain."""

from dataclasses import dataclass
from typing import Literal

AlertKind = Literal["budget", "limit", "provider"]
"""A level of a budget or of a soft limit was reached; keys of a provider began to fail."""
AlertState = Literal["open", "acknowledged", "over"]
"""over: what it tells of ended, with the period or with the failure, and nobody had acknowledged it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Written once; later only `until_ns` grows, and somebody may acknowledge it.

    `owner_level` and `owner_id` say whose limit it is, or which provider. `used` and `allowed` are in the unit of
    `measure` at the time, both 0 for a provider. `until_ns`: what it tells of holds no longer than that.
    """

    id: str
    kind: AlertKind
    subject: str
    """What is told once: the same subject fires again when the earlier alert is over."""
    owner_level: str
    owner_id: str
    owner_name: str
    limit_id: str
    limit_name: str
    measure: str
    alert_percent: int
    percent: int
    used: int
    allowed: int
    is_soft: bool
    created_ns: int
    until_ns: int
    used_up_ns: int | None = None
    team_id: str | None = None
    user_id: str | None = None
    acknowledged_ns: int | None = None
    acknowledged_by: str = ""
    note: str = ""

    def state_at(self, now_ns: int) -> AlertState:
        """Return the state at an instant."""
        if self.acknowledged_ns is not None:
            return "acknowledged"
        return "open" if self.until_ns > now_ns else "over"


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts to list."""

    state: AlertState | None = None
    kind: AlertKind | None = None
    level: str | None = None
    owner_id: str | None = None
