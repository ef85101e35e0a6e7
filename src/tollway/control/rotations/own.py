"""A token that asks for a new secret of its own.

Law: only a token that was allowed to, and that could be used for a call at this instant. The same key gets the same
answer for a while, also when the secret it comes with has been replaced by that answer: who lost it can ask again.
"""

import hashlib
from dataclasses import dataclass

from tollway.contract.policy import VERSION, ApplicationRecord
from tollway.control.actor import Actor
from tollway.control.faults import refuse
from tollway.control.ports import Transactions
from tollway.control.rotations.errors import not_granted
from tollway.control.rotations.model import Collected
from tollway.control.rotations.ports import HandoverBox, SelfRotationStore
from tollway.control.tokens.life import ReplacedSecret
from tollway.control.tokens.model import Token
from tollway.control.tokens.ports import EpochStore, Owners, TokenHasher, TokenStore
from tollway.control.tokens.proving import find_replaced, is_newest_secret, life_of
from tollway.control.tokens.secrets import TokenSecrets
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret
from tollway.policy.token import parse_token
from tollway.policy.usability import find_refusal, read_epochs

REPEATED_SECONDS = 600
"""For how long the same key gets the same answer."""


@dataclass(frozen=True, slots=True)
class OwnParts:
    """What the service is built from."""

    store: SelfRotationStore
    tokens: TokenStore
    owners: Owners
    secrets: TokenSecrets
    hasher: TokenHasher
    box: HandoverBox
    epochs: EpochStore
    transactions: Transactions
    clock: Clock


class SelfRotation:
    """Rotations that tokens ask for themselves. Thread-safe."""

    def __init__(self, parts: OwnParts) -> None:
        self._parts = parts

    def rotate(
        self, presented: str, key: str, *, overlap_seconds: int, address: str = "", request_id: str = ""
    ) -> Collected:
        """Return the token with a new secret; with the same key again, the same one, within REPEATED_SECONDS.

        Raises the codes of `find_refusal`, token.malformed, token.invalid, token.replaced, management.forbidden (not
        allowed to), management.invalid (no key).
        """
        if not key:
            raise refuse("/idempotency-key", "give an Idempotency-Key, so that a lost answer can be asked for again")
        parts = self._parts
        key_hash = hashlib.sha256(key.encode()).digest()
        with parts.transactions.write():
            now = parts.clock.now_ns()
            parts.store.forget(before_ns=now - REPEATED_SECONDS * NANOS_PER_SECOND)
            token, old = self._prove(presented)
            repeated = self._find_answer(token, key_hash)
            if repeated is not None:
                return repeated
            if old is not None and not old.works_at(now):
                raise TollwayError("token.replaced")
            if not token.life.may_rotate:
                raise not_granted()
            actor = Actor(token.id, "token", name=token.name, address=address, request_id=request_id)
            issued = parts.secrets.rotate(token.id, actor, overlap_seconds=overlap_seconds)
            sealed = parts.box.seal(issued.secret.reveal().encode(), _aad(token.id, key_hash))
            parts.store.add(token.id, key_hash, sealed=sealed, generation=issued.token.life.generation, created_ns=now)
            return Collected(issued.token, issued.secret)

    def _prove(self, presented: str) -> tuple[Token, ReplacedSecret | None]:
        """Return the token that the secret is of, and which replaced one it is, None for the newest.

        Raises the codes of a call, but for token.replaced.
        """
        parts = self._parts
        parsed = parse_token(presented)
        if parsed is None:
            raise TollwayError("token.malformed")
        token = parts.tokens.find(parsed.id)
        is_newest = is_newest_secret(token, parsed.raw, parts.hasher)
        old = None if token is None or is_newest else find_replaced(token, parsed.raw, parts.hasher)
        if token is None or not (is_newest or old is not None):
            raise TollwayError("token.invalid")
        epochs = read_epochs(parts.epochs.all())
        refusal = find_refusal(life_of(token), self._owner(token), parts.clock.now_ns(), epochs)
        if refusal is not None:
            raise TollwayError(refusal)
        return token, old

    def _find_answer(self, token: Token, key_hash: bytes) -> Collected | None:
        found = self._parts.store.find(token.id, key_hash)
        if found is None or found[1] != token.life.generation:
            return None
        secret = self._parts.box.open(found[0], _aad(token.id, key_hash)).decode()
        return Collected(token, Secret(secret))

    def _owner(self, token: Token) -> ApplicationRecord | None:
        found = None if token.application_id is None else self._parts.owners.find(token.application_id)
        if found is None:
            return None
        return ApplicationRecord(VERSION, found.id, found.name, found.team_id, found.state)


def _aad(token_id: str, key_hash: bytes) -> bytes:
    """Return the associated data of a kept answer: it opens under this token and key only."""
    return f"self_rotations|sealed|{token_id}|{key_hash.hex()}".encode()
