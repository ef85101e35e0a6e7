"""Sessions in JSON: what every answer that begins one has in common. The session's secret leaves in the cookie only."""

from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import Field

from tollway.control.factors.shown import AssertionInput, Code, read_assertion
from tollway.control.faults import refuse
from tollway.control.sessions.keeping import Entered, Halfway, Origin, SignedIn
from tollway.control.sessions.model import Proof
from tollway.web.cookies import clear_half, find_device, set_device, set_half, set_session
from tollway.web.fields import Input, Instant, Output, format_instant
from tollway.web.identity import SHOWN_ONCE, request_id_of, source_of
from tollway.web.rights import Right, limit_rights, show_rights
from tollway.web.services import ConsoleServices

Password = Annotated[str, Field(min_length=1, max_length=1_024, json_schema_extra={"format": "password"})]
MethodName = Literal["password", "link", "totp", "recovery", "passkey"]


class UserOutput(Output):
    """A person who may sign in."""

    id: str
    name: str
    role: str
    role_name: str


class SessionOutput(Output):
    """The session of this browser. Unsafe requests repeat `csrf` in the X-Tollway-CSRF header.

    `rights` is what the person may do, and `team_ids` the teams that the reach `team` reaches. Until `fresh_until`
    sensitive acts need no further proof; after it, one by any of `confirm_by`. `needs_second_factor`: the role asks
    for one, and until it is added nothing else may be done.
    """

    user: UserOutput
    csrf: str
    expires_at: Instant
    fresh_until: Instant
    confirm_by: list[MethodName]
    needs_second_factor: bool
    rights: list[Right]
    team_ids: list[str]


class SecondStepOutput(Output):
    """A sign-in that needs a second step, by any of `methods`. A cookie says whose it is."""

    methods: list[MethodName]
    expires_at: Instant


class ProofInput(Input):
    """Exactly one proof: a password, a code (of an authenticator app, or a recovery code), or a passkey's answer."""

    password: Password | None = None
    code: Code | None = None
    passkey: AssertionInput | None = None


def read_proof(given: ProofInput) -> Proof:
    """Turn a proof into the domain's. Raises management.invalid unless there is exactly one."""
    if sum(one is not None for one in (given.password, given.code, given.passkey)) != 1:
        raise refuse("", "give exactly one of password, code and passkey")
    return Proof(given.password, given.code, None if given.passkey is None else read_assertion(given.passkey))


def enter(request: Request, response: Response, entered: Entered, services: ConsoleServices) -> SessionOutput:
    """Give the browser a session that just began, and write it. Such an answer is never repeated to a later request."""
    request.scope[SHOWN_ONCE] = True
    let_in(request, response, entered)
    return show_session(entered.session, services)


def let_in(request: Request, response: Response, entered: Entered) -> None:
    """Put a session that just began into the answer's cookies, and what the browser is known by at the next sign-in."""
    set_session(request, response, entered.secret.reveal())
    if entered.device is not None:
        set_device(request, response, entered.device.reveal())
    clear_half(request, response)


def halt(request: Request, response: Response, halfway: Halfway) -> SecondStepOutput:
    """Give the browser a sign-in that is half done, and write it."""
    request.scope[SHOWN_ONCE] = True
    set_half(request, response, halfway.secret.reveal())
    return SecondStepOutput(methods=list(halfway.methods), expires_at=format_instant(halfway.expires_ns))


def origin_of(request: Request) -> Origin:
    """Return where a request comes from."""
    agent = request.headers.get("user-agent", "")
    return Origin(source_of(request.scope), agent, request_id_of(request.scope), find_device(request))


def show_session(signed_in: SignedIn, services: ConsoleServices) -> SessionOutput:
    """Write a session without its secret."""
    role = services.roles.find(signed_in.role)
    rights = services.roles.rights_of(signed_in.role)
    return SessionOutput(
        user=UserOutput(
            id=signed_in.user_id,
            name=signed_in.user_name,
            role=signed_in.role,
            role_name=role.name if role else signed_in.role,
        ),
        csrf=signed_in.csrf,
        expires_at=format_instant(signed_in.expires_ns),
        fresh_until=format_instant(signed_in.fresh_until_ns),
        confirm_by=list(services.sessions.confirmable(signed_in.user_id)),
        needs_second_factor=signed_in.needs_factor,
        rights=show_rights(limit_rights(rights, needs_factor=signed_in.needs_factor)),
        team_ids=sorted(signed_in.team_ids),
    )
