"""Rights over HTTP: of the installation, teams, people, applications and tokens; what applies to a token, and why."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from tollway.contract.ledger_api import Dimension
from tollway.contract.rights import NetworkMode
from tollway.control.plans.model import Plan, PlanChange
from tollway.control.rights.blocking import Blocked
from tollway.control.rights.checks import check_networks
from tollway.control.rights.effective import Asked, Source, Verdict
from tollway.control.rights.model import INSTALLATION, OwnedRights, OwnerLevel
from tollway.policy.rights import Uses
from tollway.web.asking import (
    Asking,
    FreshApplications,
    FreshConfiguration,
    FreshPlans,
    FreshTeams,
    FreshTokens,
    FreshUsers,
    ReadApplications,
    ReadCalls,
    ReadConfiguration,
    ReadPlans,
    ReadTeams,
    ReadTokens,
    ReadUsers,
)
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Instant, InstantInput, Output, format_instant, format_instant_or_none
from tollway.web.fields import Query as Queried
from tollway.web.gateway_rights import NetworkInput, RightsInput, RightsOutput, read_networks, read_rights, show_rights

router = APIRouter(tags=["rights"])

TokenId = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{12}$", description="The 12 characters after `tws_`.")]
OwnerId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
Blocks = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=1_000)]


class OwnedRightsOutput(Output):
    """The rights of one owner."""

    level: OwnerLevel | Literal["plan"]
    owner_id: str
    rights: RightsOutput
    updated_at: Instant | None
    updated_by: str | None


class SourceOutput(Output):
    """Rights that apply to a token. `level` `lists` are its plain lists of models and services."""

    level: str
    owner_id: str
    name: str
    rights: RightsOutput


class EffectiveOutput(Output):
    """Every set of rights that applies to a token, in the order in which a refusal is looked for; all must permit."""

    sources: list[SourceOutput]


class MayQuery(Queried):
    """A call to judge: by its model, its path, or both. Without `address` networks are left out; without `at`, now.

    `output_tokens`, `tools`, `images` and `stream` are what the request asks a model for.
    """

    model: Annotated[str, Field(max_length=200)] | None = None
    method: Annotated[str, Field(pattern=r"^[A-Z]{1,20}$")] = "POST"
    path: Annotated[str, Field(max_length=2_000)] | None = None
    address: Annotated[str, Field(max_length=100)] | None = None
    at: InstantInput | None = None
    output_tokens: Annotated[int, Field(ge=0, le=2**31)] | None = None
    tools: bool = False
    images: bool = False
    stream: bool = False


class WayOutput(Output):
    """A way to serve the model; `reason` is why it may not be used, null when it may."""

    provider: str
    upstream_model: str
    reason: str | None


class CallVerdictOutput(Output):
    """Whether the call may be made. Of a no: the code the caller gets, the rule, and the level whose it is.

    `watched` is the rule that would have refused it, were its networks enforced.
    """

    allowed: bool
    code: str | None
    reason: str | None
    rule: str | None
    level: str | None
    level_name: str | None
    opens_at: Instant | None
    watched: str | None
    ways: list[WayOutput]


class BlockQuery(Queried):
    """Rules to try on the calls of the last days: blocks that are allowed, blocks that are denied."""

    allow: Blocks | None = None
    deny: Blocks = Field(default=[])
    days: Annotated[int, Field(ge=1, le=90)] = 7


class BlockedAddressOutput(Output):
    """An address whose calls would have been refused."""

    address: str
    rule: str
    calls: int
    last_at: Instant


class BlockedOutput(Output):
    """Who would have been refused, most calls first. `is_cut`: older calls were not looked at.

    `without_address` are calls whose record has none, of which nothing can be said.
    """

    calls_looked_at: int
    calls_without_address: int
    calls_blocked: int
    addresses: list[BlockedAddressOutput]
    more_addresses: int
    is_cut: bool


@router.get("/rights")
def get_installation_rights(ask: ReadConfiguration) -> OwnedRightsOutput:
    """Show the rights that hold for every call of the gateway."""
    return _show("installation", INSTALLATION, ask)


@router.patch("/rights")
def change_installation_rights(
    body: RightsInput, expected: ExpectedVersion, ask: FreshConfiguration
) -> OwnedRightsOutput:
    """Change the rights that hold for every call of the gateway."""
    return _change("installation", INSTALLATION, body, expected, ask)


@router.get("/teams/{team_id}/rights")
def get_team_rights(team_id: OwnerId, ask: ReadTeams) -> OwnedRightsOutput:
    """Show the rights of a team: they hold for the tokens of its applications."""
    return _show("team", team_id, ask)


@router.patch("/teams/{team_id}/rights")
def change_team_rights(
    team_id: OwnerId, body: RightsInput, expected: ExpectedVersion, ask: FreshTeams
) -> OwnedRightsOutput:
    """Change the rights of a team."""
    return _change("team", team_id, body, expected, ask)


@router.get("/users/{user_id}/rights")
def get_user_rights(user_id: OwnerId, ask: ReadUsers) -> OwnedRightsOutput:
    """Show the rights of a person at the gateway: they hold for their own tokens, and bound what they give."""
    return _show("user", user_id, ask)


@router.patch("/users/{user_id}/rights")
def change_user_rights(
    user_id: OwnerId, body: RightsInput, expected: ExpectedVersion, ask: FreshUsers
) -> OwnedRightsOutput:
    """Change the rights of a person at the gateway."""
    return _change("user", user_id, body, expected, ask)


@router.get("/applications/{application_id}/rights")
def get_application_rights(application_id: OwnerId, ask: ReadApplications) -> OwnedRightsOutput:
    """Show the rights of an application: they hold for all its tokens."""
    return _show("application", application_id, ask)


@router.patch("/applications/{application_id}/rights")
def change_application_rights(
    application_id: OwnerId, body: RightsInput, expected: ExpectedVersion, ask: FreshApplications
) -> OwnedRightsOutput:
    """Change the rights of an application."""
    return _change("application", application_id, body, expected, ask)


@router.get("/plans/{plan_id}/rights")
def get_plan_rights(plan_id: OwnerId, ask: ReadPlans) -> OwnedRightsOutput:
    """Show the rights of a plan: they hold for every token and application that has it."""
    return _answer_plan(ask.services.limits.plans.get(plan_id), ask)


@router.patch("/plans/{plan_id}/rights")
def change_plan_rights(
    plan_id: OwnerId, body: RightsInput, expected: ExpectedVersion, ask: FreshPlans
) -> OwnedRightsOutput:
    """Change the rights of a plan; in force at the next call of everybody who has it."""
    desk, plans = ask.services.rights.desk, ask.services.limits.plans
    rights = desk.checked(read_rights(body).apply(plans.get(plan_id).rights))
    desk.check_grant(rights, ask.actor)
    changed = plans.change(plan_id, PlanChange(rights=rights), ask.actor, expected_version=expected)
    return _answer_plan(changed, ask)


@router.get("/tokens/{token_id}/rights")
def get_token_rights(token_id: TokenId, ask: ReadTokens) -> OwnedRightsOutput:
    """Show the token's own rights."""
    return _show("token", token_id, ask)


