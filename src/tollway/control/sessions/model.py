"""Users, sessions and the set-up link, as they are stored; and how names are made comparable.

Secrets are kept as SHA-256 of 256 random bits (session ids, set-up links) or argon2id (passwords).
"""

import hashlib
import secrets
import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Literal

from tollway.control.actor import Actor
from tollway.control.factors.model import Assertion

UserState = Literal["invited", "active", "deactivated", "deleted"]
LinkPurpose = Literal["invite", "reset"]
UserKind = Literal["person", "service"]
Method = Literal["password", "link", "totp", "recovery", "passkey"]
"""How somebody proved who they are: with what, last."""

Familiarity = Literal["first", "known", "new"]
"""Whether a browser has signed in to an account before; `first`: no browser has."""
AccountChange = Literal[
    "password_changed",
    "email_changed",
    "factor_added",
    "factor_removed",
    "factors_reset",
    "codes_renewed",
    "code_used",
    "new_device",
]
"""What a person hears of about their own account."""

NAME_CHARS_MAX = 200
PASSWORD_CHARS_MIN = 12
PASSWORD_BYTES_MAX = 1_024


@dataclass(frozen=True, slots=True)
class User:
    """A person. Only who is `active` may sign in. `name_key` is the canonical name and unique; `role` is a role's id.

    A deleted person keeps id and name, for what refers to them, and a key that no name has. An account of the kind
    `service` has no password and never signs in; it belongs to the team `team_id` and, of its people, to `owner_id`.
    """

    id: str
    name: str
    name_key: str
    role: str
    password_hash: str = field(repr=False)
    created_ns: int
    state: UserState = "active"
    created_by: str = "setup:setup"
    updated_ns: int = 0
    updated_by: str = "setup:setup"
    signed_in_ns: int | None = None
    version: int = 1
    kind: UserKind = "person"
    email: str | None = None
    owner_id: str | None = None
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. It ends at `expires_ns`, or when it was not used for the idle time.

    `confirmed_ns` is when its person proved last who they are, and `method` by what.
    """

    id: str
    secret_hash: bytes
    user_id: str
    created_ns: int
    last_seen_ns: int
    expires_ns: int
    address: str
    agent: str
    confirmed_ns: int
    method: Method = "password"


@dataclass(frozen=True, slots=True)
class SetupLink:
    """The stored side of a one-time set-up link."""

    secret_hash: bytes
    expires_ns: int


@dataclass(frozen=True, slots=True)
class UserLink:
    """The stored side of a one-time link with which one person chooses a password."""

    secret_hash: bytes
    user_id: str
    purpose: LinkPurpose
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Half:
    """The stored side of a sign-in whose first proof was given. `action` is what the whole is in the audit log."""

    secret_hash: bytes
    user_id: str
    action: str
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody presents to prove that it is them: exactly one of these."""

    password: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    passkey: Assertion | None = None


@dataclass(frozen=True, slots=True)
class AccountNews:
    """What happened to an account, by whom, and by which means: the kind of factor, or how they proved themselves.

    `user` is the person as they were before: where letters go must not follow from the change they tell of.
    """

    change: AccountChange
    user: User
    by: Actor
    means: str = ""
    agent: str = ""


def canonical_name(name: str) -> str:
    """Return the form under which a name is unique and throttled: NFKC, case folded, without blanks around it.

    `Admin`, `admin ` and `ａdmin` are one account (tokens.md R37). Folding can undo normalisation, so
    both are repeated until nothing changes (Unicode 3.13, "NFKC_Casefold").
    """
    while True:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
        if folded == name:
            return folded
        name = folded


def new_secret() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def hash_secret(secret: str) -> bytes:
    """Return what is stored of a random secret. A plain hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
