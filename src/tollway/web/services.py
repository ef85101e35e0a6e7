"""Everything the web face is built from; filled once by the composer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tollway.control.access.service import Roles
from tollway.control.accounts.members import Members
from tollway.control.accounts.service import Accounts
from tollway.control.applications.service import Applications
from tollway.control.audit.service import Audit
from tollway.control.bearers.service import Bearers
from tollway.control.bulk.service import Bulk
from tollway.control.each import Each
from tollway.control.factors.service import Factors
from tollway.control.gateway.service import Gateway
from tollway.control.idempotency.service import IdempotencyKeys
from tollway.control.keys.service import RootKeys
from tollway.control.limits.watch import UsedLimits
from tollway.control.notices.service import NoticeDesk
from tollway.control.plans.desk import LimitDesk
from tollway.control.publication.service import Publisher
from tollway.control.rights.office import RightsOffice
from tollway.control.rotations.desk import RotationDesk
from tollway.control.security.service import SecurityDesk
from tollway.control.service_accounts.service import ServiceAccounts
from tollway.control.services.service import RestServices
from tollway.control.sessions.service import Service as Sessions
from tollway.control.teams.service import Teams
from tollway.control.tokens.desk import TokenDesk
from tollway.control.tokens.service import Tokens
from tollway.control.tokens.upkeep import TokenUpkeep
from tollway.control.upstreams.service import Providers
from tollway.control.usage.service import Usage
from tollway.kernel.clock import Clock
from tollway.web.paging import Cursors
from tollway.web.ports import (
    Backups,
    Configuration,
    LiveSource,
    MeterReader,
    NoStats,
    Prober,
    Readiness,
    StatsSource,
)


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """The control plane's services, the readers around them, and the facts the web face needs.

    `hosts` are the names the console answers to beside localhost and its own address, without ports.
    `is_behind_tls`: browsers reach the console over TLS, by itself or through a proxy (`https` public URL).
    `ui` is the folder of the built dashboard; it need not exist.
    """

    clock: Clock
    commits: Callable[[], int]
    """How many changes of the config database this process has committed."""
    sessions: Sessions
    factors: Factors
    accounts: Accounts
    members: Members
    each: Each
    service_accounts: ServiceAccounts
    bearers: Bearers
    roles: Roles
    audit: Audit
    tokens: Tokens
    token_desk: TokenDesk
    rotations: RotationDesk
    upkeep: TokenUpkeep
    applications: Applications
    limits: LimitDesk
    used_limits: UsedLimits
    bulk: Bulk
    rights: RightsOffice
    teams: Teams
    providers: Providers
    rest_services: RestServices
    publisher: Publisher
    usage: Usage
    gateway: Gateway
    notices: NoticeDesk
    security: SecurityDesk
    configuration: Configuration
    backups: Backups
    root_keys: RootKeys
    meters: MeterReader
    prober: Prober
    live: LiveSource
    readiness: Readiness
    idempotency: IdempotencyKeys
    cursors: Cursors
    hosts: frozenset[str]
    is_behind_tls: bool = False
    stats: StatsSource = field(default_factory=NoStats)
    ui: Path = Path(__file__).parent.parent / "_ui"
