"""Another token in the place of one that leaked or was revoked: the same rights, limits and owner, another identity.

Law: a replacement permits nothing that the token did not, lives no longer than it would have lived, and who makes one
could have issued it. A token whose id may stay gets a new secret instead (`secrets.py`), which keeps what was counted.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tollway.control.actor import Actor
from tollway.control.names import NAME_CHARACTERS_MAX
from tollway.control.tokens.errors import (
    already_replaced,
    life_is_over,
    owner_is_gone,
    still_works,
)
from tollway.control.tokens.life import NEW_LIFE
from tollway.control.tokens.lifetimes import Lifetime
from tollway.control.tokens.model import IssuedToken, Token
from tollway.control.tokens.service import TokenParts, Tokens, read_reason
from tollway.control.tokens.settling import last_expiry_ns
from tollway.control.versions import check_version

_REPLACED = " (replaced)"


@dataclass(frozen=True, slots=True)
class Replacing:
    """What becomes of the token that is replaced: revoked in the same act, or left as it is held back."""

    revokes: bool = False
    is_compromised: bool = False
    reason: str | None = None


class Replacements:
    """Replaces tokens of this installation. Thread-safe.

    `follow` has what is kept beside a token, as its rotation policies, go over to another: (old id, new id, actor).
    """

    def __init__(self, tokens: Tokens, parts: TokenParts, follow: Callable[[str, str, Actor], None]) -> None:
        self._tokens = tokens
        self._parts = parts
        self._follow = follow

    def replace(
        self, token_id: str, wanted: Replacing, actor: Actor, *, expected_version: int | None = None
    ) -> IssuedToken:
        """Issue a token like this one and return it with its secret, once; what it replaces gives up its name.

        Raises management.not_found, management.precondition, management.invalid, management.conflict (it works and is
        not to be revoked, was replaced, would have ended, its owner is gone), management.forbidden when it is more
        than the actor may give. Then nothing is changed.
        """
        reason = read_reason(wanted.reason)
        with self._parts.transactions.write():
            old = self._tokens.get(token_id, actor.sight)
            check_version(old.version, expected_version)
            self._refuse(old, wanted)
            issued = self._tokens.add(self._draft(old, actor), actor, like=old)
            self._give_way(old, issued.token, wanted, (actor, reason))
            self._follow(old.id, issued.token.id, actor)
            return issued

    def _refuse(self, old: Token, wanted: Replacing) -> None:
        if old.state == "active" and not wanted.revokes:
            raise still_works()
        if old.life.replaced_by is not None and not self._is_revoked(old.life.replaced_by):
            raise already_replaced(old.life.replaced_by)
        owner = None if old.owner_id is None else self._parts.accounts.find(old.owner_id)
        is_application_gone = old.application_id is not None and self._parts.owners.find(old.application_id) is None
        if is_application_gone or (owner is not None and owner.state != "active"):
            raise owner_is_gone()

    def _is_revoked(self, token_id: str) -> bool:
        found = self._parts.store.find(token_id)
        return found is None or found.state == "revoked"

    def _draft(self, old: Token, actor: Actor) -> Token:
        parts = self._parts
        now = parts.clock.now_ns()
        lifetime = parts.lifetimes.find(team_id=old.team_id, role=actor.role)
        last = last_expiry_ns(old, lifetime)
        expires = _earliest((old.life.expires_before_idle_ns if old.life.idle_since_ns else old.expires_ns, last))
        if expires is not None and expires <= now:
            raise life_is_over()
        is_still_to_begin = old.not_before_ns is not None and old.not_before_ns > now
        return replace(
            old,
            id="",
            state="active",
            mac=b"",
            pepper_version=parts.hasher.pepper_version,
            expires_ns=expires,
            idle_seconds=_shortest_idle(old, lifetime),
            not_before_ns=old.not_before_ns if is_still_to_begin else None,
            life=replace(NEW_LIFE, may_rotate=old.life.may_rotate, expires_max_ns=last, replaces=old.id),
            created_ns=now,
            created_by=str(actor),
            updated_ns=now,
            updated_by=str(actor),
            revoked_ns=None,
            revoked_by=None,
            revoked_reason=None,
            version=1,
        )

    def _give_way(self, old: Token, new: Token, wanted: Replacing, by: tuple[Actor, str | None]) -> None:
        """Note who took the token's place, and end it if that is wanted."""
        actor, reason = by
        name = old.name
        if old.state != "revoked" and not wanted.revokes:
            # Names stand for one token that is not revoked: in documents, on the command line.
            name = old.name[: NAME_CHARACTERS_MAX - len(_REPLACED)] + _REPLACED
        noted = replace(old, name=name, life=replace(old.life, replaced_by=new.id))
        self._tokens.save(old, noted, actor, "replace")
        if wanted.revokes:
            reason = reason or f"replaced by {new.masked}"
            self._tokens.end(old.id, actor, reason, is_compromised=wanted.is_compromised)


def _earliest(instants: Iterable[int | None]) -> int | None:
    return min((each for each in instants if each is not None), default=None)


def _shortest_idle(old: Token, lifetime: Lifetime) -> int | None:
    return _earliest((old.idle_seconds, lifetime.idle_seconds))
