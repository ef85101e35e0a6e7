"""Whether what somebody presents proves that it is them: codes, recovery codes, passkeys.

Law: what is accepted is used up in a transaction of its own before anybody hears of it, so that nothing counts twice
and no failure afterwards gives it back. Nothing here counts attempts: whoever calls has passed the gate first.
"""

import hashlib
import secrets
from dataclasses import dataclass

from tollway.control.factors import errors, totp
from tollway.control.factors.model import (
    Asked,
    Assertion,
    AuthenticatorApp,
    Challenge,
    Held,
    NewKey,
    Passkey,
    Place,
    Purpose,
    Registration,
)
from tollway.control.factors.ports import FactorStore, PasskeyVerifier, Sealer
from tollway.control.factors.recovery import hash_code
from tollway.kernel.clock import NANOS_PER_SECOND, Clock

CHALLENGE_SECONDS = 300
CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class CheckParts:
    """What checks are made with. `place` is None where browsers have no passkeys."""

    store: FactorStore
    sealer: Sealer
    verifier: PasskeyVerifier
    clock: Clock
    place: Place | None


class Checks:
    """Checks of second factors. Blocking: call it in a thread."""

    def __init__(self, parts: CheckParts) -> None:
        self._parts = parts
        self._store = parts.store

    @property
    def place(self) -> Place | None:
        """Where passkeys belong; None where there are none."""
        return self._parts.place

    def held(self, user_id: str) -> Held:
        """Return a person's second factors."""
        store = self._store
        return Held(store.find_app(user_id), store.list_passkeys(user_id), store.count_codes(user_id))

    def take_code(self, user_id: str, code: str) -> bool:
        """Return whether this is a code of the person's confirmed app, whose step is used up by that."""
        app = self._store.find_app(user_id)
        return app is not None and app.confirmed_ns is not None and self.take_step(app, code)

    def take_step(self, app: AuthenticatorApp, code: str) -> bool:
        """Return whether this is a code of the app, confirmed or not, whose step is used up by that."""
        if not totp.is_code(code):
            return False
        secret = self._parts.sealer.open(app.sealed, app_aad(app.user_id))
        step = totp.find_step(secret, code, self._parts.clock.now_ns() // NANOS_PER_SECOND)
        return step is not None and self._store.advance_app(app.user_id, step)

    def take_recovery(self, user_id: str, code: str) -> bool:
        """Return whether this is one of the person's recovery codes, which is used up by that."""
        code_hash = hash_code(user_id, code)
        return code_hash is not None and self._store.use_code(user_id, code_hash)

    def ask_passkey(self, purpose: Purpose, user_id: str | None) -> Asked:
        """Return a new challenge for this person's passkeys, or for any. Raises management.conflict: none here."""
        place, now_ns = self._parts.place, self._parts.clock.now_ns()
        if place is None:
            raise errors.no_passkeys_here()
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        expires_ns = now_ns + CHALLENGE_SECONDS * NANOS_PER_SECOND
        self._store.add_challenge(Challenge(hash_challenge(challenge), purpose, user_id, expires_ns), now_ns)
        passkeys = self._store.list_passkeys(user_id) if user_id is not None else ()
        return Asked(challenge, passkeys, place, expires_ns)

    def take_challenge(self, client_data: bytes, purpose: Purpose, user_id: str | None) -> bytes | None:
        """Return the challenge that client data answers, used up; None unless it was made for this and still holds."""
        challenge = self._parts.verifier.read_challenge(client_data)
        if challenge is None:
            return None
        found = self._store.take_challenge(hash_challenge(challenge))
        if found is None or found.expires_ns <= self._parts.clock.now_ns():
            return None
        return challenge if (found.purpose, found.user_id) == (purpose, user_id) else None

    def register(self, presented: Registration, challenge: bytes, place: Place) -> NewKey | None:
        """Return the key of a registration that answers this challenge rightly."""
        return self._parts.verifier.register(presented, challenge, place)

    def find_passkey(self, presented: Assertion) -> Passkey | None:
        """Return the passkey that is presented, of whomever; nothing is proved by that."""
        return self._store.find_passkey(presented.credential_id)

    def take_passkey(self, presented: Assertion, purpose: Purpose, user_id: str | None) -> Passkey | None:
        """Return the passkey that was proved, for a challenge that was made for this person or for any.

        None also when the authenticator's counter did not grow: there may be a copy of it.
        """
        place = self._parts.place
        passkey = self._store.find_passkey(presented.credential_id)
        challenge = self.take_challenge(presented.client_data, purpose, user_id)
        if place is None or passkey is None or challenge is None:
            return None
        if user_id is not None and passkey.user_id != user_id:
            return None
        if presented.user_handle is not None and presented.user_handle != passkey.user_id.encode():
            return None
        count = self._parts.verifier.verify(presented, challenge, place, passkey.public_key)
        if count is None or not self._store.use_passkey(passkey, count, self._parts.clock.now_ns()):
            return None
        return passkey


def hash_challenge(challenge: bytes) -> bytes:
    """Return what is stored of a challenge. A plain hash is enough for 256 random bits."""
    return hashlib.sha256(challenge).digest()


def app_aad(user_id: str) -> bytes:
    """Return the associated data of a person's TOTP secret: it opens in no other row."""
    return f"totp_factors|sealed|{user_id}".encode()
