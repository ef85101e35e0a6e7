"""Alerts in the config database."""

from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, or_, select, update

from tollway.adapters.storage.alerts_schema import alerts
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import after_position, in_order
from tollway.control.access.model import Reach, Sight
from tollway.control.alerts.model import Alert, AlertFilter
from tollway.control.alerts.ports import AlertStore
from tollway.control.model import Page, Position

_A = alerts.c


class SQLAlertStore:
    """Implements AlertStore. Alerts are few: one for each level of a limit and period."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, alert: Alert) -> None:
        """Store a new alert."""
        self._database.writing().execute(insert(alerts).values(_values(alert)))

    def prolong(self, subject: str, *, now_ns: int, until_ns: int) -> None:
        """What the alerts of the subject tell of holds until then, by alerts_by_subject."""
        which = (_A.subject == subject) & (_A.until_ns > now_ns)
        self._database.writing().execute(update(alerts).where(which).values(until_ns=until_ns))

    def acknowledge(self, alert: Alert) -> None:
        """Store who acknowledged the alert, by primary key."""
        values = {
            "acknowledged_ns": alert.acknowledged_ns,
            "acknowledged_by": alert.acknowledged_by,
            "note": alert.note,
        }
        self._database.writing().execute(update(alerts).where(_A.id == alert.id).values(values))

    def find(self, alert_id: str) -> Alert | None:
        """Return the alert, by primary key."""
        with self._database.reading() as connection:
            row = connection.execute(select(alerts).where(_A.id == alert_id)).mappings().first()
        return _alert(row) if row else None

    def page(
        self, wanted: AlertFilter, *, sight: Sight, now_ns: int, after: Position | None, limit: int
    ) -> Page[Alert]:
        """Return alerts within sight, newest first, by alerts_by_time, _by_state or _by_owner."""
        query = in_order(select(alerts).where(*_wanted(wanted, now_ns), *_in_sight(sight)), alerts)
        if (condition := after_position(alerts, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit + 1)).mappings().all()
        last = rows[limit - 1] if len(rows) > limit else None
        following = None if last is None else Position(last["created_ns"], last["id"])
        return Page(tuple(_alert(row) for row in rows[:limit]), following)

    def count_open(self, sight: Sight, now_ns: int) -> int:
        """Return how many within sight are open, by alerts_by_state."""
        query = select(func.count()).select_from(alerts).where(*_open(now_ns), *_in_sight(sight))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def purge(self, *, before_ns: int) -> None:
        """Delete those made before an instant that are over by then, by alerts_by_time."""
        which = (_A.created_ns < before_ns) & (_A.until_ns < before_ns)
        self._database.writing().execute(delete(alerts).where(which))


def _wanted(wanted: AlertFilter, now_ns: int) -> list[ColumnElement[bool]]:
    given = {"kind": wanted.kind, "owner_level": wanted.level, "owner_id": wanted.owner_id}
    found = [_A[name] == value for name, value in given.items() if value is not None]
    if wanted.state == "open":
        found += _open(now_ns)
    elif wanted.state == "over":
        found += [_A.acknowledged_ns.is_(None), _A.until_ns <= now_ns]
    elif wanted.state == "acknowledged":
        found.append(_A.acknowledged_ns.is_not(None))
    return found


def _open(now_ns: int) -> list[ColumnElement[bool]]:
    return [_A.acknowledged_ns.is_(None), _A.until_ns > now_ns]


def _in_sight(sight: Sight) -> list[ColumnElement[bool]]:
    if sight.reach is Reach.ALL:
        return []
    own = (_A.user_id == sight.user_id) & (_A.user_id != "")
    if sight.reach is Reach.OWN:
        return [own]
    return [or_(own, _A.team_id.in_(sorted(sight.team_ids)))]


def _values(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in alert.__dataclass_fields__}


def _alert(row: RowMapping) -> Alert:
    return Alert(**row)


_: type[AlertStore] = SQLAlertStore
