"""Decides what is done about an event, does it, and undoes it.

Law: an act is taken by a rule that somebody set, is written in the audit log, and can be undone by a person; a
revocation by rule switches the token off at once and ends it for ever only when its undo window is over. What others do
without a secret that works never leads to an act on a token.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from tollway.contract.watching import LADDER, NOTIFY_ONLY, Act
from tollway.control.actor import Actor
from tollway.control.security.errors import not_about_a_token, nothing_to_undo
from tollway.control.security.model import SecurityEvent, SecurityRules
from tollway.control.security.ports import EventStore, TokenActs
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError

WATCH = Actor("watch", "program", name="watch", role="watch")
"""The program itself, when a rule says what to do."""
CLIMB_NS = 86_400 * NANOS_PER_SECOND
"""Another event about a subject within this time takes the next step of the ladder."""
HOUR_NS = 3_600 * NANOS_PER_SECOND

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, or what a dry run would have done."""

    act: Act
    is_dry_run: bool


def decide(kind: str, rules: SecurityRules, latest: SecurityEvent | None, *, is_token: bool) -> Decision:
    """Return the act for a new event. `latest` is the last one of its kind about the subject, of a day. Pure.

    After a person has undone an act, the program only tells for a day.
    """
    rule = rules.rule(kind)
    is_dry_run = rule.mode == "dry_run"
    if not is_token or kind in NOTIFY_ONLY:
        return Decision("notify", is_dry_run)
    if latest is not None and latest.act_state == "undone":
        return Decision("notify", is_dry_run)
    most = rule.act_most or rule.act
    if latest is None:
        return Decision(rule.act, is_dry_run)
    step = min(LADDER.index(latest.act) + 1, max(LADDER.index(most), LADDER.index(rule.act)))
    return Decision(LADDER[step], is_dry_run)


class Acting:
    """Takes acts and undoes them, inside the caller's transaction."""

    def __init__(self, tokens: TokenActs, events: EventStore) -> None:
        self._tokens = tokens
        self._events = events

    def take(self, event: SecurityEvent, decision: Decision, rules: SecurityRules, now_ns: int) -> SecurityEvent:
        """Return the event with what was done about it. An act that is refused leaves it told, and says so."""
        if decision.act == "notify":
            return event
        if decision.is_dry_run:
            return replace(event, act=decision.act, act_state="would", act_ns=now_ns, act_by=str(WATCH))
        try:
            return self.act(event, decision.act, rules, (WATCH, now_ns))
        except TollwayError as error:
            _log.warning("security: %s of %s was refused: %s", decision.act, event.subject, error)
            return replace(event, act=decision.act, act_state="failed", act_ns=now_ns, act_by=str(WATCH))

    def act(self, event: SecurityEvent, act: Act, rules: SecurityRules, by: tuple[Actor, int]) -> SecurityEvent:
        """Do it. Raises management.conflict (the token is revoked, the event is about a source), .not_found."""
        actor, now_ns = by
        if not event.is_token:
            raise not_about_a_token()
        before = self._tokens.find(event.subject)
        if before is None:
            raise TollwayError("management.not_found", public="There is no such token.")
        reason = f"security event {event.id}: {event.kind}"
        state = self._do(act, event.subject, rules, (actor, reason))
        return replace(
            event,
            act=act,
            act_state="done" if state is None else "final",
            act_ns=now_ns,
            act_by=str(actor),
            # Several acts about one event are undone together: to how the token was before the first.
            act_before=event.act_before if event.act_state == "done" else before.state,
        )

    def _do(self, act: Act, token_id: str, rules: SecurityRules, by: tuple[Actor, str]) -> str | None:
        actor, reason = by
        match act:
            case "limit":
                self._tokens.limit(token_id, rules.limit_requests_per_minute, actor, reason)
            case "quarantine":
                self._tokens.quarantine(token_id, actor, reason)
            case "revoke" if rules.undo_hours and actor == WATCH:
                self._tokens.disable(token_id, actor)
            case "revoke":
                self._tokens.revoke(token_id, actor, reason)
                return "final"
            case "notify":
                pass
        return None

    def undo(self, event: SecurityEvent, actor: Actor, now_ns: int) -> SecurityEvent:
        """Make the token as it was before. Raises management.conflict when there is nothing that can be undone."""
        if event.act_state != "done":
            raise nothing_to_undo()
        undo: dict[Act, Callable[[str, Actor], object]] = {
            "limit": self._tokens.release,
            "quarantine": self._tokens.release,
            "revoke": self._tokens.enable,
        }
        was = event.act_before
        if event.act == "revoke" and was == "disabled":
            pass  # somebody else had switched it off before
        elif event.act in ("limit", "quarantine") and was == "quarantined":
            pass  # the same with a quarantine: it stays
        else:
            undo[event.act](event.subject, actor)
            if event.act == "revoke" and was == "active" and self._is_held(event.subject):
                self._tokens.release(event.subject, actor)
        return replace(event, act_state="undone", act_ns=now_ns, act_by=str(actor))

    def _is_held(self, token_id: str) -> bool:
        token = self._tokens.find(token_id)
        return token is not None and token.state == "quarantined"

    def finish(self, event: SecurityEvent, now_ns: int) -> SecurityEvent:
        """End for ever what was switched off to be revoked."""
        self._tokens.revoke(event.subject, WATCH, f"security event {event.id}: {event.kind}")
        return replace(event, act_state="final", act_ns=now_ns)
