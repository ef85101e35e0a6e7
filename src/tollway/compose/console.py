"""Builds the control plane and its web face, for the console process and for the command line."""

import os
import sqlite3
from collections.abc import Callable

import msgspec
from starlette.types import ASGIApp

from tollway import __version__
from tollway.adapters.ledger_client import LedgerClient
from tollway.adapters.meters.reading import MeterReadings
from tollway.adapters.prices import GenaiPriceList
from tollway.adapters.prober import UpstreamProber
from tollway.adapters.readiness import ProcessReadiness
from tollway.adapters.sandbox_transport import build_any_destination
from tollway.adapters.secrets import ROOT_KEY_FILE, KeyRing, load_or_create_root_keys, load_root_keys
from tollway.adapters.secrets.references import LocalReferences
from tollway.adapters.secrets.report_signatures import ReportSignatures
from tollway.adapters.storage.dumps import PostgresDumper, SQLiteDumper
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.factors import SQLFactorStore
from tollway.adapters.storage.idempotency import SQLIdempotencyStore
from tollway.adapters.storage.life import SQLEpochStore
from tollway.adapters.storage.management_uses import SQLManagementUses
from tollway.adapters.storage.publication import SQLPublicationStore
from tollway.adapters.telemetry.resting import RestingFiles
from tollway.adapters.telemetry.stats_source import CounterStats
from tollway.compose.accounts import LeantOn, build_bearers, build_configured_accounts, build_service_accounts
from tollway.compose.keys import RingInUse, Sealing, build_root_keys
from tollway.compose.life import (
    Reach,
    build_lifetimes,
    build_rotation_policies,
    build_rotations,
    build_token_desk,
    build_upkeep,
)
from tollway.compose.limits import Limited, build_bulk, build_limit_desk, build_published_limits, build_used_limits
from tollway.compose.notices import (
    Watched,
    build_account_news,
    build_configured_notices,
    build_mail,
    build_notices,
    build_notifier,
    build_outbox,
)
from tollway.compose.people import Around, build_people
from tollway.compose.rights import (
    Named,
    Ruled,
    build_configured_rights,
    build_model_groups,
    build_published_rights,
    build_rights_desk,
    build_rights_office,
)
from tollway.compose.security import Looking, SecurityParts, build_security
from tollway.compose.stores import Stores, open_stores
from tollway.contract.ledger_api import Reply, Request
from tollway.contract.policy import Timeouts, Upstream
from tollway.control.access.service import Roles
from tollway.control.accounts.members import MemberParts, Members
from tollway.control.accounts.noticing import AccountNewsDesk
from tollway.control.accounts.service import AccountParts, Accounts
from tollway.control.actor import SETUP
from tollway.control.applications.service import ApplicationParts, Applications
from tollway.control.audit.service import Audit
from tollway.control.backups.running import RunningBackups
from tollway.control.backups.service import Backups
from tollway.control.bulk.service import Bulk
from tollway.control.configuration.applying_life import LifeParts
from tollway.control.configuration.applying_security import SecurityConfigurationParts
from tollway.control.configuration.service import Configuration, ConfigurationParts
from tollway.control.each import Each
from tollway.control.gateway.budgets import WatchedBudgets
from tollway.control.gateway.model import Facts
from tollway.control.gateway.service import Gateway, GatewayParts
from tollway.control.idempotency.service import IdempotencyKeys
from tollway.control.keys.service import RootKeys
from tollway.control.limits.watch import UsedLimits
from tollway.control.plans.desk import LimitDesk
from tollway.control.publication.model import Options
from tollway.control.publication.service import Publisher, PublisherParts
from tollway.control.publication.snapshot import SnapshotBuilder, SnapshotParts
from tollway.control.rights.groups import ModelGroups
from tollway.control.rights.office import RightsOffice
from tollway.control.rights.service import RightsDesk
from tollway.control.security.letters import SecurityLetters
from tollway.control.security.model import AddressesKept
from tollway.control.security.service import SecurityDesk
from tollway.control.service_accounts.service import ServiceAccounts
from tollway.control.services.service import RestServices, ServiceParts
from tollway.control.teams.service import Teams
from tollway.control.tokens.lifetimes import Lifetimes
from tollway.control.tokens.service import TokenParts, Tokens
from tollway.control.upstreams.credentials import Credentials
from tollway.control.upstreams.reach import Reaching
from tollway.control.upstreams.service import ProviderParts, Providers
from tollway.control.usage.ports import Ledger, Names
from tollway.control.usage.service import Usage
from tollway.kernel.clock import Clock, SystemClock
from tollway.runtime.checkup.exposure import check_exposure
from tollway.runtime.ledger import ask_offline
from tollway.runtime.letter_sender import LetterSender, SendingApp
from tollway.settings.address import parse_address
from tollway.settings.model import GatewaySettings, Settings
from tollway.web.app import build_console_app
from tollway.web.local import LocalApp
from tollway.web.paging import Cursors
from tollway.web.services import ConsoleServices


