"""What one act does to one token, and how it is taken back. Pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import msgspec

from tollway.contract.life import TokenState
from tollway.contract.limits import Limits
from tollway.control.bulk.model import Act, Before
from tollway.control.bulk.ports import Extend
from tollway.control.faults import Faults
from tollway.control.limits.service import compile_limits
from tollway.control.tokens.lifetimes import LifetimeBook
from tollway.control.tokens.model import Token, TokenChange
from tollway.control.tokens.settling import settle_life
from tollway.kernel.clock import NANOS_PER_SECOND

Extended = Callable[[Token, int | None], Token | None]


def apply_act(token: Token, act: Act, extend: Extended, *, now_ns: int, by: str) -> Token | None:
    """Return the token after the act; None when there is nothing to do, or a rule forbids it."""
    if token.state == "revoked":
        return None
    match act.kind:
        case "set_plan":
            changed: Token | None = replace(token, plan_id=act.plan_id)
        case "set_limits":
            changed = replace(token, limits=compile_limits(token.id, act.limits, token.limits))
        case "disable":
            changed = replace(token, state="disabled") if token.state == "active" else None
        case "enable":
            changed = replace(token, state=_enabled(token)) if token.state == "disabled" else None
        case "extend":
            changed = extend(token, _whole_seconds(act.expires_ns))
        case "revoke":
            changed = replace(token, state="revoked", revoked_ns=now_ns, revoked_by=by, revoked_reason=act.reason)
    return None if changed is None or changed == token else changed


def undo_act(token: Token, before: Before, act: Act, extend: Extended) -> Token | None:
    """Return the token as it was before the act; None when somebody has changed since what the act changed."""
    if token.state == "revoked":
        return None
    match act.kind:
        case "set_plan" if token.plan_id == act.plan_id:
            changed: Token | None = replace(token, plan_id=before.plan_id)
        case "set_limits" if _same_limits(token, act):
            changed = replace(token, limits=msgspec.json.decode(before.limits, type=Limits))
        case "disable" | "enable" if token.state == ("disabled" if act.kind == "disable" else "active"):
            changed = replace(token, state=cast("TokenState", before.state))
        case "extend" if token.expires_ns == _whole_seconds(act.expires_ns):
            changed = extend(token, before.expires_ns)
        case _:
            changed = None
    return None if changed is None or changed == token else changed


def keep_before(token: Token) -> Before:
    """Return what must be known of a token to take an act back."""
    limits = msgspec.json.encode(token.limits).decode()
    return Before(token.id, token.state, token.plan_id, limits, token.expires_ns)


def extend_within(lifetimes: LifetimeBook) -> Extend:
    """Return what sets expiries as far as the rules of tokens' lives permit, for a person of a role.

    Raises nothing: what a rule forbids is None, and the token stays as it is.
    """

    def extend(token: Token, expires_ns: int | None, role: str) -> Token | None:
        faults = Faults()
        lifetime = lifetimes.find(team_id=token.team_id, role=role)
        changed = replace(token, expires_ns=expires_ns)
        settled = settle_life(changed, TokenChange(expires_ns=expires_ns), lifetime, faults)
        return None if faults.found else settled

    return extend


def plain_extend(token: Token, expires_ns: int | None) -> Token | None:
    """Return the token with another expiry, whatever it is."""
    return replace(token, expires_ns=expires_ns)


def _enabled(token: Token) -> TokenState:
    """What is enabled again is as it was before it was disabled."""
    return "active" if token.life.quarantine is None else "quarantined"


def _same_limits(token: Token, act: Act) -> bool:
    return token.limits == compile_limits(token.id, act.limits, token.limits)


def _whole_seconds(instant_ns: int | None) -> int | None:
    return None if instant_ns is None else instant_ns // NANOS_PER_SECOND * NANOS_PER_SECOND
