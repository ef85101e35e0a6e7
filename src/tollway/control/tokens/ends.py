"""Holding tokens back and ending many at once: quarantine and its release, epochs.

Law: an epoch is in force for every worker when `end_all` returns, however many tokens it ends; their rows follow in
batches, and say so themselves.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import get_args

from tollway.contract.life import Act, Epoch, EpochKind, TokenState
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults, refuse
from tollway.control.tokens.errors import not_idle, token_not_found
from tollway.control.tokens.events import token_quarantined_event
from tollway.control.tokens.life import DENIED, QUARANTINE_REQUESTS_PER_MINUTE, Quarantined
from tollway.control.tokens.model import Token
from tollway.control.tokens.ports import EpochStore
from tollway.control.tokens.service import TokenParts, Tokens, read_reason

ACTS: tuple[Act, ...] = get_args(Act)
BATCH = 200
"""Tokens ended in one transaction: a second of the writer's lock at the most."""


@dataclass(frozen=True, slots=True)
class WideEnd:
    """What is to be ended: every token of a subject that was issued before an instant. `id` "" is the installation."""

    kind: EpochKind
    id: str
    before_ns: int | None = None
    """None: now."""
    reason: str | None = None
    is_compromised: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """How a token is to be held back. None: as the program does it by itself."""

    denied: Collection[str] | None = None
    requests_per_minute: int | None = None
    reason: str | None = None


class TokenEnds:
    """Quarantines and wide ends of this installation. Thread-safe."""

    def __init__(self, tokens: Tokens, epochs: EpochStore, parts: TokenParts) -> None:
        self._tokens = tokens
        self._epochs = epochs
        self._parts = parts

    def quarantine(self, token_id: str, hold: Hold, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Refuse the token some acts and slow the others, until it is released. Again: with the new bounds.

        Raises management.not_found, management.precondition, management.conflict (revoked), management.invalid.
        """
        reason = read_reason(hold.reason)
        denied, rate = _read_hold(hold)
        with self._parts.transactions.write():
            token = self._tokens.changeable(token_id, actor, expected_version)
            held = Quarantined(denied, rate, self._parts.clock.now_ns(), str(actor), reason)
            state: TokenState = "disabled" if token.state == "disabled" else "quarantined"
            changed = replace(token, state=state, life=replace(token.life, quarantine=held))
            saved = self._tokens.save(token, changed, actor, "quarantine")
            self._parts.notices.tell(token_quarantined_event(saved))
            return saved

    def release(self, token_id: str, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Undo `quarantine`. Idempotent. Raises as `quarantine`."""
        with self._parts.transactions.write():
            token = self._tokens.changeable(token_id, actor, expected_version)
            self._tokens.refuse_excess(token, actor)
            state = "active" if token.state == "quarantined" else token.state
            changed = replace(token, state=state, life=replace(token.life, quarantine=None))
            return self._tokens.save(token, changed, actor, "release")

    def wake(self, token_id: str, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Bring back a token that ended for not being used, with the expiry it had. Raises as `quarantine`."""
        with self._parts.transactions.write():
            token = self._tokens.changeable(token_id, actor, expected_version)
            if token.life.idle_since_ns is None:
                raise not_idle()
            life = replace(token.life, idle_since_ns=None, expires_before_idle_ns=None)
            changed = replace(token, expires_ns=token.life.expires_before_idle_ns, life=life)
            self._tokens.refuse_excess(changed, actor)
            return self._tokens.save(token, changed, actor, "wake")

    def end_all(self, wanted: WideEnd, actor: Actor) -> int:
        """Revoke every token of the subject that was issued before the instant, for ever; return how many there were.

        From the first commit on none of them is accepted. Idempotent: a call that was cut short is finished by the
        next. Raises management.not_found (out of sight), management.invalid.
        """
        reason = read_reason(wanted.reason)
        now = self._parts.clock.now_ns()
        before_ns = now if wanted.before_ns is None else wanted.before_ns
        if before_ns > now:
            raise refuse("/issued_before", "not later than now")
        self._check_sight(wanted, actor)
        # Tokens issued in this very instant are meant by "all of them".
        epoch = Epoch(wanted.kind, wanted.id, before_ns + 1 if wanted.before_ns is None else before_ns)
        with self._parts.transactions.write():
            self._epochs.put(epoch, now_ns=now, by=str(actor))
            self._parts.touching.touch_snapshot()
            facts = {"before_ns": epoch.before_ns, "reason": reason, "is_compromised": wanted.is_compromised}
            subject = Subject(wanted.kind, wanted.id, wanted.id or "installation")
            self._parts.trail.record(actor, "token.revoke_all", subject, None, facts)
        count = 0
        while token_ids := self._epochs.issued_before(epoch, limit=BATCH):
            with self._parts.transactions.write():
                for token_id in token_ids:
                    self._tokens.end(token_id, actor, reason, is_compromised=wanted.is_compromised)
            count += len(token_ids)
        return count

    def epochs(self) -> tuple[Epoch, ...]:
        """Return every epoch, by kind and subject."""
        return self._epochs.all()

    def _check_sight(self, wanted: WideEnd, actor: Actor) -> None:
        """An actor ends only tokens that they could end one by one."""
        if (wanted.kind == "installation") != (wanted.id == ""):
            raise refuse("/subject_id", "name the team, person or application; the installation has no id")
        sight = actor.sight
        match wanted.kind:
            case "installation":
                is_covered = sight.covers()
            case "team":
                is_covered = sight.covers(team_id=wanted.id)
            case "user":
                is_covered = sight.covers(owner_id=wanted.id)
            case "application":
                owner = self._parts.owners.find(wanted.id)
                is_covered = sight.covers(team_id=None if owner is None else owner.team_id)
        if not is_covered:
            raise token_not_found()


def _read_hold(hold: Hold) -> tuple[tuple[Act, ...], int]:
    faults = Faults()
    asked = DENIED if hold.denied is None else tuple(dict.fromkeys(hold.denied))
    denied = tuple(act for act in ACTS if act in asked)
    for act in asked:
        if act not in ACTS:
            faults.add("/denied", f"{act!r} is not one of {', '.join(ACTS)}")
    rate = QUARANTINE_REQUESTS_PER_MINUTE if hold.requests_per_minute is None else hold.requests_per_minute
    if not 1 <= rate <= 1_000_000:
        faults.add("/requests_per_minute", "from 1 to 1000000")
    faults.check()
    return denied, rate
