"""People over HTTP. A one-time link is in the answer that makes it and in no other."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from pydantic import Field

from tollway.control.accounts.letters import LinkPost
from tollway.control.accounts.model import Ended, IssuedLink, NewUser, UserChange, UserFilter
from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.control.sessions.model import NAME_CHARS_MAX, LinkPurpose, User, UserState
from tollway.web.asking import Asking, FreshUsers, ReadUsers
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Output, absent, format_instant, format_instant_or_none
from tollway.web.paging import NamedQuery, Page, SearchQuery

router = APIRouter(prefix="/users", tags=["people"])

Email = Annotated[str, Field(min_length=3, max_length=254, examples=["ada@example.com"])]
UserId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
PersonName = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
KINDS: tuple[Literal["passkey", "totp"], ...] = ("passkey", "totp")


class UserFilterQuery(SearchQuery):
    """Which people; deleted ones only with their state. `search` is the beginning of a name."""

    state: UserState | None = None
    team_id: Id | None = None
    role: Id | None = None

    @property
    def wanted(self) -> UserFilter:
        """As the service takes it."""
        return UserFilter(self.state, self.team_id, self.role, self.search)


class UserQuery(UserFilterQuery, NamedQuery):
    """Which people to list; deleted ones only with their state. `search` is the beginning of a name."""


class InviteInput(Input):
    """Who is invited: the name they will sign in with, the id of their role, and the teams they will be in.

    With an `email`, and mail set up, the link is sent there and not shown.
    """

    name: PersonName
    role: Id
    team_ids: Annotated[list[Id], Field(max_length=100)] = Field(default=[])
    email: Email | None = None


class UserPatch(Input):
    """Fields to change; those left out stay as they are."""

    name: PersonName = absent()
    role: Id = absent()
    email: Email | None = absent()


class HandOverInput(Input):
    """Who gets what the person owns."""

    to_user_id: Id


class TeamOfUser(Output):
    """A team that somebody is in."""

    id: str
    name: str


class PersonOutput(Output):
    """A person who may sign in, was invited to, or may no more. `personal_tokens` are live tokens of their own."""

    id: str
    name: str
    email: str | None
    state: UserState
    role: str
    role_name: str
    teams: list[TeamOfUser]
    personal_tokens: int
    second_factors: list[Literal["passkey", "totp"]]
    created_at: Instant
    created_by: str
    signed_in_at: Instant | None


class LinkOutput(Output):
    """A one-time link with which a person chooses a password. It is shown here and nowhere else.

    `url` null: it was mailed to `mailed_to`. `mail_problem`: it was to be mailed, and the mail server did not take it.
    """

    url: str | None
    mailed_to: str | None
    mail_problem: str | None
    purpose: LinkPurpose
    expires_at: Instant


class InvitedOutput(Output):
    """Who was invited, and the link to hand to them."""

    user: PersonOutput
    link: LinkOutput


class EndedOutput(Output):
    """What ended with a person's account: sessions, and tokens of their own, which are revoked."""

    user: PersonOutput
    sessions: int
    tokens: int


class FactorsResetOutput(Output):
    """Whose second factors were taken away, how many, and how many sessions ended."""

    user: PersonOutput
    factors: int
    sessions: int


class HandedOverOutput(Output):
    """How many tokens changed their owner."""

    tokens: int


@router.get("")
def list_users(query: Annotated[UserQuery, Query()], ask: ReadUsers) -> Page[PersonOutput]:
    """List people, newest first."""

    def fetch(after: Position | None, limit: int) -> Found[PersonOutput]:
        page = ask.services.accounts.page(query.wanted, after=after, limit=limit)
        return Found(tuple(show_people(page.items, ask)), page.next)

    return ask.page(query, fetch, lambda person: person)


@router.post("", status_code=201)
def invite_user(body: InviteInput, ask: FreshUsers) -> InvitedOutput:
    """Invite a person. The answer has the link to hand to them; it works once, for seven days."""
    ask.show_once()
    issued = ask.services.accounts.invite(NewUser(body.name, body.role, tuple(body.team_ids), body.email), ask.actor)
    ask.tag(issued.user.version)
    return InvitedOutput(user=_show(issued.user, ask), link=_show_link(issued, ask))


@router.get("/{user_id}")
def get_user(user_id: UserId, ask: ReadUsers) -> PersonOutput:
    """Show a person."""
    return _answer(ask.services.accounts.get(user_id), ask)


@router.patch("/{user_id}")
def change_user(user_id: UserId, body: UserPatch, expected: ExpectedVersion, ask: FreshUsers) -> PersonOutput:
    """Rename a person or give them another role. In force at their next request."""
    change = UserChange(body.name, body.role, body.email)
    return _answer(ask.services.accounts.change(user_id, change, ask.actor, expected_version=expected), ask)


