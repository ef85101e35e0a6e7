"""Set-up, sign-in and sign-out over HTTP. The session's secret leaves in the cookie and nowhere else."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from tollway.control.audit.model import Subject
from tollway.control.sessions.keeping import Entered, Halfway, SignedIn
from tollway.control.sessions.model import NAME_CHARS_MAX
from tollway.control.sessions.shown import (
    Password,
    SecondStepOutput,
    SessionOutput,
    enter,
    halt,
    origin_of,
    show_session,
)
from tollway.web.access import Open
from tollway.web.asking import Operate, UseAccount, services_of
from tollway.web.cookies import clear_session, find_session
from tollway.web.fields import Input, Output

router = APIRouter()

PersonName = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
HALFWAY = 202

_sign_in_is_open = Depends(Open("signing in is how a caller becomes known"))
_link_is_the_credential = Depends(Open("who was invited cannot be signed in yet; the one-time link is the credential"))
_setup_is_open = Depends(Open("nobody can be signed in before the set-up; the one-time link is the credential"))
_halfway: dict[int | str, dict[str, Any]] = {HALFWAY: {"model": SecondStepOutput, "description": "Halfway in"}}


class SignInInput(Input):
    """Who signs in."""

    name: PersonName
    password: Password


class SetupInput(Input):
    """The owner to create, and the token of the one-time link."""

    link_token: Annotated[str, Field(min_length=1, max_length=200)]
    name: PersonName
    password: Password


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
        fresh_until_ns=caller.fresh_until_ns,
        team_ids=caller.team_ids,
        needs_factor=caller.needs_factor,
    )
    return show_session(signed_in, ask.services)


@router.post("/session", tags=["session"], dependencies=[_sign_in_is_open], responses=_halfway)
def sign_in(body: SignInInput, request: Request, response: Response) -> SessionOutput | SecondStepOutput:
    """Sign in. Begins a new session and ends the one whose cookie came along; 202 when a second step is needed."""
    found = services_of(request).sessions.sign_in(
        name=body.name, password=body.password, origin=origin_of(request), replaced=find_session(request)
    )
    return _answer(found, request, response)


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
    entered = services_of(request).sessions.set_up(
        link_token=body.link_token, name=body.name, password=body.password, origin=origin_of(request)
    )
    return enter(request, response, entered, services_of(request))


@router.post("/welcome", tags=["session"], dependencies=[_link_is_the_credential], responses=_halfway)
def accept_link(body: WelcomeInput, request: Request, response: Response) -> SessionOutput | SecondStepOutput:
    """Choose a password with a one-time link, and sign in; 202 when a second step is needed.

    Every other session of that person ends.
    """
    found = services_of(request).sessions.accept(
        link_token=body.link_token, password=body.password, origin=origin_of(request), replaced=find_session(request)
    )
    return _answer(found, request, response)


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


def _answer(found: Entered | Halfway, request: Request, response: Response) -> SessionOutput | SecondStepOutput:
    if isinstance(found, Entered):
        return enter(request, response, found, services_of(request))
    response.status_code = HALFWAY
    return halt(request, response, found)
