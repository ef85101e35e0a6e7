"""What a gateway token may do at the management API: scopes, which are permissions with a reach.

Law: a token does what its scopes and its owner's rights permit at this moment, both; it never signs in, makes owners,
or uses an account. Pure.
"""

from types import MappingProxyType

from tollway.control.access.model import REGISTRY, Permission, Reach, Rights
from tollway.control.faults import Faults

NEVER = frozenset({Permission.ACCOUNT_USE, Permission.INSTALLATION_OWN, Permission.MACHINE_OPERATE})
"""What is no scope: it belongs to people who are signed in, or to the machine."""


def check_scopes(scopes: Rights, faults: Faults) -> None:
    """Add a fault for each permission that is no scope, or is not held with such a reach."""
    for permission, reach in scopes.items():
        if permission in NEVER:
            faults.add(f"/scopes/{permission}", "no token may do this")
        elif reach not in REGISTRY[permission].reaches:
            faults.add(f"/scopes/{permission}", f"this permission reaches: {', '.join(REGISTRY[permission].reaches)}")


def narrow(rights: Rights, scopes: Rights) -> Rights:
    """Return what both permit, each permission with the narrower of its two reaches."""
    return MappingProxyType(
        {
            permission: rights[permission] if scopes[permission].covers(rights[permission]) else scopes[permission]
            for permission in REGISTRY
            if permission in scopes and permission in rights
        }
    )


def as_given_into(rights: Rights, team_id: str, own_teams: frozenset[str]) -> Rights:
    """Return what somebody in `own_teams` must hold to give these rights to an account of that team.

    What reaches the teams of its holder is given into a team of others only by who reaches all.
    """
    if team_id in own_teams:
        return rights
    return {name: Reach.ALL if reach is Reach.TEAM else reach for name, reach in rights.items()}
