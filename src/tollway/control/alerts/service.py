"""The alerts that fired: list them, acknowledge them, take that back. The watch of the notices domain writes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import Actor
from tollway.control.alerts.errors import alert_not_found
from tollway.control.alerts.model import Alert, AlertFilter
from tollway.control.alerts.ports import AlertStore
from tollway.control.audit.model import Subject
from tollway.control.faults import refuse
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.kernel.clock import Clock

NOTE_CHARACTERS_MAX = 500
ALERTS_MAX = 100
"""Acknowledged in one request."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alerts of this installation. Thread-safe."""

    store: AlertStore
    transactions: Transactions
    trail: Trail
    clock: Clock

    def page(
        self, wanted: AlertFilter, *, sight: Sight = EVERYWHERE, after: Position | None = None, limit: int = PAGE_SIZE
    ) -> Page[Alert]:
        """Return alerts within sight, newest first."""
        now_ns = self.clock.now_ns()
        return self.store.page(wanted, sight=sight, now_ns=now_ns, after=after, limit=bound_size(limit))

    def count_open(self, sight: Sight = EVERYWHERE) -> int:
        """Return how many alerts within sight are open."""
        return self.store.count_open(sight, self.clock.now_ns())

    def acknowledge(self, alert_ids: Sequence[str], actor: Actor, *, note: str = "") -> tuple[Alert, ...]:
        """Somebody has looked at these. What was acknowledged before stays as it was. All of them or none.

        Raises management.not_found, management.invalid.
        """
        if len(note) > NOTE_CHARACTERS_MAX:
            raise refuse("/note", f"at most {NOTE_CHARACTERS_MAX} characters")
        now_ns = self.clock.now_ns()
        return self._change(
            alert_ids,
            actor,
            "alert.acknowledge",
            lambda alert: (
                alert
                if alert.acknowledged_ns is not None
                else replace(alert, acknowledged_ns=now_ns, acknowledged_by=str(actor), note=note.strip())
            ),
        )

    def reopen(self, alert_ids: Sequence[str], actor: Actor) -> tuple[Alert, ...]:
        """Nobody has looked at these. All of them or none. Raises management.not_found, management.invalid."""
        return self._change(
            alert_ids,
            actor,
            "alert.reopen",
            lambda alert: replace(alert, acknowledged_ns=None, acknowledged_by="", note=""),
        )

    def _change(
        self, alert_ids: Sequence[str], actor: Actor, action: str, change: Callable[[Alert], Alert]
    ) -> tuple[Alert, ...]:
        if not 0 < len(alert_ids) <= ALERTS_MAX:
            raise refuse("/ids", f"name 1 to {ALERTS_MAX} alerts")
        changed = []
        with self.transactions.write():
            for alert_id in dict.fromkeys(alert_ids):
                before = self._get(alert_id, actor.sight)
                after = change(before)
                if after != before:
                    self.store.acknowledge(after)
                    subject = Subject("alert", after.id, _title(after))
                    self.trail.record(actor, action, subject, _facts(before), _facts(after))
                changed.append(after)
        return tuple(changed)

    def _get(self, alert_id: str, sight: Sight) -> Alert:
        alert = self.store.find(alert_id)
        if alert is None or not sight.covers(owner_id=alert.user_id, team_id=alert.team_id):
            raise alert_not_found()
        return alert


def _title(alert: Alert) -> str:
    return f"{alert.owner_name}: {alert.limit_name} {alert.alert_percent} %" if alert.limit_name else alert.owner_name


def _facts(alert: Alert) -> dict[str, object]:
    return {"is_acknowledged": alert.acknowledged_ns is not None, "note": alert.note}
