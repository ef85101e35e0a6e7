"""The registry of what happens: each kind of event, and the fields of its `data`, as receivers read them.

Law: the name of a kind and the names and types of its fields are permanent; a field may be added, and what would break
a receiver is a higher `version`. No field is a secret, but the token of `token.secret_ready`: it works once and for a
day, goes to one webhook, and the log of deliveries shows it masked. Pure. `docs/webhooks.md` lists all of it; a test
compares them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

import msgspec

from tollway.contract.policy import Environment
from tollway.kernel.clock import NANOS_PER_SECOND


class Kind(StrEnum):
    """What happened."""

    TOKEN_CREATED = "token.created"  # noqa: S105  # the name of an event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105  # the name of an event
    TOKEN_ROTATED = "token.rotated"  # noqa: S105  # the name of an event
    TOKEN_QUARANTINED = "token.quarantined"  # noqa: S105  # the name of an event
    TOKEN_EXPIRING = "token.expiring"  # noqa: S105  # the name of an event
    TOKEN_SECRET_READY = "token.secret_ready"  # noqa: S105  # the name of an event
    TOKEN_ROTATION_FAILED = "token.rotation_failed"  # noqa: S105  # the name of an event
    BUDGET_NEAR_END = "budget.near_end"
    LIMIT_REACHED = "limit.reached"
    PROVIDER_FAILING = "provider.failing"
    USER_INVITED = "user.invited"
    USER_DEACTIVATED = "user.deactivated"
    USER_PASSWORD_CHANGED = "user.password_changed"  # noqa: S105  # the name of an event
    USER_FACTORS_CHANGED = "user.factors_changed"
    USER_EMAIL_CHANGED = "user.email_changed"
    USER_NEW_DEVICE = "user.new_device"
    SECURITY_NOTICED = "security.noticed"
    SERVICE_ACCOUNT_OWNERLESS = "service_account.ownerless"
    WEBHOOK_TEST = "webhook.test"


class _OfToken(msgspec.Struct, frozen=True):
    """Which token. `masked` identifies it to people."""

    id: str
    masked: str
    name: str
    environment: Environment
    application_id: str | None
    application_name: str | None
    team_id: str | None
    owner_id: str | None


class TokenCreated(_OfToken, frozen=True):
    """A token was issued. `expires_at` null: never."""

    expires_at: str | None
    by: str


class TokenRevoked(_OfToken, frozen=True):
    """A token was ended for ever. `reason` null: none was given."""

    reason: str | None
    by: str


class TokenRotated(_OfToken, frozen=True):
    """A token got a new secret, the `generation`-th. The old one works until `overlap_until`; null: until the new one
    was collected.
    """

    generation: int
    overlap_until: str | None
    by: str


class TokenQuarantined(_OfToken, frozen=True):
    """A token is held back: refused the `denied` acts, and slowed."""

    denied: list[str]
    requests_per_minute: int
    reason: str | None
    by: str


class TokenExpiring(_OfToken, frozen=True):
    """A token expires within `days` days: 30, 7 or 1, each told once. `reason` idle: unless it is used before."""

    days: int
    expires_at: str
    reason: Literal["expiry", "idle"] = "expiry"


class TokenSecretReady(_OfToken, frozen=True):
    """A new secret is ready: POST to `collect_url` with `Authorization: Bearer <collect_token>` before `until`. It is
    answered once. Sent only to the webhook of the rotation policy.
    """

    collect_url: str
    collect_token: str
    until: str


class TokenRotationFailed(_OfToken, frozen=True):
    """A new secret was not taken over in time and is void; the old one goes on working."""

    policy_id: str | None
    policy_name: str | None
    detail: str


class BudgetNearEnd(msgspec.Struct, frozen=True):
    """A budget will soon refuse calls, or does. Amounts are decimal strings in USD.

    `used_up_at` is foreseen at the period's pace; null: the period ends before, or has no end.
    """

    owner_kind: str
    owner_id: str
    owner_name: str
    budget_name: str
    percent: int
    spent_usd: str
    limit_usd: str
    used_up_at: str | None
    alert_percent: int
    soft: bool


class LimitReached(msgspec.Struct, frozen=True):
    """A budget in tokens, or a soft limit, reached one of its alert levels. Amounts are in the unit of `measure`.

    `owner_kind` is a level: token, application, team, user, service, model, provider or global.
    """

    owner_kind: str
    owner_id: str
    owner_name: str
    limit_name: str
    measure: str
    percent: int
    alert_percent: int
    used: int
    allowed: int
    soft: bool
    used_up_at: str | None


class ProviderFailing(msgspec.Struct, frozen=True):
    """A provider's keys failed and are tried last for a while. `resting_keys` are their ids, not the keys."""

    id: str
    name: str
    resting_keys: list[str]


class UserInvited(msgspec.Struct, frozen=True):
    """A person was invited; the link is not in it."""

    id: str
    name: str
    role: str
    by: str


class UserDeactivated(msgspec.Struct, frozen=True):
    """A person may not sign in any more. `sessions` and `tokens` are how many ended with it; `is_deleted`: for ever."""

    id: str
    name: str
    role: str
    is_deleted: bool
    sessions: int
    tokens: int
    by: str


class UserPasswordChanged(msgspec.Struct, frozen=True):
    """A person has a new password. `means` is by what it was set: `password` (the old one) or `link`."""

    id: str
    name: str
    role: str
    means: str
    address: str
    by: str


class UserFactorsChanged(msgspec.Struct, frozen=True):
    """A person's second factors or recovery codes changed. `factor` is `totp`, `passkey`, `recovery`, or null: all."""

    id: str
    name: str
    role: str
    change: Literal["factor_added", "factor_removed", "factors_reset", "codes_renewed", "code_used"]
    factor: str | None
    address: str
    by: str