class Plane(msgspec.Struct, frozen=True):
    """The control plane's services."""

    stores: Stores
    publisher: Publisher
    teams: Teams
    applications: Applications
    tokens: Tokens
    lifetimes: Lifetimes
    providers: Providers
    services: RestServices
    roles: Roles
    accounts: Accounts
    news: AccountNewsDesk
    service_accounts: ServiceAccounts
    audit: Audit
    limits: LimitDesk
    bulk: Bulk
    rights: RightsDesk
    model_groups: ModelGroups


class Seen(msgspec.Struct, frozen=True):
    """What is read of calls and meters."""

    usage: Usage
    meters: MeterReadings
    used: UsedLimits
    budgets: WatchedBudgets
    resting: RestingFiles


class Places(msgspec.Struct, frozen=True):
    """Where the gateway and the console answer."""

    gateway_url: str
    console_url: str


def build_console(
    settings: Settings, keys: KeyRing, places: Places, ledger: Ledger, *, hand_over: Callable[[], None]
) -> ConsoleServices:
    """Open the databases and the policy store, publish what is not published, and build the console.

    `hand_over` lets all processes use the root keys that the file holds, this one by `keys` too.
    Raises TollwayError: storage.newer_schema, management.unavailable, gateway.policy_unavailable.
    """
    clock = SystemClock()
    stores = open_stores(settings, clock)
    plane = _begin(_build_plane(settings, keys, stores, places, clock))
    seen = _seen(settings, plane, ledger, clock)
    people = build_people(settings, keys, stores, Around(plane.audit, plane.news, clock, places.console_url))
    live = LedgerClient(settings.data / "run" / "ledger.sock")
    desk, rights = build_token_desk(plane.tokens, plane.lifetimes, stores), _rights_office(plane, seen.usage, clock)
    notices = build_notices(stores, keys, plane.audit, Watched(seen.budgets, seen.resting, plane.providers), clock)
    reach = Reach(notices.mail, places.console_url)
    security = _security(settings, keys, plane, ledger, places)
    return ConsoleServices(
        clock=clock,
        commits=stores.database.commits,
        sessions=people.sessions,
        factors=people.factors,
        accounts=plane.accounts,
        service_accounts=plane.service_accounts,
        bearers=build_bearers(stores, keys, plane.roles, rights.effective, clock),
        members=Members(MemberParts(stores.accounts, stores.teams, plane.roles, stores.database, plane.audit, clock)),
        each=Each(stores.database, plane.audit),
        roles=plane.roles,
        audit=plane.audit,
        tokens=plane.tokens,
        token_desk=desk,
        rotations=build_rotations(plane.tokens, desk, stores, keys, reach),
        upkeep=build_upkeep(plane.tokens, stores, seen.usage, notices.outbox, console_url=places.console_url),
        applications=plane.applications,
        limits=plane.limits,
        used_limits=seen.used,
        bulk=plane.bulk,
        rights=rights,
        teams=plane.teams,
        providers=plane.providers,
        rest_services=plane.services,
        publisher=plane.publisher,
        usage=seen.usage,
        gateway=_gateway(_facts(settings, places, clock), plane, seen, clock),
        notices=notices,
        security=security,
        configuration=_configuration(plane, keys, security, clock),
        backups=_backups(settings, clock),
        root_keys=_root_keys(settings, keys, plane, hand_over),
        meters=seen.meters,
        prober=UpstreamProber(stores.policy, keys),
        live=live,
        readiness=_readiness(plane, live),
        idempotency=IdempotencyKeys(SQLIdempotencyStore(stores.database), stores.database, clock),
        cursors=Cursors(keys.cursor_key),
        hosts=_hosts(settings),
        is_behind_tls=places.console_url.startswith("https://"),
        stats=CounterStats(settings.data / "run"),
    )


