"""What others are told of tokens: never the secret, nor its hash. Pure."""

from tollway.control.notices.events import Event, TokenCreated, TokenRevoked, write_instant_or_none
from tollway.control.tokens.model import Token


def token_created_event(token: Token) -> Event:
    """Return the event of a token that was just issued."""
    data = TokenCreated(
        id=token.id,
        masked=token.masked,
        name=token.name,
        environment=token.environment,
        application_id=token.application_id,
        application_name=token.application_name,
        team_id=token.team_id,
        owner_id=token.owner_id,
        expires_at=write_instant_or_none(token.expires_ns),
        by=token.created_by,
    )
    return Event(data, token.created_ns)


def token_revoked_event(token: Token) -> Event:
    """Return the event of a token that was just revoked."""
    assert token.revoked_ns is not None and token.revoked_by is not None, "only of a revoked token"
    data = TokenRevoked(
        id=token.id,
        masked=token.masked,
        name=token.name,
        environment=token.environment,
        application_id=token.application_id,
        application_name=token.application_name,
        team_id=token.team_id,
        owner_id=token.owner_id,
        reason=token.revoked_reason,
        by=token.revoked_by,
    )
    return Event(data, token.revoked_ns)
