"""What second factors need of the outside world: a store, a box that seals, and somebody who checks signatures."""

from collections.abc import Collection, Mapping
from typing import Protocol

from tollway.control.factors.model import Assertion, AuthenticatorApp, Challenge, NewKey, Passkey, Place, Registration


class FactorStore(Protocol):
    """Second factors in the config database. Every method raises management.unavailable; each is a transaction of its
    own where there is none around it."""

    def find_app(self, user_id: str) -> AuthenticatorApp | None:
        """Return the person's authenticator app, also one that waits to be confirmed."""
        ...

    def put_app(self, app: AuthenticatorApp) -> None:
        """Store an app in place of the one before."""
        ...

    def advance_app(self, user_id: str, step: int) -> bool:
        """Use up a step. False, and nothing changes, when this or a later one was used. Of any number of
        simultaneous calls one succeeds."""
        ...

    def delete_app(self, user_id: str) -> bool:
        """Forget the app; False when there is none."""
        ...

    def replace_codes(self, user_id: str, hashes: Collection[bytes], now_ns: int) -> None:
        """Store recovery codes; those before stop working."""
        ...

    def count_codes(self, user_id: str) -> int:
        """Return how many recovery codes are left."""
        ...

    def use_code(self, user_id: str, code_hash: bytes) -> bool:
        """Use up a recovery code; False when there is none. Of any number of simultaneous calls one succeeds."""
        ...

    def list_passkeys(self, user_id: str) -> tuple[Passkey, ...]:
        """Return a person's passkeys, oldest first."""
        ...

    def find_passkey(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey with this credential id, whose ever it is."""
        ...

    def add_passkey(self, passkey: Passkey) -> None:
        """Store a passkey. Raises management.conflict when the credential is known already."""
        ...

    def rename_passkey(self, user_id: str, passkey_id: str, name: str) -> bool:
        """Give a passkey of this person another name; False when there is none."""
        ...

    def use_passkey(self, passkey: Passkey, sign_count: int, now_ns: int) -> bool:
        """Record a use. False, and nothing changes, when the count did not grow although it ever counted (WebAuthn
        section 6.1.1). Of any number of simultaneous calls with one count above 0 one succeeds."""
        ...

    def delete_passkey(self, user_id: str, passkey_id: str) -> bool:
        """Forget a passkey of this person; False when there is none."""
        ...

    def delete_all(self, user_id: str) -> int:
        """Forget the app, the passkeys and the recovery codes; return how many there were, codes not counted."""
        ...

    def add_challenge(self, challenge: Challenge, now_ns: int) -> None:
        """Store a challenge, and purge up to 1,000 that have expired."""
        ...

    def take_challenge(self, challenge_hash: bytes) -> Challenge | None:
        """Return the challenge and use it up. Of any number of simultaneous calls one gets it."""
        ...

    def kinds(self, user_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return which factors each of the people has, `totp` and `passkey`; who has none is left out."""
        ...


class PasskeyVerifier(Protocol):
    """Checks what authenticators present. Pure but for its cost, about a millisecond."""

    def read_challenge(self, client_data: bytes) -> bytes | None:
        """Return the challenge that the client data claims to answer; None when it cannot be read."""
        ...

    def register(self, presented: Registration, challenge: bytes, place: Place) -> NewKey | None:
        """Return the new key; None unless everything is right and the person was verified."""
        ...

    def verify(self, presented: Assertion, challenge: bytes, place: Place, public_key: bytes) -> int | None:
        """Return the signature counter; None unless everything is right and the person was verified.

        The counter itself is judged by the caller.
        """
        ...


class Sealer(Protocol):
    """Seals what has to be read again."""

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Return the sealed bytes, which only open with the same `aad`."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises upstream.no_credential when they were not sealed with this key and `aad`."""
        ...
