"""Rotation policies, and new secrets on their way."""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import UNSET, UnsetType

from tollway.control.tokens.model import Token
from tollway.kernel.secret import Secret

Scope = Literal["installation", "team", "application", "token"]
SPECIFIC: tuple[Scope, ...] = ("token", "application", "team", "installation")
"""Of several policies that cover a token, the first of these scopes acts."""
Delivery = Literal["link", "mail", "webhook"]
"""Who gets a new secret: whoever is given a link by an operator, whoever is written to, or a receiver of events."""
PolicyState = Literal["active", "disabled"]
HandoverState = Literal["waiting", "collected", "failed"]


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """The tokens of a scope get a new secret every `every_seconds`; the old one works `overlap_seconds` longer than
    until the new one was collected. `scope_id` is "" for the installation. `mail_to` is where letters with links go;
    "": to each token's owner. `version` is the ETag.
    """

    id: str
    name: str
    state: PolicyState
    scope: Scope
    scope_id: str
    every_seconds: int
    overlap_seconds: int
    delivery: Delivery
    webhook_id: str | None
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    version: int = 1
    mail_to: str = ""

    def covers(self, token: Token) -> bool:
        """Return whether the token is in the policy's scope."""
        match self.scope:
            case "installation":
                return True
            case "team":
                return token.team_id == self.scope_id
            case "application":
                return token.application_id == self.scope_id
            case "token":
                return token.id == self.scope_id


@dataclass(frozen=True, slots=True)
class NewRotationPolicy:
    """A policy to make."""

    name: str
    scope: Scope
    every_seconds: int
    scope_id: str = ""
    overlap_seconds: int = 86_400
    delivery: Delivery = "link"
    webhook_id: str | None = None
    mail_to: str = ""


@dataclass(frozen=True, slots=True)
class RotationPolicyChange:
    """Fields to change; UNSET leaves a field as it is."""

    name: str | UnsetType = UNSET
    state: PolicyState | UnsetType = UNSET
    every_seconds: int | UnsetType = UNSET
    overlap_seconds: int | UnsetType = UNSET
    delivery: Delivery | UnsetType = UNSET
    webhook_id: str | UnsetType | None = UNSET
    mail_to: str | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Handover:
    """A new secret that waits to be collected. `mac` is the keyed hash of the one-time token that collects it.

    `sealed` None: it was collected, or is void. `detail` says why it failed; `collected_from` from where it was taken.
    `mail_to` is where its link goes by mail, "" for nowhere; `mail_due_ns` when the next letter is due, None for never.
    """

    id: str
    token_id: str
    generation: int
    policy_id: str | None
    state: HandoverState
    mac: bytes = field(repr=False)
    pepper_version: int
    sealed: bytes | None = field(repr=False)
    overlap_seconds: int
    delivery_id: str | None
    created_ns: int
    expires_ns: int
    ended_ns: int | None = None
    collected_from: str = ""
    detail: str = ""
    mail_to: str = ""
    mail_due_ns: int | None = None
    mail_attempts: int = 0


@dataclass(frozen=True, slots=True)
class FailedRotation:
    """A rotation by policy that failed; the old secret works.

    `next_ns`: when it is tried again; None: as soon as somebody can be reached.
    """

    token_id: str
    token_name: str
    policy_name: str
    detail: str
    next_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """A token and the only sight of its new secret."""

    token: Token
    secret: Secret[str]


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link to the new secret of a token: the only sight of it. Whoever opens it is shown the secret."""

    token: Token
    url: Secret[str]
    until_ns: int
    overlap_seconds: int


@dataclass(frozen=True, slots=True)
class Mailed:
    """Whether the mail server took a letter, and what it said when not."""

    to: str
    is_ok: bool
    detail: str
