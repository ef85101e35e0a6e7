"""A whole control plane on a throw-away database, with stand-ins for the policy store and the surroundings."""

import atexit
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import copy2, rmtree
from tempfile import mkdtemp

from sqlalchemy import Engine

from kit.life import LinkPost, build_rotations, build_token_desk
from kit.security import build_configured_security
from tollway.adapters.sandbox_transport import build_any_destination
from tollway.adapters.secrets.key_ring import KeyRing
from tollway.adapters.storage.accounts import SQLAccountStore
from tollway.adapters.storage.alerts import SQLAlertStore
from tollway.adapters.storage.applications import SQLApplicationStore
from tollway.adapters.storage.audit import SQLAuditStore
from tollway.adapters.storage.bulk import SQLBulkStore
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.factors import SQLFactorStore
from tollway.adapters.storage.idempotency import SQLIdempotencyStore
from tollway.adapters.storage.levels import SQLLevelStore
from tollway.adapters.storage.life import SQLEpochStore, SQLLifetimeStore
from tollway.adapters.storage.management_uses import SQLManagementUses
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.notices import SQLDeliveryStore, SQLMailStore, SQLToldStore, SQLWebhookStore
from tollway.adapters.storage.plans import SQLPlanStore
from tollway.adapters.storage.publication import SQLPublicationStore
from tollway.adapters.storage.published_limits import StoredLimits
from tollway.adapters.storage.published_rights import StoredOwners, StoredRights, StoredUsers
from tollway.adapters.storage.rights import SQLGroupStore, SQLRightsStore
from tollway.adapters.storage.roles import SQLRoleStore
from tollway.adapters.storage.services import SQLServiceStore
from tollway.adapters.storage.sessions import SQLSessionStore
from tollway.adapters.storage.teams import SQLTeamStore
from tollway.adapters.storage.tokens import SQLTokenStore
from tollway.adapters.storage.upstreams import SQLProviderStore
from tollway.adapters.webhooks.sender import parse_url
from tollway.contract.policy import (
    ApplicationRecord,
    DatedPrice,
    NamedPrice,
    NameRule,
    Price,
    PriceBook,
    Snapshot,
    TokenRecord,
    UnitPrice,
    Upstream,
    decode_application,
    decode_snapshot,
    decode_token,
)
from tollway.control.access.service import Roles
from tollway.control.accounts.members import MemberParts, Members
from tollway.control.accounts.service import AccountParts, Accounts
from tollway.control.actor import SETUP, Actor
from tollway.control.applications.service import ApplicationParts, Applications
from tollway.control.audit.service import Audit
from tollway.control.bearers.service import BearerParts, Bearers
from tollway.control.bulk.acting import extend_within
from tollway.control.bulk.service import Bulk, BulkParts
from tollway.control.configuration.applying_accounts import AccountConfigurationParts
from tollway.control.configuration.applying_life import LifeParts
from tollway.control.configuration.applying_notices import NoticesParts
from tollway.control.configuration.applying_rights import RightsParts as ConfiguredRights
from tollway.control.configuration.service import Configuration, ConfigurationParts
from tollway.control.idempotency.service import IdempotencyKeys
from tollway.control.limits.levels import LevelParts, Levels
from tollway.control.limits.model import Level
from tollway.control.limits.naming import NamedOwners
from tollway.control.limits.owners import LimitOwners
from tollway.control.limits.top_ups import TopUps
from tollway.control.notices.mail import Mail, MailParts
from tollway.control.notices.model import Letter, MailServer, Outcome, Outgoing, Posted
from tollway.control.notices.secrets import SigningSecrets
from tollway.control.notices.service import WebhookParts, Webhooks
from tollway.control.notices.telling import Notifier
from tollway.control.plans.desk import LimitDesk
from tollway.control.plans.service import PlanParts, Plans
from tollway.control.publication.model import Options
from tollway.control.publication.ports import Stored
from tollway.control.publication.service import Publisher, PublisherParts
from tollway.control.publication.snapshot import SnapshotBuilder, SnapshotParts
from tollway.control.rights.effective import Effective, EffectiveParts
from tollway.control.rights.groups import GroupParts, ModelGroups
from tollway.control.rights.service import RightsDesk, RightsParts
from tollway.control.service_accounts.service import ServiceAccountParts, ServiceAccounts
from tollway.control.services.service import RestServices, ServiceParts
from tollway.control.sessions.model import AccountNews
from tollway.control.sessions.ports import AccountNotices, NoAccountNotices
from tollway.control.teams.service import Teams
from tollway.control.tokens.lifetimes import Lifetimes
from tollway.control.tokens.service import TokenParts, Tokens
from tollway.control.upstreams.credentials import Credentials
from tollway.control.upstreams.reach import Reaching
from tollway.control.upstreams.service import ProviderParts, Providers
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

