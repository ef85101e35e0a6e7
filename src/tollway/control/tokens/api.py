"""Tokens over HTTP. The secret is in the answer that issues a token and in no other."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import UNSET
from pydantic import Field

from tollway.contract.ledger_api import LastUse
from tollway.contract.policy import Environment
from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.control.tokens.model import NewToken, Token, TokenChange, TokenFilter, TokenSort, TokenState
from tollway.web.asking import Asking, FreshTokens, ReadTokens, WriteTokens
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import (
    Input,
    Instant,
    InstantInput,
    Name,
    Output,
    Text,
    absent,
    format_instant,
    format_instant_or_none,
)
from tollway.web.limits import LimitsInput, LimitsOutput, MetersOutput, read_limits, read_meters, show_limits
from tollway.web.paging import Page, PageQuery
from tollway.web.rights import Right, RightList, read_rights, show_rights

router = APIRouter(prefix="/tokens", tags=["tokens"])

TokenId = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{12}$", description="The 12 characters after `tws_`.")]
ModelNames = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=1_000)]
ServiceNames = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=1_000)]


class TokenQuery(PageQuery):
    """Which tokens to list. `search` is the beginning of a name or of an id, or a whole token."""

    state: TokenState | None = None
    application_id: Annotated[str, Field(max_length=100)] | None = None
    owner_id: Annotated[str, Field(max_length=100)] | None = None
    team_id: Annotated[str, Field(max_length=100)] | None = None
    plan_id: Annotated[str, Field(max_length=100)] | None = None
    expires_from: InstantInput | None = None
    expires_before: InstantInput | None = None
    search: Annotated[str, Field(max_length=200)] | None = None
    sort: TokenSort = "newest"


class TokenInput(Input):
    """A token to issue. `expires_at` left out: 90 days from now; null: never. `models`, `services` null: all.

    `owner_id`: a service account that it is to belong to. `scopes`: what it may do at this API, as far as its owner
    may; most tokens need none.
    """

    name: Name
    application_id: str | None = None
    models: ModelNames | None = None
    services: ServiceNames | None = None
    expires_at: InstantInput | None = absent()
    limits: LimitsInput = LimitsInput()
    environment: Environment = "live"
    owner_id: Annotated[str, Field(max_length=64)] | None = None
    scopes: RightList = Field(default=[])
    plan_id: str | None = None
    not_before: InstantInput | None = None
    idle_seconds: Annotated[int, Field(ge=60)] | None = absent()
    may_rotate: bool = False


class TokenPatch(Input):
    """Fields to change; those left out stay as they are."""

    name: Name = absent()
    application_id: str | None = absent()
    models: ModelNames | None = absent()
    services: ServiceNames | None = absent()
    expires_at: InstantInput | None = absent()
    limits: LimitsInput = absent()
    plan_id: str | None = absent()
    not_before: InstantInput | None = absent()
    idle_seconds: Annotated[int, Field(ge=60)] | None = absent()
    may_rotate: bool = absent()
    scopes: RightList = absent()


class ReasonInput(Input):
    """Why a token is switched off."""

    reason: Text = ""


class RevokeInput(ReasonInput):
    """`is_compromised`: somebody else has the secret, so that its calls in flight end as well."""

    is_compromised: bool = False


class TokenOutput(Output):
    """A token without its secret. One without an application belongs to the person `owner_id`, if to anybody."""

    id: str
    masked: str
    kind: str
    name: str
    state: TokenState
    application_id: str | None
    application_name: str | None
    team_id: str | None
    owner_id: str | None
    owner_name: str | None
    environment: Environment
    scopes: list[Right]
    models: list[str] | None
    services: list[str] | None
    limits: LimitsOutput
    plan_id: str | None
    plan_name: str | None
    created_at: Instant
    created_by: str
    expires_at: Instant | None
    revoked_at: Instant | None
    revoked_reason: str | None
    last_used_at: Instant | None
    first_used_at: Instant | None
    last_address: str | None
    last_agent: str | None
    calls_total: int | None
    not_before: Instant | None
    idle_seconds: int | None
    idle_since: Instant | None
    may_rotate: bool
    generation: int
    is_rotating: bool
    is_compromised: bool


class IssuedOutput(TokenOutput):
    """A fresh token and the only sight of its secret."""

    token: str


@router.get("")
def list_tokens(query: Annotated[TokenQuery, Query()], ask: ReadTokens) -> Page[TokenOutput]:
    """List tokens with their last use, newest first unless sorted otherwise."""
    wanted = TokenFilter(
        state=query.state,
        application_id=query.application_id,
        owner_id=query.owner_id,
        search=query.search,
        sort=query.sort,
        team_id=query.team_id,
        plan_id=query.plan_id,
        expires_from_ns=query.expires_from,
        expires_before_ns=query.expires_before,
    )
    tokens, now_ns = ask.services.tokens, ask.services.clock.now_ns()

    def fetch(after: Position | None, limit: int) -> Found[tuple[Token, LastUse | None]]:
        page = tokens.page(wanted, sight=ask.sight, after=after, limit=limit)
        uses = ask.services.usage.last_uses([token.id for token in page.items])
        return Found(tuple((token, uses.get(token.id)) for token in page.items), page.next)

    return ask.page(query, fetch, lambda pair: show_token(*pair, now_ns))


@router.post("", status_code=201)
def issue_token(body: TokenInput, ask: FreshTokens) -> IssuedOutput:
    """Issue a token. The answer shows its secret once; repeating the request under its key does not."""
    ask.show_once()
    issued = ask.services.tokens.issue(
        NewToken(
            name=body.name,
            application_id=body.application_id,
            models=_tuple(body.models),
            services=_tuple(body.services),
            expires_ns=body.expires_at,
            limits=read_limits(body.limits),
            environment=body.environment,
            owner_id=body.owner_id,
            scopes=read_rights(body.scopes),
            plan_id=body.plan_id,
            not_before_ns=body.not_before,
            idle_seconds=body.idle_seconds if "idle_seconds" in body.model_fields_set else UNSET,
            may_rotate=body.may_rotate,
        ),
        ask.actor,
    )
    ask.tag(issued.token.version)
    shown = show_token(issued.token, None, ask.services.clock.now_ns())
    return IssuedOutput(**dict(iter(shown)), token=issued.secret.reveal())


@router.get("/{token_id}")
def get_token(token_id: TokenId, ask: ReadTokens) -> TokenOutput:
    """Show a token and its last use."""
    return answer_token(ask.services.tokens.get(token_id, ask.sight), ask)


@router.patch("/{token_id}")
def change_token(token_id: TokenId, body: TokenPatch, expected: ExpectedVersion, ask: FreshTokens) -> TokenOutput:
    """Change a token. An `expires_at` in the past ends it now."""
    given = body.model_fields_set
    change = TokenChange(
        name=body.name,
        application_id=body.application_id,
        models=_tuple(body.models) if "models" in given else UNSET,
        services=_tuple(body.services) if "services" in given else UNSET,
        expires_ns=body.expires_at,
        limits=read_limits(body.limits) if "limits" in given else UNSET,
        scopes=read_rights(body.scopes) if "scopes" in given else UNSET,
        plan_id=body.plan_id,
        not_before_ns=body.not_before,
        idle_seconds=body.idle_seconds if "idle_seconds" in given else UNSET,
        may_rotate=body.may_rotate,
    )
    return answer_token(ask.services.tokens.change(token_id, change, ask.actor, expected_version=expected), ask)


@router.post("/{token_id}/disable")
def disable_token(token_id: TokenId, expected: ExpectedVersion, ask: WriteTokens) -> TokenOutput:
    """Refuse the token's calls until it is enabled again."""
    return answer_token(ask.services.tokens.disable(token_id, ask.actor, expected_version=expected), ask)


