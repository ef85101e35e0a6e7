"""What is done to several people at once: each by the act on one, which holds the rules.

A role is given back by `undo_people`. Who was deactivated can be reactivated, but what ended with it stays ended.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tollway.control.accounts.errors import already_in, not_in_this_state
from tollway.control.accounts.members import Members
from tollway.control.accounts.model import IssuedLink, UserChange
from tollway.control.accounts.service import Accounts
from tollway.control.actor import Actor
from tollway.control.each import Outcome
from tollway.control.sessions.model import User

PeopleActKind = Literal["deactivate", "reactivate", "set_role", "invite_again"]
MembersActKind = Literal["join", "leave"]


@dataclass(frozen=True, slots=True)
class Done:
    """One person after an act. `was` is the person before it, and `link` what an invited one chooses a password by."""

    user: User
    was: User
    sessions: int = 0
    tokens: int = 0
    link: IssuedLink | None = None

    @property
    def is_changed(self) -> bool:
        """Whether there was anything to do."""
        return self.link is not None or self.user != self.was


def act_on_people(accounts: Accounts, kind: PeopleActKind, actor: Actor, *, role: str = "") -> Callable[[str], Done]:
    """Return what acts on one person, by id; `role` is for `set_role`. It raises what the act on one raises.

    `invite_again` is for who was invited and has not come yet: others would get a link to a new password.
    """

    def act(user_id: str) -> Done:
        was = accounts.get(user_id)
        match kind:
            case "deactivate":
                ended = accounts.deactivate(user_id, actor)
                return Done(ended.user, was, ended.sessions, ended.tokens)
            case "reactivate":
                return Done(accounts.reactivate(user_id, actor), was)
            case "set_role":
                return Done(accounts.change(user_id, UserChange(role=role), actor), was)
            case "invite_again":
                if was.state != "invited":
                    raise not_in_this_state(was.state)
                return Done(was, was, link=accounts.issue_link(user_id, actor))

    return act


def act_on_members(members: Members, kind: MembersActKind, team_id: str, actor: Actor) -> Callable[[str], bool]:
    """Return what puts one person into a team, or takes them out. It raises what the act on one raises.

    Raises management.conflict, too, for who is in the team already: to take the act back must not take them out.
    """

    def act(user_id: str) -> bool:
        if kind == "leave":
            members.leave(team_id, user_id, actor)
        elif not members.join(team_id, user_id, actor):
            raise already_in()
        return True

    return act


def undo_people(kind: PeopleActKind, outcomes: Iterable[Outcome[Done]]) -> dict[str, Sequence[str]]:
    """Return, for roles that were given, who gets which one back: ids by role. Empty where nothing can be undone."""
    back: dict[str, list[str]] = {}
    if kind == "set_role":
        for outcome in outcomes:
            if outcome.done is not None and outcome.done.is_changed:
                back.setdefault(outcome.done.was.role, []).append(outcome.id)
    return dict(back)