ACTOR = Actor("user_1", "user")


class MemoryPolicyStore:
    """Implements PolicyWriter in memory. `fail_next` refuses that many writes; `log` names what was written."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], bytes] = {}
        self.stored_snapshot: bytes | None = None
        self.fail_next = 0
        self.log: list[str] = []

    def put_many(self, records: Iterable[Stored]) -> None:
        self._write("put_many")
        self.records |= {(kind, record_id): raw for kind, record_id, raw in records}

    def delete_token(self, token_id: str) -> bool:
        self._write("delete_token")
        return self.records.pop(("token", token_id), None) is not None

    def delete_application(self, application_id: str) -> bool:
        self._write("delete_application")
        return self.records.pop(("application", application_id), None) is not None

    def publish_snapshot(self, raw: bytes) -> int:
        self._write("publish_snapshot")
        self.stored_snapshot = raw
        return decode_snapshot(raw).revision

    def rebuild(self, records: Iterable[Stored], snapshot: bytes | None) -> int:
        self._write("rebuild")
        self.records = {(kind, record_id): raw for kind, record_id, raw in records}
        self.stored_snapshot = snapshot
        return 0 if snapshot is None else decode_snapshot(snapshot).revision

    def snapshot(self) -> bytes | None:
        return self.stored_snapshot

    def token(self, token_id: str) -> TokenRecord:
        return decode_token(self.records["token", token_id])

    def application(self, application_id: str) -> ApplicationRecord:
        return decode_application(self.records["application", application_id])

    def read_snapshot(self) -> Snapshot:
        assert self.stored_snapshot is not None
        return decode_snapshot(self.stored_snapshot)

    def _write(self, what: str) -> None:
        if self.fail_next:
            self.fail_next -= 1
            raise TollwayError("gateway.policy_unavailable", internal="told to fail")
        self.log.append(what)


class ListedPrices:
    """Implements PriceList over a small table."""

    def __init__(self, models: dict[str, tuple[str, ...]] | None = None) -> None:
        self.models = models if models is not None else {"openai": ("gpt-4o", "gpt-4o-mini")}

    def find_context_tokens(self, kind: str, model: str) -> int | None:
        """See PriceList."""
        return 128_000 if model in self.list_models(kind) else None

    def list_models(self, kind: str) -> Sequence[str]:
        return self.models.get(kind, ())

    def find_prices(self, kind: str, model: str) -> tuple[DatedPrice, ...]:
        if model not in self.models.get(kind, ()):
            return ()
        return (DatedPrice(None, Price(source="listed", input=UnitPrice(1_000), output=UnitPrice(2_000))),)

    def find_book(self, kind: str) -> PriceBook | None:
        if kind not in self.models:
            return None
        entries = [
            NamedPrice(NameRule("starts_with", name), self.find_prices(kind, name)) for name in self.models[kind]
        ]
        return PriceBook(kind, {"": tuple(entries)})


class ListedReferences:
    """Implements References over two tables."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.certificates: dict[str, str] = {}

    def resolve(self, reference: str) -> str:
        if reference not in self.values:
            raise ValueError(f"{reference} is not set")
        return self.values[reference]

    def read_certificates(self, path: str) -> str:
        if path not in self.certificates:
            raise ValueError(f"{path} cannot be read")
        return self.certificates[path]


@dataclass
class Surroundings:
    """What a control plane stands on; kept when it is built anew, as after a restart."""

    writer: Engine
    reader: Engine
    policy: MemoryPolicyStore = field(default_factory=MemoryPolicyStore)
    prices: ListedPrices = field(default_factory=ListedPrices)
    references: ListedReferences = field(default_factory=ListedReferences)
    clock: FixedClock = field(default_factory=FixedClock)
    keys: KeyRing = field(default_factory=lambda: KeyRing(Secret(bytes(range(32)))))