def _begin(plane: Plane) -> Plane:
    """Make what every installation has, and publish what is not published."""
    plane.teams.ensure_default()
    plane.audit.begin(SETUP)
    plane.publisher.reconcile()
    return plane


def _gateway(facts: Facts, plane: Plane, seen: Seen, clock: Clock) -> Gateway:
    known = (plane.tokens, plane.providers, seen.usage, clock, seen.budgets, seen.resting, plane.service_accounts)
    return Gateway(GatewayParts(facts, *known))


def _seen(settings: Settings, plane: Plane, ledger: Ledger, clock: Clock) -> Seen:
    named: dict[str, Names] = {
        "token": plane.tokens,
        "application": plane.applications,
        "provider": plane.providers,
        "service": plane.services,
    }
    usage = Usage(ledger, named, SQLManagementUses(plane.stores.database))
    meters = MeterReadings(settings.data / "meters.mm")
    used = build_used_limits(plane.stores, plane.limits.levels, usage, meters, clock=clock)
    return Seen(usage, meters, used, WatchedBudgets(used), RestingFiles(settings.data / "run"))


def _rights_office(plane: Plane, usage: Usage, clock: Clock) -> RightsOffice:
    ruled = Ruled(plane.publisher, plane.tokens, plane.applications, plane.rights, plane.model_groups)
    return build_rights_office(plane.stores, ruled, usage, clock)


def _readiness(plane: Plane, live: LedgerClient) -> ProcessReadiness:
    stores = plane.stores
    return ProcessReadiness(ledger=live, store=stores.policy, database=stores.database, publisher=plane.publisher)


