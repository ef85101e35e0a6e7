"""The secrets of a token: a new one beside the old, for as long as is wanted.

Law: a token has one identity whatever secrets it has: id, rights, limits, budgets and use are the token's. The old
secret works until its overlap is over and never past the token's own expiry; who may rotate could have issued it.
"""

from dataclasses import replace

from tollway.contract.life import ALWAYS_NS
from tollway.control.actor import Actor
from tollway.control.faults import refuse
from tollway.control.tokens.errors import no_overlap, too_many_secrets
from tollway.control.tokens.events import token_rotated_event
from tollway.control.tokens.life import OVERLAPS_MAX, ReplacedSecret
from tollway.control.tokens.model import IssuedToken, Token
from tollway.control.tokens.service import TokenParts, Tokens
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.secret import Secret
from tollway.policy.token import SECRET_BYTES, renew_token

OVERLAP_SECONDS_MAX = 366 * 86_400


class TokenSecrets:
    """Rotations of this installation's tokens. Thread-safe."""

    def __init__(self, tokens: Tokens, parts: TokenParts) -> None:
        self._tokens = tokens
        self._parts = parts

    def rotate(
        self, token_id: str, actor: Actor, *, overlap_seconds: int, expected_version: int | None = None
    ) -> IssuedToken:
        """Give the token a new secret and return it, once; the old one works for `overlap_seconds` more.

        Raises management.not_found, management.precondition, management.invalid, management.conflict (revoked,
        expired, or too many secrets at a time), management.forbidden when it is more than the actor may give.
        """
        if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
            raise refuse("/overlap_seconds", "from 0 seconds to a year")
        until_ns = self._parts.clock.now_ns() + overlap_seconds * NANOS_PER_SECOND
        return self._rotate(token_id, actor, until_ns, expected_version)

    def rotate_until_delivered(self, token_id: str, actor: Actor) -> IssuedToken:
        """Give the token a new secret; the old one works until `begin_overlap` or `cancel`. Raises as `rotate`."""
        return self._rotate(token_id, actor, ALWAYS_NS, None)

    def begin_overlap(self, token_id: str, actor: Actor, *, overlap_seconds: int) -> Token:
        """Let the replaced secrets work for `overlap_seconds` from now on, never longer than they would have."""
        with self._parts.transactions.write():
            token = self._tokens.changeable(token_id, actor, None)
            now = self._parts.clock.now_ns()
            until_ns = now + overlap_seconds * NANOS_PER_SECOND
            life = token.life.end_replaced(now, str(actor), until_ns=until_ns)
            return self._tokens.save(token, replace(token, life=life), actor, "begin_overlap")

    def end_overlap(self, token_id: str, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Refuse all replaced secrets from the next call on. Raises management.conflict when none works any more."""
        with self._parts.transactions.write():
            token = self._tokens.changeable(token_id, actor, expected_version)
            now = self._parts.clock.now_ns()
            if not token.life.working(now):
                raise no_overlap()
            life = token.life.end_replaced(now, str(actor))
            return self._tokens.save(token, replace(token, life=life), actor, "end_overlap")

    def cancel(self, token_id: str, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Undo the last rotation while its old secret works: that one is the token's again, the new one is refused.

        Raises management.conflict when there is nothing to go back to.
        """
        with self._parts.transactions.write():
            token = self._tokens.changeable(token_id, actor, expected_version)
            now = self._parts.clock.now_ns()
            working = token.life.working(now)
            if not working:
                raise no_overlap()
            self._tokens.refuse_excess(token, actor)
            return self._tokens.save(token, _back(token, working[0], now, str(actor)), actor, "cancel_rotation")

    def _rotate(self, token_id: str, actor: Actor, until_ns: int, expected_version: int | None) -> IssuedToken:
        parts = self._parts
        with parts.transactions.write():
            token = self._tokens.changeable(token_id, actor, expected_version)
            self._tokens.refuse_excess(token, actor)
            now = parts.clock.now_ns()
            self._tokens.refuse_expired(token, now)
            if len(token.life.working(now)) >= OVERLAPS_MAX:
                raise too_many_secrets(OVERLAPS_MAX)
            secret = renew_token(token.kind, token.id, parts.random_bytes(SECRET_BYTES))
            rotated = self._with_secret(token, secret, until_ns, str(actor), now)
            saved = self._tokens.save(token, rotated, actor, "rotate")
            parts.notices.tell(token_rotated_event(saved, by=str(actor), at_ns=now, old_until_ns=until_ns))
        return IssuedToken(saved, secret)

    def _with_secret(self, token: Token, secret: Secret[str], until_ns: int, by: str, now: int) -> Token:
        hasher = self._parts.hasher
        mac = hasher.mac(secret.reveal().encode(), hasher.pepper_version)
        assert mac is not None, "the current pepper exists"
        old = ReplacedSecret(
            token.life.generation,
            token.mac,
            token.pepper_version,
            now,
            by,
            until_ns,
            since_ns=token.life.secret_since_ns,
        )
        generations = token.life.generations + 1
        life = replace(
            token.life.without_forgotten(now),
            generation=generations,
            generations=generations,
            secret_since_ns=now,
        )
        life = replace(life, old_secrets=(old, *life.old_secrets))
        return replace(token, mac=mac, pepper_version=hasher.pepper_version, life=life)


def _back(token: Token, old: ReplacedSecret, now: int, by: str) -> Token:
    """Return the token with a replaced secret as its own again, and the present one ended."""
    present = token.life
    ended = ReplacedSecret(
        present.generation, token.mac, token.pepper_version, now, by, now, by, since_ns=present.secret_since_ns
    )
    rest = tuple(each for each in present.old_secrets if each.generation != old.generation)
    life = replace(present, generation=old.generation, secret_since_ns=old.since_ns, old_secrets=(ended, *rest))
    return replace(token, mac=old.mac, pepper_version=old.pepper_version, life=life)
