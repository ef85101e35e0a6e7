"""Compile tokens and applications into policy records. Pure."""

from msgspec import structs

from tollway.contract.life import OldSecret, Quarantine
from tollway.contract.policy import VERSION, ApplicationRecord, Limits, RequestLimit, TokenRecord, encode
from tollway.contract.rights import ALL_RIGHTS, Rights
from tollway.control.applications.model import Application
from tollway.control.model import Damaged
from tollway.control.tokens.life import Quarantined
from tollway.control.tokens.model import Token

QUARANTINE = "quarantine"
"""Id and name of the limit that slows a quarantined token."""
DAMAGED = b"\xc1"
"""Stored for a row that cannot be read: never valid MessagePack, so its token alone answers gateway.record_damaged."""


def encode_token(token: Token | Damaged, rights: Rights = ALL_RIGHTS) -> bytes:
    """Return the bytes workers read for a token with these rights of its own."""
    if isinstance(token, Damaged):
        return DAMAGED
    held = token.life.quarantine if token.state == "quarantined" else None
    return encode(
        TokenRecord(
            v=VERSION,
            id=token.id,
            mac=token.mac,
            pepper_version=token.pepper_version,
            kind=token.kind,
            name=token.name,
            state=token.state,
            application_id=token.application_id,
            team_id=token.team_id,
            environment=token.environment,
            expires_ns=token.expires_ns,
            models=token.models,
            services=token.services,
            limits=token.limits if held is None else _slowed(token.limits, held),
            user_id=token.owner_id,
            rights=rights,
            plan_id=token.plan_id,
            not_before_ns=token.not_before_ns or 0,
            issued_ns=token.created_ns,
            generation=token.life.generation,
            old_secrets=_old_secrets(token),
            quarantine=None if held is None else Quarantine(held.denied),
            is_compromised=token.life.is_compromised,
        )
    )


def _old_secrets(token: Token) -> tuple[OldSecret, ...]:
    return tuple(
        OldSecret(old.generation, old.mac, old.pepper_version, old.valid_until_ns) for old in token.life.old_secrets
    )


def _slowed(limits: Limits, held: Quarantined) -> Limits:
    """Add the low rate of a quarantine to the limits, so that it is counted like any other."""
    slow = RequestLimit(QUARANTINE, QUARANTINE, held.requests_per_minute, 60)
    return structs.replace(limits, requests=(*limits.requests, slow))


def encode_application(application: Application | Damaged, rights: Rights = ALL_RIGHTS) -> bytes:
    """Return the bytes workers read for an application with these rights of its own."""
    if isinstance(application, Damaged):
        return DAMAGED
    return encode(
        ApplicationRecord(
            v=VERSION,
            id=application.id,
            name=application.name,
            team_id=application.team_id,
            state=application.state,
            limits=application.limits,
            rights=rights,
            plan_id=application.plan_id,
        )
    )
