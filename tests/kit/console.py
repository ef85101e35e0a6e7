"""The console's app on a throw-away control plane, with stand-ins for the ledger, the meters and the outside."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI
from starlette.testclient import TestClient

from kit.control import ControlPlane
from kit.life import build_upkeep
from kit.notices import Notices
from kit.root_keys import KeyChange
from kit.security import Security
from tollway.adapters.passkeys import WebAuthnVerifier
from tollway.adapters.storage.factors import SQLFactorStore
from tollway.adapters.storage.sessions import SQLSessionStore, SQLThrottleStore
from tollway.contract.ledger_api import (
    CallAnswer,
    CallQuery,
    CallsAnswer,
    CallsQuery,
    HealthAnswer,
    HealthQuery,
    InFlight,
    InFlightAnswer,
    InFlightQuery,
    LargestSpentQuery,
    LastUse,
    LastUseAnswer,
    LastUseQuery,
    LiveBatch,
    OriginsAnswer,
    OriginsQuery,
    Reply,
    Request,
    Spent,
    SpentAnswer,
    UnpricedAnswer,
    UnpricedQuery,
    UnpricedRow,
    UsageAnswer,
    UsageQuery,
    UsageRow,
)
from tollway.contract.policy import Limits
from tollway.contract.records import CloseRecord
from tollway.contract.resting import RestingKey
from tollway.control.accounts.noticing import AccountNewsDesk, NewsParts
from tollway.control.actor import Actor
from tollway.control.backups.model import FORMAT, ROOT_KEY_NOTE, Backup, Manifest, Work
from tollway.control.backups.running import RunningBackups
from tollway.control.configuration.model import Change, Changes, IssuedSecret
from tollway.control.each import Each
from tollway.control.factors.checking import CheckParts, Checks
from tollway.control.factors.model import Place
from tollway.control.factors.service import FactorParts, Factors
from tollway.control.faults import refuse
from tollway.control.gateway.model import Facts
from tollway.control.gateway.ports import MeterReading
from tollway.control.gateway.service import Gateway, GatewayParts
from tollway.control.limits.watch import UsedLimits
from tollway.control.rights.blocking import Blocking
from tollway.control.rights.office import RightsOffice
from tollway.control.sessions.keeping import Lifetimes
from tollway.control.sessions.passwords import Argon2Hasher
from tollway.control.sessions.service import Service as Sessions
from tollway.control.sessions.service import ServiceParts
from tollway.control.upstreams.model import Provider
from tollway.control.usage.service import Usage
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret, SecretRing
from tollway.web.app import build_console_app
from tollway.web.local import LocalApp
from tollway.web.paging import Cursors
from tollway.web.ports import (
    BudgetReading,
    Check,
    ConcurrencyReading,
    NoStats,
    Probe,
    Readings,
    RequestReading,
    Stat,
)
from tollway.web.services import ConsoleServices

NAME, PASSWORD = "ada", "a quiet orange bicycle"
ORIGIN = "http://localhost"
PLACE = Place("localhost", ORIGIN)
FACTS = Facts(
    gateway_url="http://127.0.0.1:8080",
    console_url="http://127.0.0.1:8081",
    version="0.1.0",
    sandbox=True,
    workers=2,
    started_ns=1_799_999_000 * 10**9,
    unbounded_output="cap",
    database="sqlite",
    sqlite_version="3.51.3",
)


@dataclass
class StandInLedger:
    """Implements Ledger over lists. `is_away` makes it unreachable; `asked` keeps the questions."""

    calls: list[CloseRecord] = field(default_factory=list)
    rows: list[UsageRow] = field(default_factory=list)
    uses: list[LastUse] = field(default_factory=list)
    unpriced: list[UnpricedRow] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    in_flight: list[InFlight] = field(default_factory=list)
    health: HealthAnswer = field(default_factory=lambda: HealthAnswer(0, 0, 0, 0))
    origins: OriginsAnswer = field(default_factory=OriginsAnswer)
    is_away: bool = False
    asked: list[Request] = field(default_factory=list)

    def ask(self, request: Request) -> Reply:
        """Answer from the lists."""
        if self.is_away:
            raise TollwayError("usage.unavailable")
        self.asked.append(request)
        match request:
            case UsageQuery():
                return UsageAnswer(tuple(self.rows), request.interval or "minute")
            case CallsQuery():
                newest = sorted(self.calls, key=lambda call: (call.started_ns, call.request_id), reverse=True)
                rest = [c for c in newest if request.before is None or (c.started_ns, c.request_id) < request.before]
                rest = [c for c in rest if request.rule in c.rule]
                page = rest[: request.limit]
                more = len(rest) > len(page)
                return CallsAnswer(tuple(page), (page[-1].started_ns, page[-1].request_id) if more else None)
            case CallQuery():
                return CallAnswer(next((call for call in self.calls if call.request_id == request.request_id), None))
            case OriginsQuery():
                return self.origins
            case LastUseQuery():
                return LastUseAnswer(tuple(use for use in self.uses if use.token_id in request.token_ids))
            case UnpricedQuery():
                return UnpricedAnswer(tuple(self.unpriced))
            case LargestSpentQuery():
                return SpentAnswer(tuple(self.spent))
            case InFlightQuery():
                return InFlightAnswer(tuple(self.in_flight))
            case HealthQuery():
                return self.health
            case _:
                raise AssertionError(f"not asked in these tests: {request}")


class StandInMeters:
    """Implements MeterReader: one unit of every limit is used."""

    def read(self, owner_kind: str, owner_id: str, limits: Limits) -> Readings:
        """Return one unit used of each."""
        return Readings(
            requests=tuple(
                RequestReading(one.name, one.requests, one.window_seconds, 1, 2.5) for one in limits.requests
            ),
            concurrency=ConcurrencyReading(limits.concurrency[0].calls, 1) if limits.concurrency else None,
            budgets=tuple(
                BudgetReading(one.name, one.limit_nanos, 10**9, 1, one.period, None) for one in limits.budgets
            ),
        )

    def read_every(self, owner_kind: str, owner_id: str, limits: Limits) -> tuple[MeterReading, ...]:
        """Return one unit used of each."""
        return tuple(MeterReading(limit, limit.amount, 1, 0, None) for limit in limits.every())


class StandInProber:
    """Implements Prober: every provider answers."""

    def probe(self, provider: Provider) -> Probe:
        """Return a good answer."""
        return Probe(True, 200, 12.5, f"{provider.name} answered")


class StandInConfiguration:
    """Implements Configuration: a document that is a mapping makes one token."""

    def export(self) -> str:
        """Return an empty document."""
        return "version: 1\n"

    def apply(self, document: str, actor: Actor, *, dry_run: bool) -> Changes:
        """Pretend to create a token."""
        try:
            is_mapping = isinstance(yaml.safe_load(document), dict)
        except yaml.YAMLError:
            is_mapping = False
        if not is_mapping:
            raise refuse("", "not a mapping")
        secrets = () if dry_run else (IssuedSecret("ci", "abcdefghijkl", Secret("tws_made_by_the_document")),)
        return Changes((Change("create", "token", "ci"),), not dry_run, secrets)


class StandInBackups:
    """Implements Backups: writes nothing."""

    def create(self, path: Path | None, *, work: Work | None = None) -> Backup:
        """Describe a backup."""
        manifest = Manifest(FORMAT, 1_800_000_000 * 10**9, "0.1.0", "sqlite", {"config": "0002"}, (), ROOT_KEY_NOTE)
        return Backup(path or Path("data/backups/one.tar"), 10, manifest)


class StandInResting:
    """Implements RestingSource: the keys it is given rest for ever."""

    def __init__(self) -> None:
        self.keys: list[RestingKey] = []

    def read(self, now_ns: int) -> Sequence[RestingKey]:
        """Return them."""
        return self.keys


class StandInReadiness:
    """Implements Readiness with the checks it is given."""

    def __init__(self) -> None:
        self.found: Sequence[Check] = (Check("ledger", True), Check("policy store", True))

    def checks(self) -> Sequence[Check]:
        """Return them."""
        return self.found


class StandInLive:
    """Implements LiveSource: yields what is in `batches`, then waits for ever."""

    def __init__(self) -> None:
        self.batches: list[LiveBatch] = []
        self.subscriptions = 0

    async def subscribe(self) -> AsyncIterator[LiveBatch]:
        """Yield the batches once."""
        import asyncio

        self.subscriptions += 1
        for batch in self.batches:
            yield batch
        await asyncio.Event().wait()


class Console:
    """One console and everything around it."""

    def __init__(
        self,
        plane: ControlPlane,
        ui: Path,
        *,
        memory_kib: int = 64,
        second_factor_roles: tuple[str, ...] = (),
        **changes: Any,
    ) -> None:
        self.plane = plane
        self.clock = plane.clock
        self.ledger = StandInLedger()
        self.live = StandInLive()
        self.readiness = StandInReadiness()
        self.session_store = SQLSessionStore(plane.database)
        self.notices = Notices(plane)
        news = NewsParts(plane.notifier, self.notices.outbox, plane.database, plane.clock, ORIGIN)
        self.news = plane.news.to = AccountNewsDesk(news)
        self.hasher = CountingHasher(memory_kib)
        self.factor_store = SQLFactorStore(plane.database)
        sealer = plane.keys.second_factors
        self.checks = Checks(CheckParts(self.factor_store, sealer, WebAuthnVerifier(), plane.clock, PLACE))
        self.sessions = Sessions(
            ServiceParts(
                self.session_store,
                self.checks,
                plane.database,
                plane.audit,
                plane.clock,
                Lifetimes(second_factor_roles=frozenset(second_factor_roles)),
                self.news,
                throttle=SQLThrottleStore(plane.database),
                hasher=self.hasher,
            )
        )
        parts = (self.factor_store, self.checks, self.sessions, sealer, plane.database, plane.audit, plane.clock)
        self.factors = Factors(FactorParts(*parts, host="localhost", notices=self.news))
        usage = Usage(
            self.ledger,
            {
                "token": plane.tokens,
                "application": plane.applications,
                "provider": plane.providers,
                "service": plane.services,
            },
            plane.management_uses,
        )
        self.security = Security(plane)
        self.resting = StandInResting()
        self.gateway = Gateway(
            GatewayParts(
                FACTS,
                plane.tokens,
                plane.providers,
                usage,
                plane.clock,
                resting=self.resting,
                accounts=plane.service_accounts,
            )
        )
        fields: dict[str, Any] = {
            "clock": plane.clock,
            "sessions": self.sessions,
            "factors": self.factors,
            "accounts": plane.accounts,
            "service_accounts": plane.service_accounts,
            "bearers": plane.bearers,
            "members": plane.members,
            "each": Each(plane.database, plane.audit),
            "roles": plane.roles,
            "audit": plane.audit,
            "tokens": plane.tokens,
            "token_desk": plane.token_desk,
            "rotations": plane.rotations,
            "upkeep": build_upkeep(plane, usage),
            "applications": plane.applications,
            "limits": plane.limits,
            "rights": RightsOffice(plane.rights, plane.model_groups, plane.effective, Blocking(usage, plane.clock)),
            "used_limits": UsedLimits(
                usage,
                StandInMeters(),
                plane.levels,
                plane.token_store,
                plane.application_store,
                plane.plan_store,
                plane.clock,
            ),
            "bulk": plane.bulk,
            "teams": plane.teams,
            "providers": plane.providers,
            "rest_services": plane.services,
            "publisher": plane.publisher,
            "usage": usage,
            "gateway": self.gateway,
            "notices": self.notices.desk,
            "security": self.security.desk,
            "configuration": StandInConfiguration(),
            "backups": RunningBackups(StandInBackups()),
            "root_keys": KeyChange(plane).service,
            "meters": StandInMeters(),
            "prober": StandInProber(),
            "live": self.live,
            "readiness": self.readiness,
            "idempotency": plane.idempotency,
            "cursors": Cursors(SecretRing((1, Secret(b"k" * 32)))),
            "hosts": frozenset({"gateway.example"}),
            "commits": count().__next__,
            "stats": NoStats((Stat("requests_total", "counter", "requests answered", 7, (("worker", "0"),)),)),
            "ui": ui,
        }
        self.services = ConsoleServices(**{**fields, **changes})
        self.app: FastAPI = build_console_app(self.services)

    def client(self, base: str = ORIGIN, peer: str = "127.0.0.1") -> TestClient:
        """Return a browser without a session; it says where its requests come from, as browsers do."""
        return TestClient(
            self.app,
            base_url=base,
            client=(peer, 50_000),
            headers={"sec-fetch-site": "same-origin"},
            follow_redirects=False,
            raise_server_exceptions=True,
        )

    def client_by(self, token: Secret[str]) -> TestClient:
        """Return a script that asks by a token; no browser, so it says nothing of where its requests come from."""
        client = self.client()
        client.headers.pop("sec-fetch-site")
        client.headers["authorization"] = f"Bearer {token.reveal()}"
        return client

    def operator(self) -> TestClient:
        """Return the command line on the local socket."""
        return TestClient(LocalApp(self.app), base_url="http://tollway", follow_redirects=False)

    def set_up(self) -> None:
        """Create the owner."""
        link = self.sessions.issue_setup_link().reveal()
        answer = self.client().post("/api/v1/setup", json={"link_token": link, "name": NAME, "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    def signed_in(self) -> TestClient:
        """Return a browser in which the owner is signed in, which repeats the CSRF value."""
        client = self.client()
        answer = client.post("/api/v1/session", json={"name": NAME, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["x-tollway-csrf"] = answer.json()["csrf"]
        return client


class CountingHasher(Argon2Hasher):
    """The real hasher with little memory, which counts how many passwords it looked at."""

    def __init__(self, memory_kib: int) -> None:
        super().__init__(SecretRing((1, Secret(b"pepper"))), memory_kib=memory_kib, passes=1)
        self.verified = 0

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Count and verify."""
        self.verified += 1
        return super().verify(password, password_hash)


@contextmanager
def console_on(folder: Path, *, is_set_up: bool = True, **changes: Any) -> Iterator[Console]:
    """Yield a console on a fresh database, with an owner unless told otherwise; the database is closed afterwards."""
    from kit.control import open_surroundings

    around = open_surroundings(folder)
    try:
        console = Console(ControlPlane(around).start(), folder / "ui", **changes)
        if is_set_up:
            console.set_up()
        yield console
    finally:
        around.writer.dispose()
        around.reader.dispose()
