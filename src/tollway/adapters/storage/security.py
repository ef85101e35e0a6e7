"""Security events, rules, decoys and waiting reports in the config database."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, or_, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import after_position, from_json, in_order, to_json
from tollway.adapters.storage.security_schema import (
    decoys,
    leak_reports,
    security_cursor,
    security_events,
    security_expected,
    security_rules,
)
from tollway.contract.watching import Facts
from tollway.control.access.model import Reach, Sight
from tollway.control.model import Page, Position
from tollway.control.security.model import (
    Cursor,
    Decoy,
    EventCounts,
    EventFilter,
    Expectation,
    Received,
    SecurityEvent,
    SecurityRules,
    TeamRules,
)
from tollway.control.security.ports import EventStore, ReportStore, RuleStore

_E = security_events.c


class SQLEventStore:
    """Implements EventStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, event: SecurityEvent) -> None:
        """Store a new event."""
        self._database.writing().execute(insert(security_events).values(_values(event)))

    def put(self, event: SecurityEvent) -> None:
        """Store a changed event, by primary key."""
        self._database.writing().execute(update(security_events).where(_E.id == event.id).values(_values(event)))

    def find(self, event_id: str) -> SecurityEvent | None:
        """Return the event, by primary key."""
        return self._first(_E.id == event_id)

    def find_open(self, kind: str, subject: str, detail: str) -> SecurityEvent | None:
        """Return the newest open event about the same, by security_events_by_subject."""
        return self._first(_E.subject == subject, _E.kind == kind, _E.detail == detail, _E.state == "open")

    def latest(self, kind: str, subject: str, since_ns: int) -> SecurityEvent | None:
        """Return the newest event of the kind about the subject since then, by security_events_by_subject."""
        return self._first(_E.subject == subject, _E.kind == kind, _E.created_ns >= since_ns)

    def in_force(self, subject: str) -> tuple[SecurityEvent, ...]:
        """Return what was done about the subject and can be undone, by security_events_by_subject."""
        query = select(security_events).where(_E.subject == subject, _E.act_state == "done")
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_E.created_ns, _E.id)).mappings()
            return tuple(_event(row) for row in rows)

    def page(self, wanted: EventFilter, *, sight: Sight, after: Position | None, limit: int) -> Page[SecurityEvent]:
        """Return events within sight, newest first, by security_events_by_time, _by_state or _by_subject."""
        query = in_order(select(security_events).where(*_wanted(wanted), *_in_sight(sight)), security_events)
        if (condition := after_position(security_events, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit + 1)).mappings().all()
        last = rows[limit - 1] if len(rows) > limit else None
        following = None if last is None else Position(last["created_ns"], last["id"])
        return Page(tuple(_event(row) for row in rows[:limit]), following)

    def count_open(self, sight: Sight) -> EventCounts:
        """Return open events by severity, by security_events_open alone."""
        query = select(_E.severity, func.count()).where(_E.state == "open", *_in_sight(sight)).group_by(_E.severity)
        with self._database.reading() as connection:
            return {severity: int(count) for severity, count in connection.execute(query)}

    def due_revocations(self, before_ns: int, limit: int) -> tuple[SecurityEvent, ...]:
        """Return revocations that can still be undone, oldest first, by security_events_by_act."""
        conditions = (_E.act_state == "done", _E.act == "revoke", _E.act_ns <= before_ns)
        query = select(security_events).where(*conditions).order_by(_E.act_ns, _E.id).limit(limit)
        with self._database.reading() as connection:
            return tuple(_event(row) for row in connection.execute(query).mappings())

    def purge(self, before_ns: int, limit: int) -> int:
        """Delete closed events that were last true before, oldest first, by security_events_by_time."""
        conditions = (_E.state != "open", _E.last_ns < before_ns, _E.created_ns < before_ns)
        oldest = select(_E.id).where(*conditions).order_by(_E.created_ns, _E.id).limit(limit)
        return self._database.writing().execute(delete(security_events).where(_E.id.in_(oldest))).rowcount

    def _first(self, *conditions: ColumnElement[bool]) -> SecurityEvent | None:
        query = in_order(select(security_events).where(*conditions), security_events).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _event(row) if row else None


