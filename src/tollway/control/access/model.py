"""Permissions, how far one reaches, and what a caller sees of the rows of a kind.

A permission is held with a reach: over what is one's own, over one's teams, or over everything. Nothing else
decides who may do what; roles are named sets of permissions with reaches. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from msgspec import UNSET, UnsetType


class Reach(StrEnum):
    """Over which rows a permission holds. Each reach contains those before it."""

    OWN = "own"
    TEAM = "team"
    ALL = "all"

    def covers(self, other: "Reach") -> bool:
        """Return whether this reach contains the other."""
        return _ORDER[self] >= _ORDER[other]


_ORDER = {Reach.OWN: 0, Reach.TEAM: 1, Reach.ALL: 2}


class Permission(StrEnum):
    """What a route of the management API asks for. Names are permanent: custom roles are stored by them."""

    ACCOUNT_USE = "account.use"
    APPLICATIONS_READ = "applications.read"
    APPLICATIONS_WRITE = "applications.write"
    AUDIT_READ = "audit.read"
    BULK_READ = "bulk.read"
    BULK_WRITE = "bulk.write"
    CALLS_READ = "calls.read"
    CONFIGURATION_READ = "configuration.read"
    CONFIGURATION_WRITE = "configuration.write"
    GATEWAY_READ = "gateway.read"
    INSTALLATION_OWN = "installation.own"
    LIMITS_READ = "limits.read"
    LIMITS_WRITE = "limits.write"
    MACHINE_OPERATE = "machine.operate"
    MEMBERS_WRITE = "members.write"
    MODELS_READ = "models.read"
    NOTICES_READ = "notices.read"
    NOTICES_WRITE = "notices.write"
    OVERVIEW_READ = "overview.read"
    PLANS_READ = "plans.read"
    PLANS_WRITE = "plans.write"
    PROVIDERS_READ = "providers.read"
    PROVIDERS_WRITE = "providers.write"
    ROLES_READ = "roles.read"
    ROLES_WRITE = "roles.write"
    SECURITY_READ = "security.read"
    SECURITY_WRITE = "security.write"
    SERVICE_ACCOUNTS_READ = "service_accounts.read"
    SERVICE_ACCOUNTS_WRITE = "service_accounts.write"
    SERVICES_READ = "services.read"
    SERVICES_WRITE = "services.write"
    SESSIONS_READ = "sessions.read"
    SESSIONS_WRITE = "sessions.write"
    TEAMS_READ = "teams.read"
    TEAMS_WRITE = "teams.write"
    TOKENS_READ = "tokens.read"
    TOKENS_WRITE = "tokens.write"
    USAGE_READ = "usage.read"
    USERS_READ = "users.read"
    USERS_WRITE = "users.write"


@dataclass(frozen=True, slots=True)
class Described:
    """What a permission lets its holder do, where it stands in lists, and with which reaches it makes sense."""

    area: str
    meaning: str
    reaches: tuple[Reach, ...] = (Reach.ALL,)


_TEAMWISE = (Reach.TEAM, Reach.ALL)
_ANY = (Reach.OWN, Reach.TEAM, Reach.ALL)

REGISTRY: Mapping[Permission, Described] = {
    Permission.TOKENS_READ: Described("Access", "See tokens, without their secrets", _ANY),
    Permission.TOKENS_WRITE: Described("Access", "Issue, change, disable and revoke tokens", _ANY),
    Permission.APPLICATIONS_READ: Described("Access", "See applications and their limits", _TEAMWISE),
    Permission.APPLICATIONS_WRITE: Described("Access", "Make, change, disable and delete applications", _TEAMWISE),
    Permission.SECURITY_READ: Described("Access", "See security events", _TEAMWISE),
    Permission.SECURITY_WRITE: Described("Access", "Act on security events; set what is found, and decoys", _TEAMWISE),
    Permission.LIMITS_READ: Described("Access", "See limits and budgets of every level and how much is used", _ANY),
    Permission.LIMITS_WRITE: Described("Access", "Change limits and budgets of every level; give top-ups", _TEAMWISE),
    Permission.PLANS_READ: Described("Access", "See plans"),
    Permission.PLANS_WRITE: Described("Access", "Make, change and delete plans"),
    Permission.BULK_READ: Described("Access", "See acts on many tokens at once"),
    Permission.BULK_WRITE: Described("Access", "Change, disable, extend and revoke many tokens at once"),
    Permission.SERVICES_READ: Described("Upstreams", "See published services", _TEAMWISE),
    Permission.SERVICES_WRITE: Described("Upstreams", "Publish, change and delete services", _TEAMWISE),
    Permission.MODELS_READ: Described("Upstreams", "See models and their prices"),
    Permission.PROVIDERS_READ: Described("Upstreams", "See providers, without their keys", _TEAMWISE),
    Permission.PROVIDERS_WRITE: Described("Upstreams", "Connect, test, change and delete providers", _TEAMWISE),
    Permission.USAGE_READ: Described("Facts", "See usage and cost", _TEAMWISE),
    Permission.CALLS_READ: Described("Facts", "See single calls, also live", _TEAMWISE),
    Permission.OVERVIEW_READ: Described("Facts", "See the figures of the whole gateway and what needs attention"),
    Permission.GATEWAY_READ: Described("Facts", "See where the gateway answers and how to start"),
    Permission.TEAMS_READ: Described("People", "See teams and who is in them", _TEAMWISE),
    Permission.TEAMS_WRITE: Described("People", "Make, rename and delete teams"),
    Permission.MEMBERS_WRITE: Described("People", "Add people to teams and take them out", _TEAMWISE),
    Permission.SERVICE_ACCOUNTS_READ: Described("People", "See service accounts and who answers for them", _TEAMWISE),
    Permission.SERVICE_ACCOUNTS_WRITE: Described(
        "People", "Make, change, switch off and delete service accounts", _TEAMWISE
    ),
    Permission.USERS_READ: Described("People", "See everybody who may sign in"),
    Permission.USERS_WRITE: Described("People", "Invite, change, deactivate and delete people"),
    Permission.SESSIONS_READ: Described("People", "See where other people are signed in"),
    Permission.SESSIONS_WRITE: Described("People", "Sign other people out"),
    Permission.ROLES_READ: Described("People", "See roles and what they permit"),
    Permission.ROLES_WRITE: Described("People", "Make, change and delete roles"),
    Permission.AUDIT_READ: Described("Installation", "See who did what"),
    Permission.NOTICES_READ: Described("Installation", "See webhooks, their deliveries and how mail is sent"),
    Permission.NOTICES_WRITE: Described("Installation", "Make, change, try and delete webhooks; set mail up"),
    Permission.CONFIGURATION_READ: Described("Installation", "Export the configuration, without secrets"),
    Permission.CONFIGURATION_WRITE: Described("Installation", "Apply a configuration"),
    Permission.INSTALLATION_OWN: Described("Installation", "Make and unmake owners"),
    Permission.ACCOUNT_USE: Described("Account", "Use one's own account: profile and sessions", (Reach.OWN,)),
    Permission.MACHINE_OPERATE: Described("Machine", "Back up and set up: the local command line only"),
}
"""Every permission, in the order that lists show it."""

Rights = Mapping[Permission, Reach]
"""Permissions with their reaches; a permission that is not in it is not held."""


NO_RIGHTS: Rights = MappingProxyType({})
"""What a gateway token may do at the management API, and somebody whose role does not exist any more."""


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of rights. `id` is what users refer to; names are unique (case ignored); `version` is the ETag."""

    id: str
    name: str
    description: str
    rights: Rights
    created_ns: int = 0
    created_by: str = ""
    updated_ns: int = 0
    updated_by: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Fields to change; UNSET leaves a field as it is."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    rights: Rights | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Sight:
    """The rows that a caller's permission holds over.

    `user_id` "" is nobody's: such a caller has nothing of their own.
    """

    reach: Reach
    user_id: str = ""
    team_ids: frozenset[str] = field(default_factory=frozenset)

    def covers(self, *, owner_id: str | None = None, team_id: str | None = None) -> bool:
        """Return whether a row of that owner and team is among them."""
        if self.reach is Reach.ALL:
            return True
        if owner_id and owner_id == self.user_id:
            return True
        return self.reach is Reach.TEAM and team_id is not None and team_id in self.team_ids


EVERYWHERE = Sight(Reach.ALL)
"""Every row: what the program itself and the local command line see."""
