"""Service accounts over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.control.service_accounts.model import (
    EndedAccount,
    NewServiceAccount,
    ServiceAccountChange,
    ServiceAccountFilter,
)
from tollway.control.sessions.model import NAME_CHARS_MAX, User, UserState
from tollway.web.asking import Asking, FreshServiceAccounts, ReadServiceAccounts
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Output, absent, format_instant
from tollway.web.paging import NamedQuery, Page, SearchQuery

router = APIRouter(prefix="/service-accounts", tags=["service accounts"])

AccountId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
AccountName = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Id = Annotated[str, Field(min_length=1, max_length=64)]


class ServiceAccountFilterQuery(SearchQuery):
    """Which service accounts; deleted ones only with their state. `search` is the beginning of a name.

    `ownerless`: only those whose owner has left.
    """

    state: UserState | None = None
    team_id: Id | None = None
    owner_id: Id | None = None
    ownerless: bool = False

    @property
    def wanted(self) -> ServiceAccountFilter:
        """As the service takes it."""
        return ServiceAccountFilter(self.state, self.team_id, self.owner_id, self.search, self.ownerless)


class ServiceAccountQuery(ServiceAccountFilterQuery, NamedQuery):
    """Which service accounts to list; deleted ones only with their state. `search` is the beginning of a name.

    `ownerless`: only those whose owner has left.
    """


class ServiceAccountInput(Input):
    """A service account to make. `owner_id` null: you answer for it."""

    name: AccountName
    role: Id
    team_id: Id
    owner_id: Id | None = None


class ServiceAccountPatch(Input):
    """Fields to change; those left out stay as they are."""

    name: AccountName = absent()
    role: Id = absent()
    owner_id: Id = absent()


class ServiceAccountOutput(Output):
    """A service account. `owner_id` null: its owner has left, and its team answers for it. `tokens` are live ones."""

    id: str
    name: str
    state: UserState
    role: str
    role_name: str
    team_id: str
    team_name: str
    owner_id: str | None
    owner_name: str | None
    tokens: int
    created_at: Instant
    created_by: str


class EndedServiceAccountOutput(Output):
    """A service account that was switched off or deleted, and how many of its tokens were revoked."""

    account: ServiceAccountOutput
    tokens: int


@router.get("")
def list_service_accounts(
    query: Annotated[ServiceAccountQuery, Query()], ask: ReadServiceAccounts
) -> Page[ServiceAccountOutput]:
    """List service accounts, newest first."""

    def fetch(after: Position | None, limit: int) -> Found[ServiceAccountOutput]:
        page = ask.services.service_accounts.page(query.wanted, sight=ask.sight, after=after, limit=limit)
        return Found(tuple(show_accounts(page.items, ask)), page.next)

    return ask.page(query, fetch, lambda account: account)


@router.post("", status_code=201)
def create_service_account(body: ServiceAccountInput, ask: FreshServiceAccounts) -> ServiceAccountOutput:
    """Make a service account. It has no password and never signs in: what its role permits, its tokens may do."""
    new = NewServiceAccount(body.name, body.role, body.team_id, body.owner_id)
    return _answer(ask.services.service_accounts.create(new, ask.actor), ask)


@router.get("/{account_id}")
def get_service_account(account_id: AccountId, ask: ReadServiceAccounts) -> ServiceAccountOutput:
    """Show a service account."""
    return _answer(ask.services.service_accounts.get(account_id, ask.sight), ask)


@router.patch("/{account_id}")
def change_service_account(
    account_id: AccountId, body: ServiceAccountPatch, expected: ExpectedVersion, ask: FreshServiceAccounts
) -> ServiceAccountOutput:
    """Rename a service account, give it another role, or name who answers for it. In force at its next request."""
    change = ServiceAccountChange(body.name, body.role, body.owner_id)
    accounts = ask.services.service_accounts
    return _answer(accounts.change(account_id, change, ask.actor, expected_version=expected), ask)


@router.delete("/{account_id}")
def delete_service_account(
    account_id: AccountId, expected: ExpectedVersion, ask: FreshServiceAccounts
) -> EndedServiceAccountOutput:
    """Delete a service account. Its tokens are revoked at once; what it did stays known."""
    return _show_ended(ask.services.service_accounts.delete(account_id, ask.actor, expected_version=expected), ask)


@router.post("/{account_id}/deactivate")
def deactivate_service_account(
    account_id: AccountId, expected: ExpectedVersion, ask: FreshServiceAccounts
) -> EndedServiceAccountOutput:
    """Revoke a service account's tokens at once, and let it have no more."""
    return _show_ended(ask.services.service_accounts.deactivate(account_id, ask.actor, expected_version=expected), ask)


@router.post("/{account_id}/reactivate")
def reactivate_service_account(
    account_id: AccountId, expected: ExpectedVersion, ask: FreshServiceAccounts
) -> ServiceAccountOutput:
    """Let a service account have tokens again. Those that ended stay revoked."""
    return _answer(ask.services.service_accounts.reactivate(account_id, ask.actor, expected_version=expected), ask)


def show_accounts(accounts: tuple[User, ...], ask: Asking) -> list[ServiceAccountOutput]:
    """Write service accounts with the names of what they refer to, and how many tokens live."""
    services = ask.services
    teams = services.teams.names({one.team_id for one in accounts if one.team_id})
    owners = services.accounts.names({one.owner_id for one in accounts if one.owner_id})
    tokens = services.tokens.count_personal([one.id for one in accounts])
    roles = {role.id: role.name for role in services.roles.all()}
    return [
        ServiceAccountOutput(
            id=one.id,
            name=one.name,
            state=one.state,
            role=one.role,
            role_name=roles.get(one.role, one.role),
            team_id=one.team_id or "",
            team_name=teams.get(one.team_id or "", ""),
            owner_id=one.owner_id,
            owner_name=None if one.owner_id is None else owners.get(one.owner_id),
            tokens=tokens.get(one.id, 0),
            created_at=format_instant(one.created_ns),
            created_by=one.created_by,
        )
        for one in accounts
    ]


def _show_ended(ended: EndedAccount, ask: Asking) -> EndedServiceAccountOutput:
    return EndedServiceAccountOutput(account=_answer(ended.account, ask), tokens=ended.tokens)


def _answer(account: User, ask: Asking) -> ServiceAccountOutput:
    ask.tag(account.version)
    (shown,) = show_accounts((account,), ask)
    return shown