class SQLRuleStore:
    """Implements RuleStore. All its tables are small."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def all_rules(self) -> tuple[TeamRules, ...]:
        """Return all rules, by team; the installation's first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(security_rules).order_by(security_rules.c.team_id)).mappings().all()
        return tuple(_rules(row) for row in rows)

    def find_rules(self, team_id: str) -> TeamRules | None:
        """Return the rules of a team, or of the installation, by primary key."""
        with self._database.reading() as connection:
            query = select(security_rules).where(security_rules.c.team_id == team_id)
            row = connection.execute(query).mappings().first()
        return _rules(row) if row else None

    def put_rules(self, rules: TeamRules) -> None:
        """Replace them."""
        self.remove_rules(rules.team_id)
        values = {
            "team_id": rules.team_id,
            "rules": to_json(rules.rules),
            "updated_ns": rules.updated_ns,
            "updated_by": rules.updated_by,
            "version": rules.version,
        }
        self._database.writing().execute(insert(security_rules).values(values))

    def remove_rules(self, team_id: str) -> None:
        """Forget them."""
        self._database.writing().execute(delete(security_rules).where(security_rules.c.team_id == team_id))

    def expectations(self) -> tuple[Expectation, ...]:
        """Return all, oldest first."""
        table = security_expected
        query = select(table).order_by(table.c.created_ns, table.c.kind, table.c.subject, table.c.detail)
        with self._database.reading() as connection:
            return tuple(Expectation(**row) for row in connection.execute(query).mappings())

    def put_expectation(self, expectation: Expectation) -> None:
        """Replace what is there."""
        self.remove_expectation(expectation)
        self._database.writing().execute(insert(security_expected).values(_plain(expectation)))

    def remove_expectation(self, expectation: Expectation) -> None:
        """Forget it, by primary key."""
        table = security_expected.c
        same = (
            table.kind == expectation.kind,
            table.subject == expectation.subject,
            table.detail == expectation.detail,
        )
        self._database.writing().execute(delete(security_expected).where(*same))

    def decoys(self) -> tuple[Decoy, ...]:
        """Return all, newest first."""
        query = select(decoys).order_by(decoys.c.created_ns.desc(), decoys.c.token_id)
        with self._database.reading() as connection:
            return tuple(Decoy(**row) for row in connection.execute(query).mappings())

    def add_decoy(self, decoy: Decoy) -> None:
        """Store one."""
        self._database.writing().execute(insert(decoys).values(_plain(decoy)))

    def remove_decoy(self, token_id: str) -> bool:
        """Forget one."""
        return self._database.writing().execute(delete(decoys).where(decoys.c.token_id == token_id)).rowcount > 0

    def cursor(self) -> Cursor:
        """Return the only row; a revision of 1 before there is one, so that a ledger is told of the built-in rules."""
        with self._database.reading() as connection:
            row = connection.execute(select(security_cursor.c.seq, security_cursor.c.revision)).first()
        return Cursor(0, 1) if row is None else Cursor(int(row.seq), int(row.revision))

    def put_cursor(self, cursor: Cursor) -> None:
        """Replace the only row."""
        self._database.writing().execute(delete(security_cursor))
        self._database.writing().execute(insert(security_cursor).values({"only": 1, **_plain(cursor)}))


class SQLReportStore:
    """Implements ReportStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, received: Received) -> None:
        """Store one."""
        self._database.writing().execute(insert(leak_reports).values(_plain(received)))

    def count(self) -> int:
        """Return how many wait; there are few."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(leak_reports)).scalar_one()

    def first(self, limit: int) -> tuple[Received, ...]:
        """Return the oldest, by leak_reports_by_time."""
        query = select(leak_reports).order_by(leak_reports.c.created_ns, leak_reports.c.id).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(Received(row["id"], bytes(row["sealed"]), row["created_ns"]) for row in rows)

    def remove(self, received_id: str) -> None:
        """Forget one, by primary key."""
        self._database.writing().execute(delete(leak_reports).where(leak_reports.c.id == received_id))


def _plain(value: Expectation | Decoy | Cursor | Received) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _values(event: SecurityEvent) -> dict[str, Any]:
    fields = {name: getattr(event, name) for name in event.__dataclass_fields__}
    return {**fields, "facts": to_json(event.facts)}


def _event(row: RowMapping) -> SecurityEvent:
    return SecurityEvent(**{**row, "facts": from_json(row["facts"], Facts)})


def _rules(row: RowMapping) -> TeamRules:
    try:
        rules = from_json(row["rules"], SecurityRules)
    except msgspec.ValidationError:
        # Written by a newer program; the built-in rules watch until they are set anew.
        rules = SecurityRules()
    return TeamRules(row["team_id"], rules, row["updated_ns"], row["updated_by"], row["version"])


def _wanted(wanted: EventFilter) -> list[ColumnElement[bool]]:
    given = {"state": wanted.state, "kind": wanted.kind, "severity": wanted.severity, "subject": wanted.subject}
    return [_E[name] == value for name, value in given.items() if value is not None]


def _in_sight(sight: Sight) -> list[ColumnElement[bool]]:
    if sight.reach is Reach.ALL:
        return []
    own = (_E.owner_id == sight.user_id) & (_E.owner_id != "")
    if sight.reach is Reach.OWN:
        return [own]
    return [or_(own, _E.team_id.in_(sorted(sight.team_ids)))]


_events: type[EventStore] = SQLEventStore
_rule: type[RuleStore] = SQLRuleStore
_reports: type[ReportStore] = SQLReportStore
