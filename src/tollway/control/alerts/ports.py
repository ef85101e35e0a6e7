"""What alerts need from outside."""

from typing import Protocol

from tollway.control.access.model import Sight
from tollway.control.alerts.model import Alert, AlertFilter
from tollway.control.paging import Page, Position


class AlertStore(Protocol):
    """Alerts in the config database. Every method raises management.unavailable."""

    def add(self, alert: Alert) -> None:
        """Store a new alert. Only inside a transaction, like every method that changes something."""
        ...

    def prolong(self, subject: str, *, now_ns: int, until_ns: int) -> None:
        """What the alerts of the subject tell of holds until then, for those that are not over by now."""
        ...

    def acknowledge(self, alert: Alert) -> None:
        """Store who acknowledged the alert, or that nobody has."""
        ...

    def find(self, alert_id: str) -> Alert | None:
        """Return the alert."""
        ...

    def page(
        self, wanted: AlertFilter, *, sight: Sight, now_ns: int, after: Position | None, limit: int
    ) -> Page[Alert]:
        """Return alerts within sight, newest first."""
        ...

    def count_open(self, sight: Sight, now_ns: int) -> int:
        """Return how many within sight are open."""
        ...

    def purge(self, *, before_ns: int) -> None:
        """Delete those made before an instant that are over by then."""
        ...
