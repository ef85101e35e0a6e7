"""Set-up, sign-in and sign-out over HTTP. The session's secret leaves in the cookie and nowhere else."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from tollway.control.audit.model import Subject
from tollway.control.sessions.model import NAME_CHARS_MAX
from tollway.control.sessions.service import Origin, SignedIn
from tollway.web.access import Open
from tollway.web.asking import Operate, UseAccount, services_of
from tollway.web.cookies import clear_session, find_session, set_session
from tollway.web.fields import Input, Instant, Output, format_instant
from tollway.web.identity import request_id_of, source_of
from tollway.web.rights import Right, show_rights
from tollway.web.services import ConsoleServices

router = APIRouter()

PersonName = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Password = Annotated[str, Field(min_length=1, max_length=1_024, json_schema_extra={"format": "password"})]

_sign_in_is_open = Depends(Open("signing in is how a caller becomes known"))
_link_is_the_credential = Depends(Open("who was invited cannot be signed in yet; the one-time link is the credential"))
_setup_is_open = Depends(Open("nobody can be signed in before the set-up; the one-time link is the credential"))


class SignInInput(Input):
    """Who signs in."""

    name: PersonName
    password: Password


class SetupInput(Input):
    """The owner to create, and the token of the one-time link."""

    link_token: Annotated[str, Field(min_length=1, max_length=200)]
    name: PersonName
    password: Password


class UserOutput(Output):
    """A person who may sign in."""

    id: str
    name: str
    role: str
    role_name: str


class SessionOutput(Output):
    """The session of this browser. Unsafe requests repeat `csrf` in the X-Tollway-CSRF header.

    `rights` is what the person may do, and `team_ids` the teams that the reach `team` reaches.
    """

    user: UserOutput
    csrf: str
    expires_at: Instant
    rights: list[Right]
    team_ids: list[str]


class WelcomeInput(Input):
    """The token of a one-time link, and the password that its person chooses."""

    link_token: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password


class SetupOutput(Output):
    """Whether nobody can sign in yet."""

    needed: bool


class SetupLinkOutput(Output):
    """A one-time link. It is shown here and nowhere else."""

    url: str


@router.get("/session", tags=["session"])
def get_session(ask: UseAccount) -> SessionOutput:
    """Show who is signed in, and the value that unsafe requests repeat."""
    caller = ask.caller
    ask.response.headers["cache-control"] = "no-store"
    signed_in = SignedIn(
        session_id=caller.session_id,
        user_id=caller.user_id,
        user_name=caller.name,
        role=caller.role,
        csrf=caller.csrf,
        expires_ns=caller.session_expires_ns,
        team_ids=caller.team_ids,
    )
    return show_session(signed_in, ask.services)


@router.post("/session", tags=["session"], dependencies=[_sign_in_is_open])
def sign_in(body: SignInInput, request: Request, response: Response) -> SessionOutput:
    """Sign in. Begins a new session and ends the one whose cookie came along."""
    signed_in, secret = services_of(request).sessions.sign_in(
        name=body.name, password=body.password, origin=origin_of(request), replaced=find_session(request)
    )
    set_session(request, response, secret.reveal())
    return show_session(signed_in, services_of(request))


@router.delete("/session", tags=["session"], status_code=204)
def sign_out(ask: UseAccount) -> None:
    """End this session at once."""
    ask.services.sessions.sign_out(ask.caller.session_id, ask.actor)
    clear_session(ask.request, ask.response)


@router.get("/setup", tags=["setup"], dependencies=[_setup_is_open])
def get_setup(request: Request) -> SetupOutput:
    """Show whether the console still has to be set up."""
    return SetupOutput(needed=services_of(request).sessions.is_setup_needed())


@router.post("/setup", tags=["setup"], dependencies=[_setup_is_open])
def set_up(body: SetupInput, request: Request, response: Response) -> SessionOutput:
    """Create the owner with the one-time link, and sign them in."""
    signed_in, secret = services_of(request).sessions.set_up(
        link_token=body.link_token, name=body.name, password=body.password, origin=origin_of(request)
    )
    set_session(request, response, secret.reveal())
    return show_session(signed_in, services_of(request))


@router.post("/welcome", tags=["session"], dependencies=[_link_is_the_credential])
def accept_link(body: WelcomeInput, request: Request, response: Response) -> SessionOutput:
    """Choose a password with a one-time link, and sign in. Every other session of that person ends."""
    signed_in, secret = services_of(request).sessions.accept(
        link_token=body.link_token, password=body.password, origin=origin_of(request), replaced=find_session(request)
    )
    set_session(request, response, secret.reveal())
    return show_session(signed_in, services_of(request))


@router.post("/setup/link", tags=["setup"], status_code=201)
def create_setup_link(ask: Operate) -> SetupLinkOutput:
    """Make a new one-time set-up link; earlier ones stop working. Refused once there is an owner. Local socket only."""
    link = ask.services.sessions.issue_setup_link().reveal()
    ask.services.audit.record(ask.actor, "setup.link", Subject("setup"))
    ask.show_once()
    return SetupLinkOutput(url=setup_url(ask.services.gateway.facts.console_url, link))


def setup_url(console_url: str, link_token: str) -> str:
    """Return the address of the set-up page for the token of a link."""
    return f"{console_url}/setup?token={quote(link_token)}"


def origin_of(request: Request) -> Origin:
    """Return where a request comes from."""
    return Origin(source_of(request.scope), request.headers.get("user-agent", ""), request_id_of(request.scope))


def show_session(signed_in: SignedIn, services: ConsoleServices) -> SessionOutput:
    """Write a session without its secret."""
    role = services.roles.find(signed_in.role)
    return SessionOutput(
        user=UserOutput(
            id=signed_in.user_id,
            name=signed_in.user_name,
            role=signed_in.role,
            role_name=role.name if role else signed_in.role,
        ),
        csrf=signed_in.csrf,
        expires_at=format_instant(signed_in.expires_ns),
        rights=show_rights(services.roles.rights_of(signed_in.role)),
        team_ids=sorted(signed_in.team_ids),
    )
