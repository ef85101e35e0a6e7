"""Decoys: tokens that nobody uses, put where only a thief finds them. Any use is a critical event.

A decoy is an ordinary token that is revoked as soon as it is made: the gateway refuses it like any revoked one, knows
it by its whole secret, and pays nothing for it.
"""

from dataclasses import dataclass, field, replace

from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.faults import refuse
from tollway.control.ports import Trail, Transactions
from tollway.control.security.model import Decoy
from tollway.control.security.ports import RuleStore, TokenActs
from tollway.control.security.rules import WatchRules
from tollway.control.tokens.model import NewToken
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

DECOYS_MAX = 1_000
PLACE_CHARACTERS_MAX = 200
REASON = "a decoy: nobody is to use it"


@dataclass(frozen=True, slots=True)
class DecoyParts:
    """What the service is built from."""

    store: RuleStore
    rules: WatchRules
    tokens: TokenActs
    transactions: Transactions
    trail: Trail
    clock: Clock


@dataclass(frozen=True, slots=True)
class IssuedDecoy:
    """A fresh decoy and the only sight of its text."""

    decoy: Decoy
    secret: Secret[str] = field(repr=False)


class Decoys:
    """The decoys of this installation. Thread-safe."""

    def __init__(self, parts: DecoyParts) -> None:
        self._parts = parts

    def all(self) -> tuple[Decoy, ...]:
        """Return every decoy, newest first."""
        return self._parts.store.decoys()

    def issue(self, name: str, place: str, actor: Actor) -> IssuedDecoy:
        """Make a decoy. Raises management.invalid."""
        _check(place)
        parts = self._parts
        with parts.transactions.write():
            if len(parts.store.decoys()) >= DECOYS_MAX:
                raise refuse("", f"an installation has at most {DECOYS_MAX} decoys")
            issued = parts.tokens.issue(NewToken(name=name), actor)
            token = parts.tokens.revoke(issued.token.id, actor, REASON)
            decoy = Decoy(token.id, token.name, place.strip(), token.masked, parts.clock.now_ns(), str(actor))
            parts.store.add_decoy(decoy)
            parts.rules.raise_revision()
            parts.trail.record(actor, "decoy.create", Subject("token", token.id, token.name), None, {"place": place})
            return IssuedDecoy(decoy, issued.secret)

    def move(self, decoy: Decoy, place: str, actor: Actor) -> Decoy:
        """Note that a decoy is in another place. Raises management.invalid; the same place changes nothing."""
        _check(place)
        moved = replace(decoy, place=place.strip())
        if moved == decoy:
            return decoy
        parts = self._parts
        with parts.transactions.write():
            parts.store.remove_decoy(decoy.token_id)
            parts.store.add_decoy(moved)
            subject = Subject("token", decoy.token_id, decoy.name)
            parts.trail.record(actor, "decoy.move", subject, {"place": decoy.place}, {"place": moved.place})
        return moved

    def remove(self, token_id: str, actor: Actor) -> None:
        """Watch for it no more; its token stays revoked. Raises management.not_found."""
        parts = self._parts
        with parts.transactions.write():
            if not parts.store.remove_decoy(token_id):
                raise TollwayError("management.not_found", public="There is no such decoy.")
            parts.rules.raise_revision()
            parts.trail.record(actor, "decoy.remove", Subject("token", token_id), None, None)


def _check(place: str) -> None:
    if len(place) > PLACE_CHARACTERS_MAX:
        raise refuse("/place", f"at most {PLACE_CHARACTERS_MAX} characters")