@router.patch("/tokens/{token_id}/rights")
def change_token_rights(
    token_id: TokenId, body: RightsInput, expected: ExpectedVersion, ask: FreshTokens
) -> OwnedRightsOutput:
    """Change the token's own rights."""
    return _change("token", token_id, body, expected, ask)


@router.get("/tokens/{token_id}/rights/effective")
def get_effective_rights(token_id: TokenId, ask: ReadTokens) -> EffectiveOutput:
    """Show every set of rights that applies to the token, and whose it is."""
    sources = ask.services.rights.effective.sources(token_id, ask.sight)
    return EffectiveOutput(sources=[_show_source(source) for source in sources])


@router.get("/tokens/{token_id}/may")
def judge_call(token_id: TokenId, query: Annotated[MayQuery, Query()], ask: ReadTokens) -> CallVerdictOutput:
    """Say whether the token may make a call, and which rule says no. Nothing is called."""
    asked = Asked(
        model=query.model,
        method=query.method,
        path=query.path,
        address=query.address,
        at_ns=query.at,
        uses=Uses(query.output_tokens, 1, query.tools, query.images, query.stream),
    )
    return _show_verdict(ask.services.rights.effective.judge(token_id, asked, ask.sight))


@router.get("/tokens/{token_id}/would-block")
def try_networks_on_token(token_id: TokenId, query: Annotated[BlockQuery, Query()], ask: ReadCalls) -> BlockedOutput:
    """Say which of the token's recorded calls rules for networks would have refused."""
    ask.services.tokens.get(token_id, ask.sight)
    return _try("token", token_id, query, ask)


