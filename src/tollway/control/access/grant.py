"""The one rule of giving: nobody grants more than they have.

Law: every way that rights come to be or grow (a token, a user's role, a team's member, a custom role) goes through
`excess`. Pure.
"""

from dataclasses import dataclass

from tollway.contract.policy import Environment
from tollway.control.access.model import Permission, Rights, Sight
from tollway.control.access.scopes import as_given_into
from tollway.kernel.errors import TollwayError


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights of a token, a person or a role. None means all (`expires_ns`: for ever); empty means none.

    `rights` are what may be done at the management API; a gateway token has none there.
    """

    models: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    expires_ns: int | None = None
    environments: tuple[Environment, ...] = ("live", "test")
    rights: Rights | None = None
    team_ids: frozenset[str] | None = None


EVERYTHING = Grant()
"""What the program itself may give."""


GIVING = frozenset(
    (
        *(
            Permission.APPLICATIONS_WRITE,
            Permission.BULK_WRITE,
            Permission.CONFIGURATION_WRITE,
            Permission.MEMBERS_WRITE,
        ),
        *(Permission.PLANS_WRITE, Permission.ROLES_WRITE, Permission.SERVICE_ACCOUNTS_WRITE),
        *(Permission.TEAMS_WRITE, Permission.SECURITY_WRITE, Permission.TOKENS_WRITE, Permission.USERS_WRITE),
    )
)
"""Who holds one of these gives calls to tokens or to people."""


def of_management(rights: Rights, team_ids: frozenset[str] = frozenset()) -> Grant:
    """Return what somebody may do at the management API alone, as a grant of no calls."""
    return Grant((), (), 0, (), rights, team_ids)


def of_role(rights: Rights, team_ids: frozenset[str] = frozenset()) -> Grant:
    """Return what it gives to let somebody have these rights.

    Who may issue tokens by them, or let others, may make calls of every kind and for ever.
    """
    if GIVING.isdisjoint(rights):
        return of_management(rights, team_ids)
    return Grant(rights=rights, team_ids=team_ids)


def excess(asked: Grant, bound: Grant) -> tuple[str, ...]:
    """Return in what `asked` goes beyond `bound`: names of fields and permissions; empty when asked ⊆ bound."""
    found = []
    if not _is_within(asked.models, bound.models):
        found.append("models")
    if not _is_within(asked.services, bound.services):
        found.append("services")
    if bound.expires_ns is not None and (asked.expires_ns is None or asked.expires_ns > bound.expires_ns):
        found.append("expires_at")
    if not set(asked.environments) <= set(bound.environments):
        found.append("environment")
    if bound.team_ids is not None and (asked.team_ids is None or not asked.team_ids <= bound.team_ids):
        found.append("teams")
    return (*found, *_rights_beyond(asked.rights, bound.rights))


def check_grant(asked: Grant, bound: Grant) -> None:
    """Raise management.forbidden, which names what goes too far, unless asked ⊆ bound."""
    if beyond := excess(asked, bound):
        raise TollwayError(
            "management.forbidden", public=f"This would give more than you may give: {', '.join(beyond)}."
        )


def check_membership(rights: Rights, team_id: str, sight: Sight, bound: Grant) -> None:
    """Raise management.forbidden unless somebody of that sight may let a holder of these rights be in the team.

    What a role reaches by teams it reaches there from then on: into a team of others it is given by who reaches all.
    """
    check_grant(of_role(as_given_into(rights, team_id, sight.team_ids)), bound)


def _is_within(asked: tuple[str, ...] | None, bound: tuple[str, ...] | None) -> bool:
    if bound is None:
        return True
    return asked is not None and set(asked) <= set(bound)


def _rights_beyond(asked: Rights | None, bound: Rights | None) -> list[str]:
    if bound is None:
        return []
    if asked is None:
        return ["rights"]
    return [
        permission.value
        for permission, reach in asked.items()
        if permission is not Permission.ACCOUNT_USE  # everybody who signs in has their own account: no one's to give
        and (permission not in bound or not bound[permission].covers(reach))
    ]
