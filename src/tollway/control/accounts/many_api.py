"""Acts on several people over HTTP: what each would come to, and doing it."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from tollway.control.accounts.api import Id, LinkOutput, LinkShower, UserFilterQuery
from tollway.control.accounts.many import (
    Done,
    MembersActKind,
    PeopleActKind,
    act_on_members,
    act_on_people,
    undo_people,
)
from tollway.control.accounts.members_api import TeamId
from tollway.control.each import Deed, Outcome, find_matching
from tollway.control.faults import refuse
from tollway.web.asking import Asking, FreshMembers, FreshUsers, ReadUsers, WriteMembers, WriteUsers
from tollway.web.each import EachOutput, Ids, MatchingOutput, Verdict, count, item_of, show_matching
from tollway.web.fields import Input, Output

router = APIRouter()


class PeopleActInput(Input):
    """What is done to each: `deactivate`, `reactivate`, `set_role` (`role`), or `invite_again`, which makes a new link
    for who was invited and has not chosen a password yet."""

    kind: PeopleActKind
    role: Id | None = None
    ids: Ids


class PersonActOutput(EachOutput):
    """What came of one person: sessions and tokens of their own that ended, and the link of who is invited again."""

    sessions: int
    tokens: int
    link: LinkOutput | None


class RoleUndoOutput(Output):
    """An act that takes a part of another one back."""

    kind: PeopleActKind
    role: str
    ids: list[str]


class PeopleActOutput(Output):
    """What came of each, in the order of the ids; `undo` are the acts that give the roles back."""

    done: int
    nothing_to_do: int
    refused: int
    items: list[PersonActOutput]
    undo: list[RoleUndoOutput]


class MembersActInput(Input):
    """Whether each is put into the team or taken out of it."""

    kind: MembersActKind
    ids: Ids


class MembersUndoOutput(Output):
    """The act that takes another one back."""

    kind: MembersActKind
    ids: list[str]


class MembersActOutput(Output):
    """What came of each, in the order of the ids; `undo` is the act that takes it back."""

    done: int
    nothing_to_do: int
    refused: int
    items: list[EachOutput]
    undo: list[MembersUndoOutput]


@router.get("/users/acts/matching", tags=["people"])
def find_matching_people(query: Annotated[UserFilterQuery, Query()], ask: ReadUsers) -> MatchingOutput:
    """Return the ids of all people that a filter of the list chooses, so that all of them can be acted on."""
    wanted, accounts = query.wanted, ask.services.accounts
    return show_matching(find_matching(lambda after, limit: accounts.page(wanted, after=after, limit=limit)))


@router.post("/users/acts/preview", tags=["people"])
def preview_people_act(body: PeopleActInput, ask: WriteUsers) -> PeopleActOutput:
    """Show what an act on several people would come to for each; nothing is changed, and nobody gets a link."""
    act = act_on_people(ask.services.accounts, body.kind, ask.actor, role=_role(body))
    return _show(body, ask.services.each.rehearse(body.ids, act), ask, links={})


@router.post("/users/acts", tags=["people"])
def act_on_many_people(body: PeopleActInput, ask: FreshUsers) -> PeopleActOutput:
    """Act on several people, each by the rules of the act on one; whom it is refused for is listed with the reason."""
    act = act_on_people(ask.services.accounts, body.kind, ask.actor, role=_role(body))
    outcomes = ask.services.each.act(body.ids, act, Deed(ask.actor, f"user.{body.kind}", "user"))
    links: dict[str, LinkOutput] = {}
    if body.kind == "invite_again":
        ask.show_once()
        shower = LinkShower(ask)
        links = {one.id: shower.show(one.done.link) for one in outcomes if one.done and one.done.link}
    return _show(body, outcomes, ask, links=links)


@router.post("/teams/{team_id}/members/acts/preview", tags=["teams"])
def preview_members_act(team_id: TeamId, body: MembersActInput, ask: WriteMembers) -> MembersActOutput:
    """Show what an act on several members of a team would come to for each; nothing is changed."""
    ask.services.teams.get(team_id, ask.sight)
    act = act_on_members(ask.services.members, body.kind, team_id, ask.actor)
    return _show_members(body, ask.services.each.rehearse(body.ids, act), ask)


@router.post("/teams/{team_id}/members/acts", tags=["teams"])
def act_on_many_members(team_id: TeamId, body: MembersActInput, ask: FreshMembers) -> MembersActOutput:
    """Put several people into a team, or take them out of it; whom it is refused for is listed with the reason."""
    ask.services.teams.get(team_id, ask.sight)
    act = act_on_members(ask.services.members, body.kind, team_id, ask.actor)
    outcomes = ask.services.each.act(body.ids, act, Deed(ask.actor, f"member.{body.kind}", "user"))
    return _show_members(body, outcomes, ask)


def _role(body: PeopleActInput) -> str:
    if body.kind != "set_role":
        return ""
    if body.role is None:
        raise refuse("/role", "say which role they get")
    return body.role


def _show(
    body: PeopleActInput, outcomes: Sequence[Outcome[Done]], ask: Asking, *, links: Mapping[str, LinkOutput]
) -> PeopleActOutput:
    names = ask.services.accounts.names([one.id for one in outcomes])
    items = [
        PersonActOutput(
            **item_of(one, names, is_changed=one.done is not None and one.done.is_changed),
            sessions=one.done.sessions if one.done else 0,
            tokens=one.done.tokens if one.done else 0,
            link=links.get(one.id),
        )
        for one in outcomes
    ]
    undo = undo_people(body.kind, outcomes)
    return PeopleActOutput(
        **count(items),
        items=items,
        undo=[RoleUndoOutput(kind="set_role", role=role, ids=list(ids)) for role, ids in undo.items()],
    )


def _show_members(body: MembersActInput, outcomes: Sequence[Outcome[bool]], ask: Asking) -> MembersActOutput:
    names = ask.services.accounts.names([one.id for one in outcomes])
    items = [EachOutput(**item_of(one, names, is_changed=bool(one.done))) for one in outcomes]
    back: MembersActKind = "leave" if body.kind == "join" else "join"
    done = [item.id for item in items if item.outcome is Verdict.DONE]
    undo = [MembersUndoOutput(kind=back, ids=done)] if done else []
    return MembersActOutput(**count(items), items=items, undo=undo)
