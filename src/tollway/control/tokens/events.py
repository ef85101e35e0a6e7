"""What others are told of tokens: never the secret, nor its hash. Pure."""

from typing import Any

from tollway.contract.life import ALWAYS_NS
from tollway.control.notices.events import (
    Event,
    TokenCreated,
    TokenExpiring,
    TokenQuarantined,
    TokenRevoked,
    TokenRotated,
    write_instant,
    write_instant_or_none,
)
from tollway.control.tokens.model import Token


def token_created_event(token: Token) -> Event:
    """Return the event of a token that was just issued."""
    data = TokenCreated(
        **of_token(token),
        expires_at=write_instant_or_none(token.expires_ns),
        by=token.created_by,
    )
    return Event(data, token.created_ns)


def token_rotated_event(token: Token, *, by: str, at_ns: int, old_until_ns: int) -> Event:
    """Return the event of a token that got a new secret at `at_ns`."""
    data = TokenRotated(
        **of_token(token),
        generation=token.life.generation,
        overlap_until=None if old_until_ns >= ALWAYS_NS else write_instant(old_until_ns),
        by=by,
    )
    return Event(data, at_ns)


def token_quarantined_event(token: Token) -> Event:
    """Return the event of a token that was just quarantined."""
    held = token.life.quarantine
    assert held is not None, "only of a quarantined token"
    data = TokenQuarantined(
        **of_token(token),
        denied=list(held.denied),
        requests_per_minute=held.requests_per_minute,
        reason=held.reason,
        by=held.by,
    )
    return Event(data, held.since_ns)


def token_expiring_event(token: Token, days: int, now_ns: int) -> Event:
    """Return the event of a token that expires within `days` days."""
    assert token.expires_ns is not None, "only of a token that expires"
    data = TokenExpiring(
        **of_token(token),
        days=days,
        expires_at=write_instant(token.expires_ns),
    )
    return Event(data, now_ns)


def token_idle_event(token: Token, days: int, *, ends_ns: int, now_ns: int) -> Event:
    """Return the event of a token that ends at `ends_ns` if it is not used before."""
    data = TokenExpiring(**of_token(token), days=days, expires_at=write_instant(ends_ns), reason="idle")
    return Event(data, now_ns)


def token_revoked_event(token: Token) -> Event:
    """Return the event of a token that was just revoked."""
    assert token.revoked_ns is not None and token.revoked_by is not None, "only of a revoked token"
    data = TokenRevoked(
        **of_token(token),
        reason=token.revoked_reason,
        by=token.revoked_by,
    )
    return Event(data, token.revoked_ns)


def of_token(token: Token) -> dict[str, Any]:
    """Return the fields by which every event of a token says which one."""
    return {
        "id": token.id,
        "masked": token.masked,
        "name": token.name,
        "environment": token.environment,
        "application_id": token.application_id,
        "application_name": token.application_name,
        "team_id": token.team_id,
        "owner_id": token.owner_id,
    }
