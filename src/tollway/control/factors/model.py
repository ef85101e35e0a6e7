"""Second factors as they are stored, and what passkeys present."""

from dataclasses import dataclass, field
from typing import Literal

from tollway.kernel.secret import Secret

Purpose = Literal["sign_in", "second", "confirm", "register"]
"""What a passkey's challenge was made for; it answers nothing else."""

Factor = Literal["passkey", "totp", "recovery"]

PASSKEYS_MAX = 20
PASSKEY_NAME_CHARS_MAX = 100


@dataclass(frozen=True, slots=True)
class AuthenticatorApp:
    """A person's TOTP secret, sealed. It counts once it is confirmed by a code; no step up to `last_step` counts again.

    `last_step` is -1 before the first code.
    """

    user_id: str
    sealed: bytes = field(repr=False)
    last_step: int
    created_ns: int
    confirmed_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A public key that an authenticator holds the other half of. `sign_count` 0 for those that do not count."""

    id: str
    user_id: str
    name: str
    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    transports: str
    is_backed_up: bool
    created_ns: int
    used_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """The stored side of a challenge: good once, until it expires, for one purpose, and for one person if any."""

    challenge_hash: bytes
    purpose: Purpose
    user_id: str | None
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys belong: the relying party's id and the one origin whose answers count (WebAuthn section 5.1.2)."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Registration:
    """What an authenticator presents for a new passkey (WebAuthn section 5.2.1), as bytes."""

    credential_id: bytes
    client_data: bytes
    attestation: bytes
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator presents to prove a passkey (WebAuthn section 5.2.2), as bytes."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """The verified facts of a registration."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge on its way to a browser, with the passkeys that may answer it; none: any."""

    challenge: bytes
    passkeys: tuple[Passkey, ...]
    place: Place
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Begun:
    """An authenticator app that waits for its first code. `secret` is shown here and nowhere else."""

    secret: Secret[str]
    uri: Secret[str]


@dataclass(frozen=True, slots=True)
class Held:
    """A person's second factors."""

    app: AuthenticatorApp | None
    passkeys: tuple[Passkey, ...]
    recovery_codes: int

    @property
    def is_any(self) -> bool:
        """Whether a sign-in by password needs a second step."""
        return bool(self.passkeys) or self.has_app

    @property
    def methods(self) -> tuple[Factor, ...]:
        """What proves the person, best first; empty without a factor, since recovery codes only stand in for one."""
        found: list[Factor] = ["passkey"] if self.passkeys else []
        if self.has_app:
            found.append("totp")
        return (*found, "recovery") if found and self.recovery_codes else tuple(found)

    @property
    def has_app(self) -> bool:
        """Whether there is an authenticator app that was confirmed."""
        return self.app is not None and self.app.confirmed_ns is not None