@router.get("/applications/{application_id}/would-block")
def try_networks_on_application(
    application_id: OwnerId, query: Annotated[BlockQuery, Query()], ask: ReadCalls
) -> BlockedOutput:
    """Say which recorded calls of the application's tokens rules for networks would have refused."""
    ask.services.applications.get(application_id, ask.sight)
    return _try("application", application_id, query, ask)


def _show(level: OwnerLevel, owner_id: str, ask: Asking) -> OwnedRightsOutput:
    return _answer(ask.services.rights.desk.get(level, owner_id, ask.sight), ask)


def _change(
    level: OwnerLevel, owner_id: str, body: RightsInput, expected: int | None, ask: Asking
) -> OwnedRightsOutput:
    desk = ask.services.rights.desk
    return _answer(desk.change(level, owner_id, read_rights(body), ask.actor, expected_version=expected), ask)


def _answer(owned: OwnedRights, ask: Asking) -> OwnedRightsOutput:
    ask.tag(owned.version)
    return OwnedRightsOutput(
        level=owned.level,
        owner_id=owned.owner_id,
        rights=show_rights(owned.rights),
        updated_at=format_instant(owned.updated_ns) if owned.updated_ns else None,
        updated_by=owned.updated_by or None,
    )


def _answer_plan(plan: Plan, ask: Asking) -> OwnedRightsOutput:
    ask.tag(plan.version)
    return OwnedRightsOutput(
        level="plan",
        owner_id=plan.id,
        rights=show_rights(plan.rights),
        updated_at=format_instant(plan.updated_ns),
        updated_by=plan.updated_by,
    )


def _show_source(source: Source) -> SourceOutput:
    return SourceOutput(
        level=source.level, owner_id=source.owner_id, name=source.name, rights=show_rights(source.rights)
    )


def _show_verdict(verdict: Verdict) -> CallVerdictOutput:
    return CallVerdictOutput(
        allowed=verdict.is_allowed,
        code=verdict.code or None,
        reason=verdict.reason or None,
        rule=verdict.rule or None,
        level=verdict.level or None,
        level_name=verdict.level_name or None,
        opens_at=format_instant_or_none(verdict.opens_ns),
        watched=verdict.watched or None,
        ways=[
            WayOutput(provider=way.provider, upstream_model=way.upstream_model, reason=way.reason or None)
            for way in verdict.ways
        ],
    )


def _try(dimension: Dimension, owner_id: str, query: BlockQuery, ask: Asking) -> BlockedOutput:
    mode: NetworkMode = "enforce"
    networks = read_networks(NetworkInput(allow=query.allow, deny=query.deny, mode=mode))
    check_networks(networks)
    return _show_blocked(ask.services.rights.blocking.try_on(dimension, owner_id, networks, query.days))


def _show_blocked(blocked: Blocked) -> BlockedOutput:
    return BlockedOutput(
        calls_looked_at=blocked.looked_at,
        calls_without_address=blocked.without_address,
        calls_blocked=blocked.calls,
        addresses=[
            BlockedAddressOutput(
                address=row.address, rule=row.rule, calls=row.calls, last_at=format_instant(row.last_ns)
            )
            for row in blocked.addresses
        ],
        more_addresses=blocked.more_addresses,
        is_cut=blocked.is_cut,
    )