@router.delete("/{user_id}")
def delete_user(user_id: UserId, expected: ExpectedVersion, ask: FreshUsers) -> EndedOutput:
    """Delete a person. Their sessions and own tokens end at once; what they did stays known."""
    return _show_ended(ask.services.accounts.delete(user_id, ask.actor, expected_version=expected), ask)


@router.post("/{user_id}/deactivate")
def deactivate_user(user_id: UserId, expected: ExpectedVersion, ask: FreshUsers) -> EndedOutput:
    """End a person's sessions and own tokens at once, and let them sign in no more."""
    return _show_ended(ask.services.accounts.deactivate(user_id, ask.actor, expected_version=expected), ask)


@router.post("/{user_id}/reactivate")
def reactivate_user(user_id: UserId, expected: ExpectedVersion, ask: FreshUsers) -> PersonOutput:
    """Let a deactivated person sign in again. Tokens that ended stay revoked."""
    return _answer(ask.services.accounts.reactivate(user_id, ask.actor, expected_version=expected), ask)


@router.post("/{user_id}/link", status_code=201)
def create_user_link(user_id: UserId, ask: FreshUsers) -> LinkOutput:
    """Make a new one-time link for a person to choose a password; earlier ones stop working."""
    ask.show_once()
    return _show_link(ask.services.accounts.issue_link(user_id, ask.actor), ask)


@router.post("/{user_id}/reset-factors")
def reset_factors(user_id: UserId, ask: FreshUsers) -> FactorsResetOutput:
    """Take a person's second factors away, for one who has lost them. Their sessions end; the password stays."""
    done = ask.services.accounts.reset_factors(user_id, ask.actor)
    return FactorsResetOutput(user=_show(done.user, ask), factors=done.factors, sessions=done.sessions)


@router.post("/{user_id}/hand-over")
def hand_over(user_id: UserId, body: HandOverInput, ask: FreshUsers) -> HandedOverOutput:
    """Give the tokens that a person owns to another; secrets, limits and budgets stay."""
    return HandedOverOutput(tokens=ask.services.accounts.hand_over(user_id, body.to_user_id, ask.actor))


def show_people(users: tuple[User, ...], ask: Asking) -> list[PersonOutput]:
    """Write people with their teams, roles and own tokens."""
    ids = [user.id for user in users]
    teams, tokens = ask.services.accounts.teams_of(ids), ask.services.tokens.count_personal(ids)
    factors = ask.services.accounts.factors_of(ids)
    roles = {role.id: role.name for role in ask.services.roles.all()}
    return [
        PersonOutput(
            id=user.id,
            name=user.name,
            email=user.email,
            state=user.state,
            role=user.role,
            role_name=roles.get(user.role, user.role),
            teams=[TeamOfUser(id=team_id, name=name) for team_id, name in teams.get(user.id, ())],
            personal_tokens=tokens.get(user.id, 0),
            second_factors=[kind for kind in KINDS if kind in factors.get(user.id, ())],
            created_at=format_instant(user.created_ns),
            created_by=user.created_by,
            signed_in_at=format_instant_or_none(user.signed_in_ns),
        )
        for user in users
    ]


def _show(user: User, ask: Asking) -> PersonOutput:
    (shown,) = show_people((user,), ask)
    return shown


def _show_ended(ended: Ended, ask: Asking) -> EndedOutput:
    return EndedOutput(user=_show(ended.user, ask), sessions=ended.sessions, tokens=ended.tokens)


class LinkShower:
    """Mails links where that can be done, else shows them.

    After a letter that the mail server did not take the links are shown: each would wait for it as long.
    """

    def __init__(self, ask: Asking) -> None:
        self._ask = ask
        self._problem: str | None = None

    def show(self, issued: IssuedLink) -> LinkOutput:
        """Mail or show one link."""
        console_url = self._ask.services.gateway.facts.console_url
        url = f"{console_url}/welcome?token={quote(issued.secret.reveal())}"
        mailed = None if self._problem else self._post(console_url).send(issued, url, self._ask.actor)
        is_mailed = mailed is not None and mailed.is_ok
        if mailed is not None and not is_mailed:
            self._problem = mailed.detail
        return LinkOutput(
            url=None if is_mailed else url,
            mailed_to=mailed.to if mailed is not None and is_mailed else None,
            mail_problem=None if is_mailed or not issued.user.email else self._problem,
            purpose=issued.purpose,
            expires_at=format_instant(issued.expires_ns),
        )

    def _post(self, console_url: str) -> LinkPost:
        return LinkPost(self._ask.services.notices.mail, self._ask.services.audit, console_url)


def _show_link(issued: IssuedLink, ask: Asking) -> LinkOutput:
    return LinkShower(ask).show(issued)


def _answer(user: User, ask: Asking) -> PersonOutput:
    ask.tag(user.version)
    return _show(user, ask)
