"""Tokens as the control plane knows them. The secret is nowhere: it exists once, in the answer that issues it."""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import UNSET, UnsetType

from tollway.contract import life
from tollway.contract.policy import Environment, Limits
from tollway.control.access.model import NO_RIGHTS, Rights
from tollway.control.limits.model import NO_RULES, LimitRules
from tollway.control.tokens.life import NEW_LIFE
from tollway.control.tokens.life import Life as Life  # what is stored with a token is part of its model
from tollway.kernel.secret import Secret
from tollway.policy.token import mask

TokenState = Literal["active", "disabled", "quarantined", "revoked", "expired", "not_yet_valid"]
TokenSort = Literal["newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Token:
    """One bearer token. `state` is what is stored; `state_at` adds expiry.

    `id` is the public 12 characters inside the token. `expires_ns` None: never. `models` and `services`
    None: all, empty: none; `services` holds service ids. `team_id` is its application's team, None without
    an application. A token without an application belongs to the person `owner_id`, or to nobody where the program
    or the command line issued it. `version` grows with each change and is the ETag.
    """

    id: str
    kind: str
    name: str
    state: life.TokenState
    mac: bytes = field(repr=False)
    pepper_version: int
    application_id: str | None
    application_name: str | None
    team_id: str | None
    environment: Environment
    models: tuple[str, ...] | None
    services: tuple[str, ...] | None
    limits: Limits
    expires_ns: int | None
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    revoked_ns: int | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None
    version: int = 1
    owner_id: str | None = None
    owner_name: str | None = None
    plan_id: str | None = None
    plan_name: str | None = None
    not_before_ns: int | None = None
    idle_seconds: int | None = None
    """After how long without a use it ends by itself; None: never."""
    life: Life = NEW_LIFE
    scopes: Rights = field(default_factory=lambda: NO_RIGHTS)
    """What it may do at the management API, as far as its owner may; most tokens may do nothing there."""

    @property
    def masked(self) -> str:
        """What identifies the token to people without being usable."""
        return mask(self.id, self.kind)

    def state_at(self, now_ns: int) -> TokenState:
        """Return the state at an instant: revoked, else expired (from `expires_ns` on), else what is stored, of an
        active one also that it is not valid yet."""
        if self.state != "revoked" and self.expires_ns is not None and self.expires_ns <= now_ns:
            return "expired"
        if self.state == "active" and self.not_before_ns is not None and now_ns < self.not_before_ns:
            return "not_yet_valid"
        return self.state


@dataclass(frozen=True, slots=True)
class NewToken:
    """What is asked for when a token is issued. `expires_ns` UNSET: 90 days from now; None: never.

    `services` may name services by id or by name. `owner_id` is a service account that it is to belong to; None: the
    maker, unless there is an application. `scopes` are what it may do at the management API.
    """

    name: str
    application_id: str | None = None
    models: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    expires_ns: int | UnsetType | None = UNSET
    limits: LimitRules = NO_RULES
    environment: Environment = "live"
    plan_id: str | None = None
    not_before_ns: int | None = None
    idle_seconds: int | UnsetType | None = UNSET
    may_rotate: bool = False
    owner_id: str | None = None
    scopes: Rights = field(default_factory=lambda: NO_RIGHTS)


@dataclass(frozen=True, slots=True)
class TokenChange:
    """Fields to change; UNSET leaves a field as it is. `owner_id` is given for a token that is being made alone."""

    name: str | UnsetType = UNSET
    application_id: str | UnsetType | None = UNSET
    models: tuple[str, ...] | UnsetType | None = UNSET
    services: tuple[str, ...] | UnsetType | None = UNSET
    expires_ns: int | UnsetType | None = UNSET
    limits: LimitRules | UnsetType = UNSET
    plan_id: str | UnsetType | None = UNSET
    not_before_ns: int | UnsetType | None = UNSET
    idle_seconds: int | UnsetType | None = UNSET
    may_rotate: bool | UnsetType = UNSET
    owner_id: str | UnsetType = UNSET
    scopes: Rights | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class TokenFilter:
    """Which tokens to list. `search` matches the beginning of a name (case ignored) or of an id (also as `tws_…`).

    `team_id` is the team of a token's application. `expires_from_ns` and `expires_before_ns` bound when it expires, so
    that one that never expires matches neither.
    """

    state: TokenState | None = None
    application_id: str | None = None
    owner_id: str | None = None
    search: str | None = None
    sort: TokenSort = "newest"
    team_id: str | None = None
    plan_id: str | None = None
    expires_from_ns: int | None = None
    expires_before_ns: int | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A fresh token and the only sight of its secret."""

    token: Token
    secret: Secret[str]


RuleScope = Literal["installation", "team", "role"]


@dataclass(frozen=True, slots=True)
class LifetimeRule:
    """What holds for the tokens of a scope; None: the rule says nothing of it. `scope_id` is "" for the installation.

    `role` is that of the person who issues or changes the token.
    """

    scope: RuleScope
    scope_id: str
    default_seconds: int | None = None
    max_seconds: int | None = None
    idle_seconds: int | None = None
    updated_ns: int = 0
    updated_by: str = ""
    version: int = 1
