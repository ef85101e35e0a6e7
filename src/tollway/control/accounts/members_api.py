"""Who is in a team, over HTTP."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query

from tollway.control.accounts.model import Member
from tollway.control.sessions.model import UserState
from tollway.web.asking import FreshMembers, ReadTeams
from tollway.web.fields import Instant, Output, format_instant
from tollway.web.paging import Page, PageQuery

router = APIRouter(prefix="/teams/{team_id}/members", tags=["teams"])

TeamId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
UserId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]


class MemberOutput(Output):
    """Somebody who is in the team."""

    user_id: str
    name: str
    state: UserState
    role: str
    role_name: str
    joined_at: Instant
    joined_by: str


@router.get("")
def list_members(team_id: TeamId, query: Annotated[PageQuery, Query()], ask: ReadTeams) -> Page[MemberOutput]:
    """List who is in a team, newest person first."""
    members = ask.services.members
    roles = {role.id: role.name for role in ask.services.roles.all()}
    return ask.page(
        query,
        lambda after, limit: members.page(team_id, ask.sight, after=after, limit=limit),
        lambda member: show_member(member, roles),
    )


@router.put("/{user_id}", status_code=204)
def add_member(team_id: TeamId, user_id: UserId, ask: FreshMembers) -> None:
    """Put a person into a team."""
    ask.services.members.join(team_id, user_id, ask.actor)


@router.delete("/{user_id}", status_code=204)
def remove_member(team_id: TeamId, user_id: UserId, ask: FreshMembers) -> None:
    """Take a person out of a team: at their next request they see nothing of it any more."""
    ask.services.members.leave(team_id, user_id, ask.actor)


def show_member(member: Member, roles: Mapping[str, str]) -> MemberOutput:
    """Write a member for the API; `roles` are the names of roles."""
    return MemberOutput(
        user_id=member.user.id,
        name=member.user.name,
        state=member.user.state,
        role=member.user.role,
        role_name=roles.get(member.user.role, member.user.role),
        joined_at=format_instant(member.joined_ns),
        joined_by=member.joined_by,
    )
