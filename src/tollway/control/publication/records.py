"""Compile tokens and applications into policy records. Pure."""

from tollway.contract.policy import VERSION, ApplicationRecord, TokenRecord, encode
from tollway.control.applications.model import Application
from tollway.control.model import Damaged
from tollway.control.tokens.model import Token

DAMAGED = b"\xc1"
"""Stored for a row that cannot be read: never valid MessagePack, so its token alone answers gateway.record_damaged."""


def encode_token(token: Token | Damaged) -> bytes:
    """Return the bytes workers read for a token."""
    if isinstance(token, Damaged):
        return DAMAGED
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
            limits=token.limits,
            user_id=token.owner_id,
            plan_id=token.plan_id,
        )
    )


def encode_application(application: Application | Damaged) -> bytes:
    """Return the bytes workers read for an application."""
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
            plan_id=application.plan_id,
        )
    )
