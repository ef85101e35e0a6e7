"""The roles that every installation has. They cannot be changed; custom roles stand beside them.

Law: what the owner may do contains what every other person may do, and nobody who signs in may operate the machine.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tollway.control.access.model import REGISTRY, Permission, Reach, Rights, Role

P = Permission
ALL, TEAM, OWN = Reach.ALL, Reach.TEAM, Reach.OWN


def _role(role_id: str, name: str, description: str, rights: Mapping[Permission, Reach]) -> Role:
    return Role(role_id, name, description, MappingProxyType({P.ACCOUNT_USE: OWN, **rights}))


_OWNER: dict[Permission, Reach] = {
    permission: ALL for permission in REGISTRY if permission not in (P.MACHINE_OPERATE, P.ACCOUNT_USE)
}
_TEAM_FACTS: dict[Permission, Reach] = {
    P.USAGE_READ: TEAM,
    P.CALLS_READ: TEAM,
    P.TEAMS_READ: TEAM,
    P.LIMITS_READ: TEAM,
    P.SERVICE_ACCOUNTS_READ: TEAM,
}
_CATALOGUE: dict[Permission, Reach] = {
    P.GATEWAY_READ: ALL,
    P.SERVICES_READ: ALL,
    P.MODELS_READ: ALL,
    P.PLANS_READ: ALL,
}
_ADMIN: dict[Permission, Reach] = {name: reach for name, reach in _OWNER.items() if name != P.INSTALLATION_OWN}
_READING: dict[Permission, Reach] = {permission: ALL for permission in _OWNER if permission.value.endswith(".read")}

BUILT_IN: Mapping[str, Role] = MappingProxyType(
    {
        role.id: role
        for role in (
            _role("owner", "Owner", "Everything, and says who else is an owner", _OWNER),
            _role(
                "admin",
                "Administrator",
                "Everything but making owners",
                _ADMIN,
            ),
            _role(
                "api_owner",
                "API owner",
                "Runs the services, applications, tokens and members of their teams",
                {
                    **_CATALOGUE,
                    **_TEAM_FACTS,
                    P.PROVIDERS_READ: ALL,
                    P.SERVICES_WRITE: TEAM,
                    P.TOKENS_READ: TEAM,
                    P.TOKENS_WRITE: TEAM,
                    P.SECURITY_READ: TEAM,
                    P.SECURITY_WRITE: TEAM,
                    P.APPLICATIONS_READ: TEAM,
                    P.APPLICATIONS_WRITE: TEAM,
                    P.MEMBERS_WRITE: TEAM,
                    P.SERVICE_ACCOUNTS_WRITE: TEAM,
                    P.USERS_READ: ALL,
                },
            ),
            _role(
                "developer",
                "Developer",
                "Issues tokens of their own; sees what their teams run",
                {
                    **_CATALOGUE,
                    **_TEAM_FACTS,
                    P.TOKENS_READ: TEAM,
                    P.TOKENS_WRITE: OWN,
                    P.APPLICATIONS_READ: TEAM,
                },
            ),
            _role(
                "billing",
                "Billing",
                "Sees usage and cost of all teams, and no single call",
                {
                    P.GATEWAY_READ: ALL,
                    P.OVERVIEW_READ: ALL,
                    P.MODELS_READ: ALL,
                    P.USAGE_READ: ALL,
                    P.APPLICATIONS_READ: ALL,
                    P.TEAMS_READ: ALL,
                    P.LIMITS_READ: ALL,
                    P.PLANS_READ: ALL,
                },
            ),
            _role("auditor", "Auditor", "Sees everything, also the audit log, and changes nothing", _READING),
            _role(
                "viewer",
                "Viewer",
                "Sees what their teams run, and changes nothing",
                {**_CATALOGUE, **_TEAM_FACTS, P.TOKENS_READ: TEAM, P.APPLICATIONS_READ: TEAM},
            ),
        )
    }
)
"""Every built-in role by its id."""

OWNER = "owner"

OPERATOR_RIGHTS: Rights = MappingProxyType(
    {permission: ALL for permission in REGISTRY if permission is not P.ACCOUNT_USE}
)
"""What the local command line may do: everything but having an account."""
