"""Rules of how long tokens live, over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from tollway.control.tokens.lifetimes import SECONDS_MAX, SECONDS_MIN
from tollway.control.tokens.model import LifetimeRule
from tollway.web.asking import Asking, FreshConfiguration, ReadTokens
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Output, format_instant

router = APIRouter(prefix="/lifetime-rules", tags=["tokens"])

Scope = Literal["installation", "team", "role"]
ScopeId = Annotated[str, Field(max_length=100, description="Id of the team or role; empty for the installation.")]
Seconds = Annotated[int, Field(ge=SECONDS_MIN, le=SECONDS_MAX)] | None


class LifetimeRuleInput(Input):
    """Seconds; null: the rule says nothing of it. Counted from a token's issue; `idle_seconds` from its last use."""

    scope: Scope
    scope_id: ScopeId = ""
    default_seconds: Seconds = None
    max_seconds: Seconds = None
    idle_seconds: Seconds = None


class LifetimeRuleOutput(Output):
    """A rule. The shortest of all that apply to a token counts."""

    scope: Scope
    scope_id: str
    default_seconds: int | None
    max_seconds: int | None
    idle_seconds: int | None
    updated_at: Instant
    updated_by: str


class LifetimeRulesOutput(Output):
    """Every rule."""

    items: list[LifetimeRuleOutput]


@router.get("")
def list_lifetime_rules(ask: ReadTokens) -> LifetimeRulesOutput:
    """List the rules of how long tokens live."""
    return LifetimeRulesOutput(items=[_show(rule) for rule in ask.services.token_desk.lifetimes.all()])


@router.put("")
def set_lifetime_rule(
    body: LifetimeRuleInput, expected: ExpectedVersion, ask: FreshConfiguration
) -> LifetimeRuleOutput:
    """Say how long tokens of a scope live. What exists keeps its expiry; no change of it goes beyond the rule."""
    rule = LifetimeRule(body.scope, body.scope_id, body.default_seconds, body.max_seconds, body.idle_seconds)
    saved = ask.services.token_desk.lifetimes.put(rule, ask.actor, expected_version=expected)
    return _answer(saved, ask)


@router.delete("", status_code=204)
def remove_lifetime_rule(
    scope: Scope, expected: ExpectedVersion, ask: FreshConfiguration, scope_id: ScopeId = ""
) -> None:
    """Drop a rule. What was issued under it keeps its bounds."""
    ask.services.token_desk.lifetimes.remove(scope, scope_id, ask.actor, expected_version=expected)


def _answer(rule: LifetimeRule, ask: Asking) -> LifetimeRuleOutput:
    ask.tag(rule.version)
    return _show(rule)


def _show(rule: LifetimeRule) -> LifetimeRuleOutput:
    return LifetimeRuleOutput(
        scope=rule.scope,
        scope_id=rule.scope_id,
        default_seconds=rule.default_seconds,
        max_seconds=rule.max_seconds,
        idle_seconds=rule.idle_seconds,
        updated_at=format_instant(rule.updated_ns),
        updated_by=rule.updated_by,
    )
