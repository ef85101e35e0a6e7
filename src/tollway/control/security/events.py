"""The inbox: list security events, close them, act on their tokens, undo."""

from dataclasses import dataclass, replace

from tollway.contract.watching import Act
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.faults import refuse
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.control.security.acting import Acting
from tollway.control.security.errors import event_closed, event_not_found
from tollway.control.security.model import EventCounts, EventFilter, EventState, Expectation, SecurityEvent
from tollway.control.security.ports import EventStore, TokenActs
from tollway.control.security.rules import WatchRules
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock

NOTE_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class EventParts:
    """What the service is built from."""

    store: EventStore
    rules: WatchRules
    tokens: TokenActs
    transactions: Transactions
    trail: Trail
    clock: Clock


class SecurityEvents:
    """The security events of this installation. Thread-safe."""

    def __init__(self, parts: EventParts) -> None:
        self._parts = parts
        self._acting = Acting(parts.tokens, parts.store)

    def page(
        self, wanted: EventFilter, *, sight: Sight, after: Position | None = None, limit: int = PAGE_SIZE
    ) -> Page[SecurityEvent]:
        """Return events within sight, newest first."""
        return self._parts.store.page(wanted, sight=sight, after=after, limit=bound_size(limit))

    def get(self, event_id: str, sight: Sight = EVERYWHERE) -> SecurityEvent:
        """Return the event. Raises management.not_found, also for one that is out of sight."""
        event = self._parts.store.find(event_id)
        if event is None or not sight.covers(owner_id=event.owner_id, team_id=event.team_id):
            raise event_not_found()
        return event

    def count_open(self, sight: Sight = EVERYWHERE) -> EventCounts:
        """Return how many open events there are of each severity."""
        return self._parts.store.count_open(sight)

    def acknowledge(
        self, event_id: str, actor: Actor, *, note: str = "", expected_version: int | None = None
    ) -> SecurityEvent:
        """Close the event: it was looked into. The same again is a new one. Raises management.conflict (closed)."""
        return self._close(event_id, "acknowledged", actor, (note, expected_version))

    def mark_expected(
        self, event_id: str, actor: Actor, *, note: str = "", expected_version: int | None = None
    ) -> SecurityEvent:
        """Close the event, and find the same of this subject no more; what was done about it is undone.

        Raises management.conflict (closed).
        """
        with self._parts.transactions.write():
            event = self.get(event_id, actor.sight)
            if event.act_state == "done" and event.state == "open":
                check_version(event.version, expected_version)
                self.undo(event_id, actor)
                expected_version = None
            closed = self._close(event_id, "expected", actor, (note, expected_version))
            now = self._parts.clock.now_ns()
            self._parts.rules.expect(Expectation(closed.kind, closed.subject, closed.detail, now, str(actor)), actor)
            return closed

    def act(self, event_id: str, act: Act, actor: Actor, *, expected_version: int | None = None) -> SecurityEvent:
        """Limit, quarantine or revoke the event's token now. A revocation by a person is for ever.

        Raises management.conflict (about a source, token revoked), management.not_found, management.precondition.
        """
        if act == "notify":
            raise refuse("/act", "limit, quarantine or revoke")
        parts = self._parts
        with parts.transactions.write():
            event = self.get(event_id, actor.sight)
            check_version(event.version, expected_version)
            rules = parts.rules.find(event.team_id or "")
            acted = self._acting.act(event, act, rules, (actor, parts.clock.now_ns()))
            return self._save(event, acted, actor, act)

    def undo(self, event_id: str, actor: Actor, *, expected_version: int | None = None) -> SecurityEvent:
        """Make the token as it was before the event, or as other events about it say.

        Raises management.conflict when nothing can be undone.
        """
        with self._parts.transactions.write():
            event = self.get(event_id, actor.sight)
            check_version(event.version, expected_version)
            rules, now_ns = self._parts.rules.find(event.team_id or ""), self._parts.clock.now_ns()
            return self._save(event, self._acting.undo(event, rules, actor, now_ns), actor, "undo")

    def _close(self, event_id: str, state: EventState, actor: Actor, how: tuple[str, int | None]) -> SecurityEvent:
        note, expected_version = how
        if len(note) > NOTE_CHARACTERS_MAX:
            raise refuse("/note", f"at most {NOTE_CHARACTERS_MAX} characters")
        with self._parts.transactions.write():
            event = self.get(event_id, actor.sight)
            check_version(event.version, expected_version)
            if event.state != "open":
                raise event_closed()
            now = self._parts.clock.now_ns()
            closed = replace(event, state=state, note=note.strip(), closed_ns=now, closed_by=str(actor))
            return self._save(event, closed, actor, state)

    def _save(self, before: SecurityEvent, after: SecurityEvent, actor: Actor, act: str) -> SecurityEvent:
        saved = replace(after, version=before.version + 1)
        self._parts.store.put(saved)
        subject = Subject("security_event", saved.id, f"{saved.kind} {saved.subject_name or saved.subject}")
        self._parts.trail.record(actor, f"security.{act}", subject, _facts(before), _facts(saved))
        return saved


def _facts(event: SecurityEvent) -> dict[str, object]:
    return {"state": event.state, "act": event.act, "act_state": event.act_state, "note": event.note}
