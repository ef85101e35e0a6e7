"""Where other people are signed in, over HTTP; one's own sessions are at /account."""

from typing import Annotated

from fastapi import APIRouter, Path

from tollway.web.asking import ReadSessions, WriteSessions
from tollway.web.fields import Instant, Output, format_instant

router = APIRouter(prefix="/users/{user_id}/sessions", tags=["people"])

UserId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
SessionId = Annotated[str, Path(pattern=r"^sess_[0-9A-Za-z]{1,32}$")]


class PersonSession(Output):
    """One sign-in of a person: where from, with what, and when it was used last."""

    id: str
    address: str
    agent: str
    created_at: Instant
    last_seen_at: Instant
    expires_at: Instant


class PersonSessionList(Output):
    """Where a person is signed in, last used first."""

    items: list[PersonSession]


class SignedOutOutput(Output):
    """How many sessions ended."""

    sessions: int


@router.get("")
def list_user_sessions(user_id: UserId, ask: ReadSessions) -> PersonSessionList:
    """List where a person is signed in."""
    user = ask.services.accounts.get(user_id)
    return PersonSessionList(
        items=[
            PersonSession(
                id=one.id,
                address=one.address,
                agent=one.agent,
                created_at=format_instant(one.created_ns),
                last_seen_at=format_instant(one.last_seen_ns),
                expires_at=format_instant(one.expires_ns),
            )
            for one in ask.services.sessions.list_sessions(user.id)
        ]
    )


@router.delete("/{session_id}", status_code=204)
def end_user_session(user_id: UserId, session_id: SessionId, ask: WriteSessions) -> None:
    """Sign a person out somewhere, at once. Not of an account that may do more than you."""
    ask.services.accounts.end_session(user_id, session_id, ask.actor)


@router.post("/end")
def end_user_sessions(user_id: UserId, ask: WriteSessions) -> SignedOutOutput:
    """Sign a person out everywhere, at once. Not of an account that may do more than you."""
    return SignedOutOutput(sessions=ask.services.accounts.end_sessions(user_id, ask.actor))
