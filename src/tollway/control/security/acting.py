"""Decides what is done about an event, does it, and undoes it.

Law: an act is taken by a rule that somebody set, is written in the audit log, and can be undone by a person; a
revocation by rule switches the token off at once and ends it for ever only when its undo window is over. What others do
without a secret that works never leads to an act on a token.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tollway.contract.watching import LADDER, NOTIFY_ONLY, Act
from tollway.control.actor import Actor
from tollway.control.security.errors import not_about_a_token, nothing_to_undo
from tollway.control.security.model import SecurityEvent, SecurityRules
from tollway.control.security.ports import EventStore, TokenActs
from tollway.control.tokens.life import DENIED, QUARANTINE_REQUESTS_PER_MINUTE, Quarantined
from tollway.control.tokens.model import Token
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError

WATCH = Actor("watch", "program", name="watch", role="watch")
"""The program itself, when a rule says what to do."""
CLIMB_NS = 86_400 * NANOS_PER_SECOND
"""Another event about a subject within this time takes the next step of the ladder."""
HOUR_NS = 3_600 * NANOS_PER_SECOND
_REASON = "security event "

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, or what a dry run would have done."""

    act: Act
    is_dry_run: bool


def decide(
    kind: str, rules: SecurityRules, latest: SecurityEvent | None, *, is_token: bool, at_ns: int | None = None
) -> Decision:
    """Return the act for a new event. `latest` is the last one of its kind about the subject, of a day. Pure.

    After a person has undone an act, the program only tells for a day. What was found at `at_ns`, before the act about
    the latest, takes the same step: the act had no time to show what it does. None: it was found after it.
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
    climbs = 1 if at_ns is None or at_ns > latest.created_ns else 0
    step = min(LADDER.index(latest.act) + climbs, max(LADDER.index(most), LADDER.index(rule.act)))
    return Decision(LADDER[step], is_dry_run)


class Acting:
    """Takes acts and undoes them, inside the caller's transaction.

    Several events may hold one token back. It is held as the strongest of their acts says, and what a person did to it
    before the first of them is what is left when the last is undone.
    """

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
        token = self._find(event.subject)
        # Several acts about one event are undone together: to how the token was before the first.
        before = event.act_before if event.act_state == "done" else _before(token, self._others(event))
        state = self._do(act, token, rules, (actor, f"{_REASON}{event.id}: {event.kind}"))
        return replace(
            event,
            act=act,
            act_state="done" if state is None else "final",
            act_ns=now_ns,
            act_by=str(actor),
            act_before=before,
        )

    def _do(self, act: Act, token: Token, rules: SecurityRules, by: tuple[Actor, str]) -> str | None:
        actor, reason = by
        held = token.life.quarantine
        match act:
            case "limit" if held is None or (
                not held.denied and held.requests_per_minute > rules.limit_requests_per_minute
            ):
                self._tokens.limit(token.id, rules.limit_requests_per_minute, actor, reason)
            case "quarantine" if held is None or not _is_whole(held):
                self._tokens.quarantine(token.id, actor, reason)
            case "revoke" if rules.undo_hours and actor == WATCH:
                self._tokens.disable(token.id, actor)
            case "revoke":
                self._tokens.revoke(token.id, actor, reason)
                return "final"
            case "notify" | "limit" | "quarantine":
                pass  # a weaker act never loosens what holds the token back
        return None

    def undo(self, event: SecurityEvent, rules: SecurityRules, actor: Actor, now_ns: int) -> SecurityEvent:
        """Make the token as it was before, or as the other events about it say.

        Raises management.conflict when there is nothing that can be undone, .not_found.
        """
        if event.act_state != "done":
            raise nothing_to_undo()
        token, others = self._find(event.subject), self._others(event)
        acts = {each.act for each in others}
        if event.act == "revoke" and event.act_before != "disabled" and "revoke" not in acts:
            token = self._tokens.enable(token.id, actor)
        held = token.life.quarantine
        if event.act_before != "quarantined" and held is not None and _is_ours(held):
            self._loosen(held, acts, (event, rules, actor))
        return replace(event, act_state="undone", act_ns=now_ns, act_by=str(actor))

    def _loosen(self, held: Quarantined, acts: set[Act], of: tuple[SecurityEvent, SecurityRules, Actor]) -> None:
        """Hold a token back no more than these acts ask for."""
        event, rules, actor = of
        if "quarantine" in acts or ("limit" in acts and not held.denied):
            return
        self._tokens.release(event.subject, actor)
        if "limit" in acts:
            reason = f"{_REASON}{event.id}: undone"
            self._tokens.limit(event.subject, rules.limit_requests_per_minute, actor, reason)

    def finish(self, event: SecurityEvent, now_ns: int) -> SecurityEvent:
        """End for ever what was switched off to be revoked, unless a person has switched it on since."""
        token = self._tokens.find(event.subject)
        if token is not None and token.state not in ("disabled", "revoked"):
            return replace(event, act_state="undone", act_ns=now_ns)
        self._tokens.revoke(event.subject, WATCH, f"{_REASON}{event.id}: {event.kind}")
        return replace(event, act_state="final", act_ns=now_ns)

    def _find(self, token_id: str) -> Token:
        token = self._tokens.find(token_id)
        if token is None:
            raise TollwayError("management.not_found", public="There is no such token.")
        return token

    def _others(self, event: SecurityEvent) -> tuple[SecurityEvent, ...]:
        return tuple(each for each in self._events.in_force(event.subject) if each.id != event.id)


def _before(token: Token, others: Sequence[SecurityEvent]) -> str:
    """Return the state that is left when all events about the token are undone."""
    held = token.life.quarantine
    if token.state == "disabled" and not any(each.act == "revoke" for each in others):
        return "disabled"
    if held is not None and not _is_ours(held):
        return "quarantined"
    return others[0].act_before if others else token.state


def _is_ours(held: Quarantined) -> bool:
    """Whether an event holds the token back, and no person by themselves."""
    return (held.reason or "").startswith(_REASON)


def _is_whole(held: Quarantined) -> bool:
    return set(DENIED) <= set(held.denied) and held.requests_per_minute <= QUARANTINE_REQUESTS_PER_MINUTE
