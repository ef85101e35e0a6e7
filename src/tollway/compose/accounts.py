"""Builds who acts without a session: service accounts, and tokens that are presented to the management API."""

import msgspec

from tollway.adapters.secrets import KeyRing
from tollway.adapters.storage.life import SQLEpochStore
from tollway.adapters.storage.management_uses import SQLManagementUses
from tollway.adapters.storage.published_rights import StoredUsers
from tollway.adapters.storage.sessions import SQLSessionStore
from tollway.compose.stores import Stores
from tollway.control.access.service import Roles
from tollway.control.audit.service import Audit
from tollway.control.bearers.ports import Places
from tollway.control.bearers.service import BearerParts, Bearers
from tollway.control.configuration.applying_accounts import AccountConfigurationParts
from tollway.control.notices.ports import Notices
from tollway.control.service_accounts.service import ServiceAccountParts, ServiceAccounts
from tollway.control.teams.service import Teams
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import Clock


class LeantOn(msgspec.Struct, frozen=True):
    """The domains that service accounts lean on."""

    roles: Roles
    tokens: Tokens
    audit: Audit
    notices: Notices


def build_service_accounts(stores: Stores, around: LeantOn, clock: Clock) -> ServiceAccounts:
    """Build the service of service accounts."""
    parts = ServiceAccountParts(
        store=stores.accounts,
        teams=stores.teams,
        roles=around.roles,
        tokens=around.tokens,
        transactions=stores.database,
        trail=around.audit,
        clock=clock,
        notices=around.notices,
    )
    return ServiceAccounts(parts)


def build_configured_accounts(
    stores: Stores, roles: Roles, accounts: ServiceAccounts, teams: Teams
) -> AccountConfigurationParts:
    """Return what a configuration document brings to what it says of roles and service accounts."""
    return AccountConfigurationParts(roles, accounts, teams, users=StoredUsers(stores.accounts))


def build_bearers(stores: Stores, keys: KeyRing, roles: Roles, places: Places, clock: Clock) -> Bearers:
    """Build the service that proves tokens."""
    owners = SQLSessionStore(stores.database)
    uses = SQLManagementUses(stores.database)
    epochs = SQLEpochStore(stores.database)
    return Bearers(BearerParts(stores.tokens, owners, roles, epochs, keys, uses, places, clock))
