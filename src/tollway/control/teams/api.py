"""Teams over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from tollway.control.teams.model import Team
from tollway.web.asking import Asking, FreshTeams, ReadTeams, WriteTeams
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, format_instant
from tollway.web.paging import NamedQuery, Page

router = APIRouter(prefix="/teams", tags=["teams"])

TeamId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]


class TeamInput(Input):
    """A team to add, or its new name."""

    name: Name


class TeamOutput(Output):
    """The unit of isolation. One exists from the start and cannot be deleted."""

    id: str
    name: str
    is_default: bool
    created_at: Instant
    created_by: str


@router.get("")
def list_teams(query: Annotated[NamedQuery, Query()], ask: ReadTeams) -> Page[TeamOutput]:
    """List teams, newest first."""
    teams = ask.services.teams
    return ask.page(
        query,
        lambda after, limit: teams.page(search=query.search, sight=ask.sight, after=after, limit=limit),
        show_team,
    )


@router.post("", status_code=201)
def create_team(body: TeamInput, ask: WriteTeams) -> TeamOutput:
    """Add a team."""
    return _answer(ask.services.teams.create(body.name, ask.actor), ask)


@router.get("/{team_id}")
def get_team(team_id: TeamId, ask: ReadTeams) -> TeamOutput:
    """Show a team."""
    return _answer(ask.services.teams.get(team_id, ask.sight), ask)


@router.patch("/{team_id}")
def change_team(team_id: TeamId, body: TeamInput, expected: ExpectedVersion, ask: WriteTeams) -> TeamOutput:
    """Rename a team."""
    return _answer(ask.services.teams.rename(team_id, body.name, ask.actor, expected_version=expected), ask)


@router.delete("/{team_id}", status_code=204)
def delete_team(team_id: TeamId, expected: ExpectedVersion, ask: FreshTeams) -> None:
    """Delete a team that has no applications."""
    ask.services.teams.delete(team_id, ask.actor, expected_version=expected)


def show_team(team: Team) -> TeamOutput:
    """Write a team for the API."""
    return TeamOutput(
        id=team.id,
        name=team.name,
        is_default=team.is_default,
        created_at=format_instant(team.created_ns),
        created_by=team.created_by,
    )


def _answer(team: Team, ask: Asking) -> TeamOutput:
    ask.tag(team.version)
    return show_team(team)