class UserEmailChanged(msgspec.Struct, frozen=True):
    """A person's letters go elsewhere, or nowhere. The addresses themselves are not told."""

    id: str
    name: str
    role: str
    address: str
    by: str


class UserNewDevice(msgspec.Struct, frozen=True):
    """A person signed in with a browser that is new for them. `means` is by what they proved who they are."""

    id: str
    name: str
    role: str
    means: str
    address: str
    agent: str


class SecurityNoticed(msgspec.Struct, frozen=True):
    """Misuse of a token was noticed, or a token was reported as leaked. `kind` is the detector, or `leaked`.

    `source` is set where it is not about a token. `act` says what the rules say, `act_state` whether it was `done`.
    """

    id: str
    kind: str
    severity: Literal["low", "medium", "high", "critical"]
    token_id: str | None
    token_masked: str | None
    token_name: str | None
    team_id: str | None
    source: str | None
    address: str | None
    act: Literal["notify", "limit", "quarantine", "revoke"]
    act_state: str


class ServiceAccountOwnerless(msgspec.Struct, frozen=True):
    """The person who answered for a service account has left: its team does now, until somebody is named."""

    id: str
    name: str
    team_id: str | None
    owner_id: str
    by: str


class WebhookTest(msgspec.Struct, frozen=True):
    """Somebody tried the webhook out."""

    webhook_id: str
    webhook_name: str
    by: str


Data = (
    TokenCreated
    | TokenRevoked
    | TokenRotated
    | TokenQuarantined
    | TokenExpiring
    | TokenSecretReady
    | TokenRotationFailed
    | BudgetNearEnd
    | LimitReached
    | ProviderFailing
    | UserInvited
    | UserDeactivated
    | UserPasswordChanged
    | UserFactorsChanged
    | UserEmailChanged
    | UserNewDevice
    | SecurityNoticed
    | ServiceAccountOwnerless
    | WebhookTest
)


@dataclass(frozen=True, slots=True)
class Described:
    """What a kind means, the version and the type of its `data`, and whether a webhook may ask for it."""

    meaning: str
    data: type[Data]
    version: int = 1
    can_be_chosen: bool = True


KINDS: Mapping[Kind, Described] = MappingProxyType(
    {
        Kind.TOKEN_CREATED: Described("A token was issued", TokenCreated),
        Kind.TOKEN_REVOKED: Described("A token was revoked, by a person or with its owner", TokenRevoked),
        Kind.TOKEN_ROTATED: Described("A token got a new secret", TokenRotated),
        Kind.TOKEN_QUARANTINED: Described("A token was quarantined", TokenQuarantined),
        Kind.TOKEN_EXPIRING: Described("A token expires within 30, 7 or 1 days; each told once", TokenExpiring),
        Kind.TOKEN_SECRET_READY: Described(
            "A rotated token's new secret is to be fetched", TokenSecretReady, can_be_chosen=False
        ),
        Kind.TOKEN_ROTATION_FAILED: Described(
            "A rotated token's new secret was not fetched; the old one stays", TokenRotationFailed
        ),
        Kind.BUDGET_NEAR_END: Described(
            "A budget reached an alert level, 80 and 100 % unless set otherwise; once for each level and period",
            BudgetNearEnd,
        ),
        Kind.LIMIT_REACHED: Described(
            "A budget in tokens or a soft limit reached an alert level; once for each level and period", LimitReached
        ),
        Kind.PROVIDER_FAILING: Described("Keys of a provider began to fail; once until it was well", ProviderFailing),
        Kind.USER_INVITED: Described("A person was invited", UserInvited),
        Kind.USER_DEACTIVATED: Described("A person was deactivated or deleted", UserDeactivated),
        Kind.USER_PASSWORD_CHANGED: Described("A person has a new password", UserPasswordChanged),
        Kind.USER_FACTORS_CHANGED: Described(
            "Second factors or recovery codes of a person changed, were reset or used up", UserFactorsChanged
        ),
        Kind.USER_EMAIL_CHANGED: Described("A person's letters go elsewhere", UserEmailChanged),
        Kind.USER_NEW_DEVICE: Described("A person signed in with a browser that is new for them", UserNewDevice),
        Kind.SECURITY_NOTICED: Described(
            "Misuse of a token was noticed, or a leaked one was reported", SecurityNoticed
        ),
        Kind.SERVICE_ACCOUNT_OWNERLESS: Described("A service account's owner has left", ServiceAccountOwnerless),
        Kind.WEBHOOK_TEST: Described("Somebody tried the webhook out", WebhookTest, can_be_chosen=False),
    }
)
"""Every kind, in the order that lists show it."""

_BY_DATA: Mapping[type[Data], Kind] = {described.data: kind for kind, described in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at an instant."""

    data: Data
    occurred_ns: int

    @property
    def kind(self) -> Kind:
        """What happened."""
        return _BY_DATA[type(self.data)]


class _Body(msgspec.Struct, frozen=True):
    id: str
    type: str
    version: int
    timestamp: str
    data: Data


def encode_body(event_id: str, event: Event) -> bytes:
    """Return the JSON that receivers get: the same bytes for each of them and at each attempt."""
    kind = event.kind
    return msgspec.json.encode(
        _Body(event_id, kind.value, KINDS[kind].version, write_instant(event.occurred_ns), event.data)
    )


def write_instant(instant_ns: int) -> str:
    """Write an instant as RFC 3339 in UTC, in whole seconds (cut)."""
    return datetime.fromtimestamp(instant_ns // NANOS_PER_SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_instant_or_none(instant_ns: int | None) -> str | None:
    """Write an instant that may be absent."""
    return None if instant_ns is None else write_instant(instant_ns)