def build_local_console(settings: Settings) -> ASGIApp:
    """Build the operator's management API on a data directory whose lock the caller holds; no server runs on it."""
    (settings.data / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.data / ROOT_KEY_FILE
    keys = KeyRing(load_or_create_root_keys(path))
    gateway = settings.gateway.public_url or parse_address(settings.gateway.listen).url(
        is_tls=settings.gateway.tls_certificate is not None
    )
    console = settings.console.public_url or parse_address(settings.console.listen).url(
        is_tls=settings.console.tls_certificate is not None
    )
    services = build_console(
        settings,
        keys,
        Places(gateway, console),
        OfflineLedger(settings),
        hand_over=lambda: keys.adopt(load_root_keys(path)),
    )
    return SendingApp(LocalApp(build_console_app(services)), LetterSender(services.notices.outbox.send))


class OfflineLedger:
    """Answers from the ledger's database itself, after taking in what the journals hold."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ask(self, request: Request) -> Reply:
        """Return the answer. Raises usage.unavailable or storage.newer_schema."""
        return ask_offline(self._settings, request)


def _build_plane(settings: Settings, keys: KeyRing, stores: Stores, places: Places, clock: Clock) -> Plane:
    publisher = _publisher(settings, keys, stores, clock)
    database = stores.database
    notifier = build_notifier(stores, clock)
    audit = Audit(stores.audit, database, clock, keys.audit_key)
    lifetimes = build_lifetimes(stores, audit, clock)
    teams = Teams(stores.teams, database, audit, clock)
    owned = (stores.applications, stores.tokens, stores.teams, publisher, database, audit, clock, stores.plans)
    applications = Applications(ApplicationParts(*owned))
    rights = build_rights_desk(stores, publisher, audit, clock)
    issuing = (stores.tokens, stores.applications, stores.services, keys, publisher, database, audit, clock)
    tokens = Tokens(
        TokenParts(
            *issuing,
            notices=notifier,
            plans=stores.plans,
            lifetimes=lifetimes,
            accounts=stores.accounts,
            rights=rights,
        )
    )
    limited = Limited(publisher, tokens, applications, audit)
    reaching = Reaching(Credentials(keys, clock), _check_upstream)
    providers = Providers(ProviderParts(stores.providers, stores.teams, reaching, publisher, database, audit, clock))
    services = RestServices(ServiceParts(stores.services, stores.teams, reaching, publisher, database, audit, clock))
    limits = build_limit_desk(stores, limited, clock)
    groups = build_model_groups(stores, publisher, audit, clock)
    roles = Roles(stores.roles, database, audit, clock)
    service_accounts = build_service_accounts(stores, LeantOn(roles, tokens, audit, notifier), clock)
    parts = (stores.accounts, stores.teams, roles, tokens, database, audit, clock, notifier)
    mail = build_mail(stores, keys, audit, clock)
    news = build_account_news(stores, mail, clock, console_url=places.console_url)
    return Plane(
        stores=stores,
        publisher=publisher,
        teams=teams,
        applications=applications,
        tokens=tokens,
        lifetimes=lifetimes,
        providers=providers,
        services=services,
        roles=roles,
        accounts=Accounts(AccountParts(*parts, factors=SQLFactorStore(database), services=service_accounts, news=news)),
        news=news,
        service_accounts=service_accounts,
        audit=audit,
        limits=limits,
        bulk=build_bulk(stores, limited, lifetimes, clock),
        rights=rights,
        model_groups=groups,
    )


def _configuration(plane: Plane, keys: KeyRing, security: SecurityDesk, clock: Clock) -> Configuration:
    """Build what brings the plane's objects to what a document says."""
    stores, limits = plane.stores, plane.limits
    ruled = Ruled(plane.publisher, plane.tokens, plane.applications, plane.rights, plane.model_groups)
    notices = build_configured_notices(stores, keys, plane.audit, clock)
    owning = (plane.teams, plane.applications, plane.tokens)
    policies = build_rotation_policies(plane.tokens, stores)
    return Configuration(
        ConfigurationParts(
            *(plane.teams, plane.applications, plane.providers, plane.services, plane.tokens, stores.database, clock),
            rights=build_configured_rights(stores, ruled, Named(limits.plans, plane.teams, plane.services)),
            model_groups=plane.model_groups,
            notices=notices,
            limits=limits.owners,
            life=LifeParts(policies, plane.lifetimes, notices.webhooks, *owning),
            accounts=build_configured_accounts(stores, plane.roles, plane.service_accounts, plane.teams),
            security=SecurityConfigurationParts(security.rules, security.decoys, plane.teams),
        )
    )


def _security(settings: Settings, keys: KeyRing, plane: Plane, ledger: Ledger, places: Places) -> SecurityDesk:
    clock = SystemClock()
    listed = settings.console
    outbox = build_outbox(plane.stores, build_mail(plane.stores, keys, plane.audit, clock), clock)
    return build_security(
        SecurityParts(
            database=plane.stores.database,
            token_store=plane.stores.tokens,
            keys=keys,
            tokens=plane.tokens,
            ledger=ledger,
            notices=build_notifier(plane.stores, clock),
            trail=plane.audit,
            clock=clock,
            signatures=ReportSignatures(listed.leak_report_keys, listed.leak_report_keys_url, clock),
            letters=SecurityLetters(outbox, Looking(plane.stores.accounts).find, places.console_url),
            addresses=_addresses_kept(settings.gateway),
        )
    )


def _addresses_kept(gateway: GatewaySettings) -> AddressesKept:
    if gateway.record_addresses:
        return "whole"
    return "hashed" if gateway.hash_addresses else "none"


def _check_upstream(upstream: Upstream) -> None:
    """Judge an upstream by the one parser that workers connect by (implements UpstreamCheck)."""
    build_any_destination(upstream, "")


def _publisher(settings: Settings, keys: KeyRing, stores: Stores, clock: Clock) -> Publisher:
    snapshots = SnapshotBuilder(
        SnapshotParts(
            providers=stores.providers,
            services=stores.services,
            prices=GenaiPriceList(),
            references=LocalReferences(os.environ, settings.data),
            sealer=keys,
            clock=clock,
            epochs=SQLEpochStore(stores.database),
            limits=build_published_limits(stores),
            rights=build_published_rights(stores),
        )
    )
    options = Options(
        sandbox=settings.gateway.sandbox,
        unbounded_output=settings.budgets.unbounded_output,
        unbounded_output_tokens_max=settings.budgets.unbounded_output_tokens_max,
        cors_origins=settings.gateway.cors_origins,
        timeouts=Timeouts(
            settings.timeouts.upstream_connect_seconds,
            settings.timeouts.upstream_first_byte_seconds,
            settings.timeouts.upstream_idle_seconds,
            settings.timeouts.upstream_total_seconds,
        ),
    )
    parts = PublisherParts(
        store=SQLPublicationStore(stores.database),
        writer=stores.policy,
        tokens=stores.tokens,
        applications=stores.applications,
        snapshots=snapshots,
        transactions=stores.database,
        rights=build_published_rights(stores),
    )
    return Publisher(parts, options)


def _root_keys(settings: Settings, keys: KeyRing, plane: Plane, hand_over: Callable[[], None]) -> RootKeys:
    sealing = Sealing(plane.publisher, plane.audit, RingInUse(keys, hand_over))
    return build_root_keys(settings, keys, plane.stores, sealing)


def _backups(settings: Settings, clock: Clock) -> RunningBackups:
    def name_keys() -> tuple[str, ...]:
        return tuple(key.fingerprint for key in load_root_keys(settings.data / ROOT_KEY_FILE))

    return RunningBackups(Backups(settings.data, _dumper(settings), clock, name_keys=name_keys))


def _dumper(settings: Settings) -> SQLiteDumper | PostgresDumper:
    if settings.database.url:
        return PostgresDumper(
            open_engine(settings.database.url, database="config", writer=False),
            open_engine(settings.database.url, database="ledger", writer=False),
        )
    return SQLiteDumper(
        open_engine(settings.data / "config.db", database="config", writer=False),
        open_engine(settings.data / "ledger.db", database="ledger", writer=False),
    )


def _facts(settings: Settings, places: Places, clock: Clock) -> Facts:
    is_postgres = bool(settings.database.url)
    return Facts(
        gateway_url=places.gateway_url,
        console_url=places.console_url,
        version=__version__,
        sandbox=settings.gateway.sandbox,
        workers=settings.gateway.workers,
        started_ns=clock.now_ns(),
        unbounded_output=settings.budgets.unbounded_output,
        database="postgresql" if is_postgres else "sqlite",
        sqlite_version="" if is_postgres else sqlite3.sqlite_version,
        insecure=tuple(
            (found.check, found.detail) for found in check_exposure(settings) if found.severity in ("warning", "high")
        ),
    )


def _hosts(settings: Settings) -> frozenset[str]:
    names = {name.lower() for name in settings.console.hosts}
    names.add(parse_address(settings.console.listen).host)
    if "//" in settings.console.public_url:
        names.add(settings.console.public_url.split("//", 1)[1].split("/", 1)[0].rsplit(":", 1)[0].lower())
    return frozenset(name for name in names if name)
