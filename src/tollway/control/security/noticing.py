"""Turns what was found or reported into events, and does about them what the rules say.

Law: a finding becomes an event, or is counted in the open one about the same, exactly once: the place up to which
findings were read is stored in the same transaction.
"""

from dataclasses import dataclass, replace

from tollway.contract.ledger_api import FindingsAnswer, FindingsQuery, HeedAnswer, HeedPolicy
from tollway.contract.watching import Facts, Finding, Severity
from tollway.control.notices.events import Event, SecurityNoticed
from tollway.control.notices.ports import Notices
from tollway.control.ports import Transactions
from tollway.control.security.acting import CLIMB_NS, HOUR_NS, Acting, decide
from tollway.control.security.letters import SecurityLetters
from tollway.control.security.model import Cursor, SecurityEvent
from tollway.control.security.ports import EventStore, Ledger, RuleStore, TokenActs
from tollway.control.security.rules import WatchRules
from tollway.control.tokens.model import Token
from tollway.kernel.clock import Clock
from tollway.kernel.ids import new_id
from tollway.policy.token import mask

SECURITY_EVENT = "sec"
FINDINGS_EACH = 200
REVOCATIONS_EACH = 50
OLDEST_NS = 7 * 24 * HOUR_NS
"""Findings from before are passed: after a restore, or weeks without a console, they are history."""
KEPT_NS = 365 * 24 * HOUR_NS
"""How long closed events are kept."""


@dataclass(frozen=True, slots=True)
class NoticingParts:
    """What the service is built from."""

    events: EventStore
    rules: RuleStore
    watch_rules: WatchRules
    tokens: TokenActs
    ledger: Ledger
    notices: Notices
    transactions: Transactions
    clock: Clock
    letters: SecurityLetters


@dataclass(frozen=True, slots=True)
class Noticed:
    """What was found, as far as it is about an event."""

    kind: str
    severity: Severity
    subject: str
    detail: str
    facts: Facts
    at_ns: int
    team_id: str | None = None


class Noticing:
    """Reads findings and makes events of them. Thread-safe; one thread at a time reads."""

    def __init__(self, parts: NoticingParts) -> None:
        self._parts = parts
        self._acting = Acting(parts.tokens, parts.events)

    def look(self) -> bool:
        """Take in what the ledger found; return whether there may be more. Raises what database and ledger raise.

        Sends the ledger what to watch by whenever it watches by something else.
        """
        parts = self._parts
        cursor = parts.rules.cursor()
        answer = parts.ledger.ask(FindingsQuery(cursor.seq, FINDINGS_EACH))
        if not isinstance(answer, FindingsAnswer):
            return False
        if answer.revision not in (cursor.revision, -1):
            sent = parts.ledger.ask(HeedPolicy(parts.watch_rules.build_policy()))
            assert isinstance(sent, HeedAnswer), "the ledger answers what it was asked"
        if 0 < answer.newest_seq < cursor.seq:
            self._begin_anew(cursor)
            return True
        if answer.last_seq == cursor.seq:
            return False
        oldest_ns = parts.clock.now_ns() - OLDEST_NS
        with parts.transactions.write():
            now = parts.rules.cursor()
            for row in answer.rows:
                if row.seq > now.seq and row.finding.at_ns >= oldest_ns:
                    self.notice(_noticed(row.finding))
            parts.rules.put_cursor(replace(now, seq=max(now.seq, answer.last_seq)))
        return len(answer.rows) >= FINDINGS_EACH

    def _begin_anew(self, cursor: Cursor) -> None:
        """Read from the start: the ledger's database was replaced, and its numbers with it."""
        with self._parts.transactions.write():
            if self._parts.rules.cursor().seq == cursor.seq:
                self._parts.rules.put_cursor(replace(cursor, seq=0))

    def notice(self, noticed: Noticed) -> SecurityEvent:
        """Count it in the open event about the same, or make one and act as the rules say. Inside a transaction."""
        parts = self._parts
        known = parts.events.find_open(noticed.kind, noticed.subject, noticed.detail)
        if known is not None:
            again = replace(
                known,
                last_ns=max(known.last_ns, noticed.at_ns),
                count=known.count + 1,
                facts=noticed.facts,
                version=known.version + 1,
            )
            parts.events.put(again)
            return again
        return self._begin(noticed)

    def finish_revocations(self) -> None:
        """End for ever what was switched off to be revoked, where the undo window is over."""
        parts, now = self._parts, self._parts.clock.now_ns()
        for event in parts.events.due_revocations(now, REVOCATIONS_EACH):
            rules = parts.watch_rules.find(event.team_id or "")
            if event.act_ns is None or now - event.act_ns < rules.undo_hours * HOUR_NS:
                continue
            with parts.transactions.write():
                current = parts.events.find(event.id)
                if current is not None and current.act == "revoke" and current.act_state == "done":
                    finished = self._acting.finish(current, now)
                    parts.events.put(replace(finished, version=current.version + 1))

    def purge(self) -> bool:
        """Delete some closed events that are old; return whether there may be more."""
        parts = self._parts
        with parts.transactions.write():
            return parts.events.purge(parts.clock.now_ns() - KEPT_NS, 500) >= 500

    def _begin(self, noticed: Noticed) -> SecurityEvent:
        parts, now = self._parts, self._parts.clock.now_ns()
        token = parts.tokens.find(noticed.subject) if len(noticed.subject) == ID_CHARACTERS else None
        team_id = noticed.team_id or (token.team_id if token else None)
        rules = parts.watch_rules.find(team_id or "")
        event = SecurityEvent(
            id=new_id(SECURITY_EVENT),
            kind=noticed.kind,
            severity=noticed.severity,
            subject=noticed.subject,
            subject_name=token.name if token else "",
            is_token=token is not None,
            team_id=team_id,
            owner_id=token.owner_id if token else None,
            detail=noticed.detail,
            facts=noticed.facts,
            state="open",
            created_ns=now,
            last_ns=noticed.at_ns,
        )
        latest = parts.events.latest(noticed.kind, noticed.subject, now - CLIMB_NS)
        decision = decide(noticed.kind, rules, latest, is_token=token is not None, at_ns=noticed.at_ns)
        acted = self._acting.take(event, decision, rules, now)
        parts.events.add(acted)
        parts.letters.add(acted)
        if not decision.is_dry_run:
            parts.notices.tell(_told(acted, token))
        return acted


ID_CHARACTERS = 12


def _noticed(finding: Finding) -> Noticed:
    return Noticed(
        finding.detector,
        finding.severity,
        finding.subject,
        finding.detail,
        finding.facts,
        finding.at_ns,
        finding.team_id or None,
    )


def _told(event: SecurityEvent, token: Token | None) -> Event:
    return Event(
        SecurityNoticed(
            id=event.id,
            kind=event.kind,
            severity=event.severity,
            token_id=token.id if token else None,
            token_masked=mask(token.id, token.kind) if token else None,
            token_name=token.name if token else None,
            team_id=event.team_id,
            source=None if token else event.subject,
            address=str(event.facts.get("address", "")) or None,
            act=event.act,
            act_state=event.act_state,
        ),
        event.created_ns,
    )