class ControlPlane:
    """Every service of the control plane, as the composer builds them."""

    def __init__(self, around: Surroundings, options: Options = Options()) -> None:
        self.around = around
        self.clock, self.policy, self.keys = around.clock, around.policy, around.keys
        self.references, self.prices = around.references, around.prices
        self.database = ConfigDatabase(around.writer, around.reader)
        self.token_store = SQLTokenStore(self.database)
        self.application_store = SQLApplicationStore(self.database)
        self.team_store = SQLTeamStore(self.database)
        self.provider_store = SQLProviderStore(self.database, self.clock)
        self.service_store = SQLServiceStore(self.database, self.clock)
        self.publication_store = SQLPublicationStore(self.database)
        self.plan_store, self.level_store = SQLPlanStore(self.database), SQLLevelStore(self.database)
        self.account_store = SQLAccountStore(self.database)
        names = NamedOwners(self._finders())
        owners = StoredOwners(self.team_store, self.account_store, self.application_store, self.token_store)
        self.rights_store, self.group_store = SQLRightsStore(self.database), SQLGroupStore(self.database)
        published = StoredRights(self.rights_store, self.group_store, owners)
        snapshots = SnapshotBuilder(
            SnapshotParts(
                providers=self.provider_store,
                services=self.service_store,
                prices=self.prices,
                references=self.references,
                sealer=self.keys,
                clock=self.clock,
                epochs=SQLEpochStore(self.database),
                limits=StoredLimits(self.plan_store, self.level_store, names),
                rights=published,
            )
        )
        self.publisher = Publisher(
            PublisherParts(
                store=self.publication_store,
                writer=self.policy,
                tokens=self.token_store,
                applications=self.application_store,
                snapshots=snapshots,
                transactions=self.database,
                rights=published,
            ),
            options,
        )
        reaching = Reaching(Credentials(self.keys, self.clock), check_upstream)
        self.audit = Audit(SQLAuditStore(self.database), self.database, self.clock, self.keys.audit_key)
        self.webhook_store = SQLWebhookStore(self.database)
        self.delivery_store = SQLDeliveryStore(self.database)
        self.mail_store, self.told_store = SQLMailStore(self.database), SQLToldStore(self.database)
        self.alert_store = SQLAlertStore(self.database)
        self.notifier = Notifier(self.webhook_store, self.delivery_store, self.database, self.clock)
        self.teams = Teams(self.team_store, self.database, self.audit, self.clock)
        self.applications = Applications(
            ApplicationParts(
                store=self.application_store,
                tokens=self.token_store,
                teams=self.team_store,
                touching=self.publisher,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
                plans=self.plan_store,
            )
        )
        self.lifetimes = Lifetimes(SQLLifetimeStore(self.database), self.database, self.audit, self.clock)
        self.account_store = SQLAccountStore(self.database)
        self.rights = RightsDesk(
            RightsParts(
                store=self.rights_store,
                groups=self.group_store,
                owners=owners,
                services=self.service_store,
                touching=self.publisher,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
            )
        )
        self.tokens = Tokens(
            TokenParts(
                store=self.token_store,
                owners=self.application_store,
                services=self.service_store,
                hasher=self.keys,
                touching=self.publisher,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
                notices=self.notifier,
                plans=self.plan_store,
                lifetimes=self.lifetimes,
                accounts=self.account_store,
                rights=self.rights,
            )
        )
        self.token_desk = build_token_desk(self)
        self.link_post = LinkPost()
        self.rotations = build_rotations(self, self.token_desk)
        self.plans = Plans(PlanParts(self.plan_store, self.publisher, self.database, self.audit, self.clock))
        self.levels = Levels(LevelParts(self.level_store, names, self.publisher, self.database, self.audit, self.clock))
        self.limit_owners = LimitOwners(self.levels, self.tokens, self.applications)
        self.top_ups = TopUps(self.limit_owners, self.clock)
        self.bulk_store = SQLBulkStore(self.database, self.token_store)
        self.bulk = Bulk(
            BulkParts(
                store=self.bulk_store,
                plans=self.plan_store,
                touching=self.publisher,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
                extend=extend_within(self.lifetimes),
                may_give=self.tokens.may_give,
            )
        )
        self.limits = LimitDesk(self.plans, self.levels, self.limit_owners, self.top_ups)
        self.model_groups = ModelGroups(
            GroupParts(self.group_store, self.publisher, self.database, self.audit, self.clock)
        )
        self.effective = Effective(
            EffectiveParts(self.rights_store, self.tokens, self.applications, self.publisher, self.clock)
        )
        self.providers = Providers(
            ProviderParts(
                store=self.provider_store,
                teams=self.team_store,
                reaching=reaching,
                touching=self.publisher,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
            )
        )
        self.services = RestServices(
            ServiceParts(
                store=self.service_store,
                teams=self.team_store,
                reaching=reaching,
                touching=self.publisher,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
            )
        )
        self.roles = Roles(SQLRoleStore(self.database), self.database, self.audit, self.clock)
        self.service_accounts = ServiceAccounts(
            ServiceAccountParts(
                store=self.account_store,
                teams=self.team_store,
                roles=self.roles,
                tokens=self.tokens,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
                notices=self.notifier,
            )
        )
        self.configuration = Configuration(
            ConfigurationParts(
                teams=self.teams,
                applications=self.applications,
                providers=self.providers,
                services=self.services,
                tokens=self.tokens,
                transactions=self.database,
                clock=self.clock,
                rights=ConfiguredRights(
                    desk=self.rights,
                    plans=self.plans,
                    teams=self.teams,
                    users=StoredUsers(self.account_store),
                    applications=self.applications,
                    tokens=self.tokens,
                    services=self.services,
                ),
                model_groups=self.model_groups,
                notices=build_configured_notices(self),
                limits=self.limit_owners,
                life=LifeParts(
                    self.rotations.policies,
                    self.lifetimes,
                    build_configured_notices(self).webhooks,
                    self.teams,
                    self.applications,
                    self.tokens,
                ),
                accounts=AccountConfigurationParts(
                    self.roles, self.service_accounts, self.teams, users=StoredUsers(self.account_store)
                ),
                security=build_configured_security(self),
            )
        )
        self.news = ForwardedNews()
        self.accounts = Accounts(
            AccountParts(
                store=self.account_store,
                teams=self.team_store,
                roles=self.roles,
                tokens=self.tokens,
                transactions=self.database,
                trail=self.audit,
                clock=self.clock,
                notices=self.notifier,
                factors=SQLFactorStore(self.database),
                services=self.service_accounts,
                news=self.news,
            )
        )
        self.management_uses = SQLManagementUses(self.database)
        self.bearers = Bearers(
            BearerParts(
                tokens=self.token_store,
                owners=SQLSessionStore(self.database),
                roles=self.roles,
                epochs=SQLEpochStore(self.database),
                hasher=self.keys,
                uses=self.management_uses,
                places=self.effective,
                clock=self.clock,
            )
        )
        self.members = Members(
            MemberParts(self.account_store, self.team_store, self.roles, self.database, self.audit, self.clock)
        )
        self.idempotency = IdempotencyKeys(SQLIdempotencyStore(self.database), self.database, self.clock)

    def _finders(self) -> dict[Level, Callable[[str], str | None]]:
        """Return who limits can be given to; of models, those that workers are told of."""

        def name_of(found: object) -> str | None:
            is_gone = found is None or getattr(found, "state", None) == "deleted"
            return None if is_gone else found.name  # type: ignore[attr-defined]  # all of them have one

        return {
            "team": lambda team_id: name_of(self.team_store.find(team_id)),
            "user": lambda user_id: name_of(self.account_store.find(user_id)),
            "service": lambda service_id: name_of(self.service_store.find(service_id)),
            "provider": lambda provider_id: name_of(self.provider_store.find(provider_id)),
            "model": lambda name: name if self.publisher.has_model(name) else None,
        }

    def start(self) -> "ControlPlane":
        """Do what the console does at its start."""
        self.teams.ensure_default()
        self.audit.begin(SETUP)
        self.publisher.reconcile()
        return self


