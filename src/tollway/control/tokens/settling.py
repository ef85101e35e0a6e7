"""What a change asks of a token's life, held against the rules: when it begins, and when it ends by itself. Pure."""

from dataclasses import replace

from msgspec import UNSET

from tollway.control.faults import Faults
from tollway.control.tokens.life import Life
from tollway.control.tokens.lifetimes import SECONDS_MAX, SECONDS_MIN, Lifetime
from tollway.control.tokens.model import Token, TokenChange

_DAY = 86_400


def settle_life(token: Token, change: TokenChange, lifetime: Lifetime, faults: Faults) -> Token:
    """Return the token, whose other fields are changed already, with what the change says of its life.

    A later expiry also brings back a token that ended for not being used. Faults name what goes beyond the rules.
    """
    life = token.life
    if change.may_rotate is not UNSET:
        life = replace(life, may_rotate=change.may_rotate)
    if change.not_before_ns is not UNSET:
        token = replace(token, not_before_ns=change.not_before_ns)
    if change.expires_ns is not UNSET:
        life = replace(life, idle_since_ns=None, expires_before_idle_ns=None)
        _check_expiry(token, lifetime, faults)
    if change.idle_seconds is not UNSET:
        token = replace(token, idle_seconds=change.idle_seconds)
        _check_idle(change.idle_seconds, lifetime, faults)
    if _begins_after_its_end(token):
        faults.add("/not_before", "a token begins before it expires")
    return replace(token, life=life)


def last_expiry_ns(token: Token, lifetime: Lifetime) -> int | None:
    """Return the latest expiry that the token may have; None: any, also never."""
    bounds = [bound for bound in (token.life.expires_max_ns, lifetime.last_ns(token.created_ns)) if bound is not None]
    return min(bounds, default=None)


def bounded_life(life: Life, lifetime: Lifetime, issued_ns: int) -> Life:
    """Return the life of a token that is issued under these rules: they bound it for good."""
    return replace(life, expires_max_ns=lifetime.last_ns(issued_ns))


def _check_expiry(token: Token, lifetime: Lifetime, faults: Faults) -> None:
    last = last_expiry_ns(token, lifetime)
    if last is not None and (token.expires_ns is None or token.expires_ns > last):
        days = (last - token.created_ns) / (_DAY * 10**9)
        faults.add("/expires_at", f"a rule lets this token live for {days:.15g} days from its issue")


def _check_idle(seconds: int | None, lifetime: Lifetime, faults: Faults) -> None:
    if seconds is not None and not SECONDS_MIN <= seconds <= SECONDS_MAX:
        faults.add("/idle_seconds", f"from {SECONDS_MIN} seconds to 100 years")
    if lifetime.idle_seconds is not None and (seconds is None or seconds > lifetime.idle_seconds):
        faults.add("/idle_seconds", f"a rule ends tokens that are not used for {lifetime.idle_seconds} seconds")


def _begins_after_its_end(token: Token) -> bool:
    return token.not_before_ns is not None and token.expires_ns is not None and token.not_before_ns >= token.expires_ns
