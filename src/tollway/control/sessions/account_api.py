"""One's own account over HTTP: where one is signed in, and one's password."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from tollway.control.sessions.shown import MethodName, Password, SessionOutput, enter, origin_of
from tollway.web.asking import FreshAccount, UseAccount
from tollway.web.fields import Input, Instant, Output, format_instant

router = APIRouter(prefix="/account", tags=["account"])

SessionId = Annotated[str, Path(pattern=r"^sess_[0-9A-Za-z]{1,32}$")]


class OwnSession(Output):
    """One sign-in: where from, with what, and when it was used last. `is_current` is the one that asks.

    `method` is how its person proved last who they are, at `confirmed_at`.
    """

    id: str
    address: str
    agent: str
    created_at: Instant
    last_seen_at: Instant
    expires_at: Instant
    confirmed_at: Instant
    method: MethodName
    is_current: bool


class OwnSessionList(Output):
    """Where one is signed in, last used first."""

    items: list[OwnSession]


class EndedSessions(Output):
    """How many sessions ended."""

    sessions: int


class PasswordInput(Input):
    """The password there is, and the one to set."""

    current: Password
    new: Annotated[str, Field(min_length=1, max_length=1_024, json_schema_extra={"format": "password"})]


@router.get("/sessions")
def list_own_sessions(ask: UseAccount) -> OwnSessionList:
    """List where one is signed in."""
    caller = ask.caller
    return OwnSessionList(
        items=[
            OwnSession(
                id=one.id,
                address=one.address,
                agent=one.agent,
                created_at=format_instant(one.created_ns),
                last_seen_at=format_instant(one.last_seen_ns),
                expires_at=format_instant(one.expires_ns),
                confirmed_at=format_instant(one.confirmed_ns),
                method=one.method,
                is_current=one.id == caller.session_id,
            )
            for one in ask.services.sessions.list_sessions(caller.user_id)
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204)
def end_own_session(session_id: SessionId, ask: UseAccount) -> None:
    """Sign out somewhere else, at once."""
    ask.services.sessions.end_session(session_id, ask.actor)


@router.post("/sessions/end-others")
def end_other_sessions(ask: UseAccount) -> EndedSessions:
    """Sign out everywhere but here."""
    return EndedSessions(sessions=ask.services.sessions.end_other_sessions(ask.caller.session_id, ask.actor))


@router.post("/password")
def change_own_password(body: PasswordInput, ask: FreshAccount) -> SessionOutput:
    """Set a new password. Every session ends, and this browser gets a new one: repeat its `csrf` from now on."""
    ask.show_once()
    entered = ask.services.sessions.change_password(
        user_id=ask.caller.user_id, current=body.current, new=body.new, origin=origin_of(ask.request)
    )
    return enter(ask.request, ask.response, entered, ask.services)
