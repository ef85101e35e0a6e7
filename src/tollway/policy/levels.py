"""Whose rights apply to a caller: the levels of the snapshot, compiled once, and the chain of one caller's.

The order is the order in which a refusal is looked for: installation, team, person, application and its plan, token
and its plan. The application's chain does not depend on the token, so that rights never widen from one to the other.
"""

import msgspec

from tollway.contract.policy import ApplicationRecord, Snapshot, TokenRecord
from tollway.policy.name_rules import NO_GROUPS, GroupBook, compile_groups
from tollway.policy.rights import Chain, Level, LevelRights, compile_level, compile_lists

INSTALLATION = Level("installation")


class Levels(msgspec.Struct, frozen=True, gc=False):
    """The rights of a snapshot. Only levels that say something are in it; `is_ruled` is false when none does."""

    is_ruled: bool
    installation: LevelRights | None
    teams: dict[str, LevelRights]
    users: dict[str, LevelRights]
    plans: dict[str, LevelRights | None]
    """Every plan there is, None for one without rights."""
    groups: GroupBook

    def faults(self) -> list[str]:
        """Return what could not be read; those levels permit nothing."""
        mine = () if self.installation is None else (self.installation,)
        found = (*mine, *self.teams.values(), *self.users.values(), *_ruled(self.plans).values())
        return [f"rights of {rights.level}: {rights.fault}" for rights in found if rights.fault]


NO_LEVELS = Levels(is_ruled=False, installation=None, teams={}, users={}, plans={}, groups=NO_GROUPS)


def compile_levels(snapshot: Snapshot) -> Levels:
    """Compile the rights of everything but tokens and applications."""
    installation = compile_level(snapshot.rights, INSTALLATION)
    teams = {
        owner.id: compile_level(owner.rights, Level("team", owner.name))
        for owner in snapshot.owners
        if owner.kind == "team"
    }
    users = {
        owner.id: compile_level(owner.rights, Level("user", owner.name))
        for owner in snapshot.owners
        if owner.kind == "user"
    }
    plans = {plan.id: compile_level(plan.rights, Level("plan", plan.name)) for plan in snapshot.plans}
    teams_with, users_with = _ruled(teams), _ruled(users)
    return Levels(
        is_ruled=installation is not None or bool(teams_with or users_with or _ruled(plans)),
        installation=installation,
        teams=teams_with,
        users=users_with,
        plans=plans,
        groups=compile_groups({group.name: group.models for group in snapshot.model_groups}),
    )


def build_chain(levels: Levels, token: TokenRecord, application: ApplicationRecord | None) -> Chain:
    """Return the rights that apply to a caller, in the order of the levels."""
    chain = [
        levels.installation,
        None if token.team_id is None else levels.teams.get(token.team_id),
        None if token.user_id is None else levels.users.get(token.user_id),
    ]
    if application is not None:
        if application.team_id != token.team_id:
            chain.append(levels.teams.get(application.team_id))
        chain.append(compile_level(application.rights, Level("application", application.name)))
        chain.append(_plan(levels, application.plan_id))
    mine = Level("token", token.name)
    chain.append(compile_level(token.rights, mine))
    chain.append(compile_lists(token.models, token.services, mine))
    chain.append(_plan(levels, token.plan_id))
    return tuple([rights for rights in chain if rights is not None])


def says_something(record: TokenRecord | ApplicationRecord) -> bool:
    """Whether a record has rights of its own, or a plan, whose rights and limits must be known."""
    if record.plan_id is not None:
        return True
    if isinstance(record, TokenRecord) and (record.models is not None or record.services is not None):
        return True
    return compile_level(record.rights, INSTALLATION) is not None


def _plan(levels: Levels, plan_id: str | None) -> LevelRights | None:
    """Return the rights of a plan. One that is not known permits nothing: neither its rights nor its limits are."""
    if plan_id is None:
        return None
    if plan_id in levels.plans:
        return levels.plans[plan_id]
    return LevelRights(Level("plan", plan_id), frozenset(), None, None, None, None, None, None, "the plan is not known")


def _ruled(levels: dict[str, LevelRights | None]) -> dict[str, LevelRights]:
    return {key: rights for key, rights in levels.items() if rights is not None}