@router.post("/{token_id}/enable")
def enable_token(token_id: TokenId, expected: ExpectedVersion, ask: FreshTokens) -> TokenOutput:
    """Accept the token's calls again."""
    return answer_token(ask.services.tokens.enable(token_id, ask.actor, expected_version=expected), ask)


@router.post("/{token_id}/revoke")
def revoke_token(
    token_id: TokenId, expected: ExpectedVersion, ask: WriteTokens, body: RevokeInput | None = None
) -> TokenOutput:
    """End the token for ever: every worker refuses its next call."""
    asked = body or RevokeInput()
    revoked = ask.services.tokens.revoke(
        token_id, ask.actor, reason=asked.reason, is_compromised=asked.is_compromised, expected_version=expected
    )
    return answer_token(revoked, ask)


@router.get("/{token_id}/meters")
def get_token_meters(token_id: TokenId, ask: ReadTokens) -> MetersOutput:
    """Show how much of the token's limits, and those of its plan, is used now."""
    token = ask.services.tokens.get(token_id, ask.sight)
    plan = ask.services.limits.plans.find_limits(token.plan_id)
    return read_meters(ask.services.meters, "token", token.id, token.limits, plan)


def show_token(token: Token, use: LastUse | None, now_ns: int) -> TokenOutput:
    """Write a token with its last use; `calls_total` null means that the ledger knows of none."""
    return TokenOutput(
        id=token.id,
        masked=token.masked,
        kind=token.kind,
        name=token.name,
        state=token.state_at(now_ns),
        application_id=token.application_id,
        application_name=token.application_name,
        team_id=token.team_id,
        owner_id=token.owner_id,
        owner_name=token.owner_name,
        environment=token.environment,
        scopes=show_rights(token.scopes),
        models=None if token.models is None else list(token.models),
        services=None if token.services is None else list(token.services),
        limits=show_limits(token.limits),
        plan_id=token.plan_id,
        plan_name=token.plan_name,
        created_at=format_instant(token.created_ns),
        created_by=token.created_by,
        expires_at=format_instant_or_none(token.expires_ns),
        revoked_at=format_instant_or_none(token.revoked_ns),
        revoked_reason=token.revoked_reason,
        last_used_at=format_instant(use.last_ns) if use else None,
        first_used_at=format_instant(use.first_ns) if use else None,
        last_address=use.last_address if use else None,
        last_agent=use.last_agent if use else None,
        calls_total=use.calls if use else None,
        not_before=format_instant_or_none(token.not_before_ns),
        idle_seconds=token.idle_seconds,
        idle_since=format_instant_or_none(token.life.idle_since_ns),
        may_rotate=token.life.may_rotate,
        generation=token.life.generation,
        is_rotating=bool(token.life.working(now_ns)),
        is_compromised=token.life.is_compromised,
    )


def answer_token(token: Token, ask: Asking) -> TokenOutput:
    """Write a token as the answer, with its ETag and its last use."""
    ask.tag(token.version)
    use = ask.services.usage.last_uses([token.id]).get(token.id)
    return show_token(token, use, ask.services.clock.now_ns())


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