class KnownURLs:
    """Implements WebhookSender as far as it judges; nothing is sent."""

    def check(self, url: str, allow_private: tuple[str, ...]) -> None:
        """Judge as the real one does."""
        parse_url(url, allow_private)

    async def send(self, message: Outgoing) -> Outcome:
        """Refuse."""
        raise AssertionError(f"nothing is sent to {message.url}")

    def send_and_wait(self, message: Outgoing) -> Outcome:
        """Refuse."""
        raise AssertionError(f"nothing is sent to {message.url}")


class ForwardedNews:
    """Implements AccountNotices: hands what happened to accounts on to `to`, which is there when a console is."""

    def __init__(self) -> None:
        self.to: AccountNotices = NoAccountNotices()

    def tell(self, news: AccountNews) -> None:
        """Hand it on."""
        self.to.tell(news)


class NoPost:
    """Implements MailSender: nothing is sent."""

    def send(self, server: MailServer, password: str, letter: Letter) -> Posted:
        """Refuse."""
        raise AssertionError(f"no letter goes to {letter.to}")


def build_configured_notices(plane: ControlPlane) -> NoticesParts:
    """Return the webhooks and the mail that configuration documents bring about."""
    database, trail, clock = plane.database, plane.audit, plane.clock
    secrets = SigningSecrets(plane.keys.notices)
    return NoticesParts(
        Webhooks(WebhookParts(plane.webhook_store, secrets, KnownURLs(), database, trail, clock)),
        Mail(MailParts(plane.mail_store, plane.keys.notices, NoPost(), database, trail, clock)),
    )


def check_upstream(upstream: Upstream) -> None:
    """Implements UpstreamCheck."""
    build_any_destination(upstream, "")


def open_surroundings(folder: Path) -> Surroundings:
    """Begin a SQLite database in the folder, of the newest schema."""
    path = folder / "config.db"
    if not path.exists():
        copy2(migrated_database(), path)
    writer = open_engine(path, database="config", writer=True)
    migrate(writer, "config", folder / "backups")
    return Surroundings(writer, open_engine(path, database="config", writer=False))


@cache
def migrated_database() -> Path:
    """Return an empty database of the newest schema, made once a process: migrating costs as much as a whole test."""
    folder = Path(mkdtemp(prefix="tollway-empty-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    writer = open_engine(folder / "config.db", database="config", writer=True)
    migrate(writer, "config", folder / "backups")
    writer.dispose()
    return folder / "config.db"
