"""A hundred million calls in thirteen months: every question of every page stays within its bar.

`make scale` prints the figures: the console and the ledger's reader in one process, on SQLite.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text
from starlette.testclient import TestClient

from kit.console import FACTS, Console, StandInMeters
from kit.control import ControlPlane, open_surroundings
from kit.history import DAYS, NOW, TODAY, WHOLE_DAYS, History, fill, take_in_day
from tollway.adapters.storage.config_schema import tokens
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.ledger import open_store
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.contract.ledger_api import HealthAnswer, HealthQuery, InFlightAnswer, InFlightQuery, Reply, Request
from tollway.control.actor import SETUP
from tollway.control.applications.model import NewApplication
from tollway.control.gateway.budgets import WatchedBudgets
from tollway.control.gateway.service import Gateway, GatewayParts
from tollway.control.limits.watch import UsedLimits
from tollway.control.tokens.model import NewToken
from tollway.control.usage.service import Usage
from tollway.ledger.model import DAY, HOUR, MINUTE
from tollway.ledger.queries import answer

pytestmark = [pytest.mark.scale, pytest.mark.timeout(3_600)]

EVENTS = 100_000_000
CALLS_KEPT = 1_000_000
REPEATS = 20
PAGE_MS_MAX = 300.0
BEYOND_MS_MAX = 600.0
"""Of thirteen months by token, or by application and model, which are not within the bar on a machine that is busy."""
RANGES = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "30 days": 30 * DAY, "90 days": 90 * DAY, "13 months": DAYS * DAY}
"""Of pages, and of a whole history by the command line."""
DIMENSIONS = ("token", "application", "team", "service", "model", "provider", "operation", "status", "outcome")


class Ledger:
    """Implements Ledger over a database that nothing is added to."""

    def __init__(self, engine: Engine) -> None:
        self._reader = SQLUsageReader(engine)

    def ask(self, request: Request) -> Reply:
        """Answer as the ledger's process does."""
        if isinstance(request, HealthQuery):
            return HealthAnswer(0, 0, NOW * 10**9, 0)
        if isinstance(request, InFlightQuery):
            return InFlightAnswer(())
        return answer(request, self._reader)  # type: ignore[arg-type]  # what pages ask


class Place:
    """A console over the history, and how long questions take in it."""

    def __init__(self, client: TestClient, history: History, ledger: Engine) -> None:
        self.client, self.history, self.ledger = client, history, ledger
        self.slow: list[str] = []

    def time(self, name: str, path: str, **query: Any) -> Any:
        """Ask REPEATS times, print and note the 95th percentile of processor time, and return the answer."""
        took, worked = [], []
        for _ in range(REPEATS):
            began, began_working = time.perf_counter(), time.process_time()
            found = self.client.get(f"/api/v1{path}", params=query)
            took.append(1_000 * (time.perf_counter() - began))
            worked.append(1_000 * (time.process_time() - began_working))
            assert found.status_code == 200, found.text
        p95 = sorted(worked)[int(0.95 * REPEATS) - 1]
        print(
            f"{name:<52} {sorted(took)[int(0.95 * REPEATS) - 1]:7.1f} ms, of processor time {p95:7.1f} ms", flush=True
        )
        is_beyond = name.startswith("13 months") and query.get("by") in ("token", "application,model")
        if p95 > (BEYOND_MS_MAX if is_beyond else PAGE_MS_MAX):
            self.slow.append(f"{name}: {p95:.0f} ms")
        return found.json() if found.headers["content-type"].endswith("json") else found.text


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("events")
    around = open_surroundings(folder)
    plane = ControlPlane(around).start()
    plane.clock.advance(NOW - plane.clock.now_ns() // 10**9)
    history = History(build(plane))
    name_tokens(plane, history)
    writer = open_engine(folder / "ledger.db", database="ledger", writer=True)
    open_store(writer, folder / "backups")
    began = time.perf_counter()
    calls = fill(folder, writer, history)
    writer.dispose()
    size = (folder / "ledger.db").stat().st_size
    print(f"\n{calls} calls of {DAYS} days in {time.perf_counter() - began:.0f} s, {size / 1e9:.1f} GB")
    assert calls >= EVENTS
    reader = open_engine(folder / "ledger.db", database="ledger", writer=False)
    yield Place(open_console(plane, folder / "ui", Ledger(reader)), history, reader)
    reader.dispose()
    around.writer.dispose()
    around.reader.dispose()


def build(plane: ControlPlane) -> list[tuple[str, str]]:
    """Make a hundred applications in ten teams; return (id, id of its team)."""
    team_ids = [plane.teams.create(f"team {number}", SETUP).id for number in range(10)]
    return [
        (plane.applications.create(NewApplication(f"application {number}", team_ids[number % 10]), SETUP).id,
         team_ids[number % 10])
        for number in range(100)
    ]  # fmt: skip


def name_tokens(plane: ControlPlane, history: History) -> None:
    """Store the tokens that call, so that pages have names for them."""
    model = plane.tokens.issue(NewToken("model"), SETUP).token
    with plane.database.reading() as connection:
        query = tokens.select().where(tokens.c.id == model.id)
        values = dict(connection.execute(query).mappings().one())
    rows = [
        {**values, "id": who.token, "name": f"token {at:05}", "application_id": who.application}
        for at, who in enumerate(history.callers)
    ]
    with plane.database.write():
        plane.database.writing().execute(insert(tokens), rows)


def open_console(plane: ControlPlane, ui: Path, ledger: Ledger) -> TestClient:
    """Return the command line's client of a console that asks this ledger."""
    directories = {
        "token": plane.tokens, "application": plane.applications, "provider": plane.providers,
        "service": plane.services,
    }  # fmt: skip
    usage = Usage(ledger, directories, plane.management_uses)
    used = UsedLimits(
        usage, StandInMeters(), plane.levels, plane.token_store, plane.application_store, plane.plan_store, plane.clock
    )
    gateway = Gateway(
        GatewayParts(FACTS, plane.tokens, plane.providers, usage, plane.clock, budgets=WatchedBudgets(used))
    )
    return Console(plane, ui, usage=usage, used_limits=used, gateway=gateway).operator()


def instant(seconds: int) -> str:
    """Write an instant as the API takes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def test_home_and_what_needs_attention(place: Place) -> None:
    place.slow.clear()
    for path in ("summary", "attention", "checklist", "upstreams", "budgets", "models/unpriced"):
        place.time(path, f"/{path}")
    for name, length in RANGES.items():
        until = NOW + -NOW % MINUTE
        place.time(f"savings, {name}", "/savings", since=instant(until - length), until=instant(until))
    assert not place.slow


@pytest.mark.parametrize("name", RANGES)
def test_usage_of_every_dimension_and_range(place: Place, name: str) -> None:
    """As the page asks: the sums, the time before for comparison, and the series of the largest."""
    place.slow.clear()
    length = RANGES[name]
    interval, bucket = ("minute", MINUTE) if length <= HOUR else ("hour", HOUR) if length <= 8 * DAY else ("day", DAY)
    until = NOW + -NOW % bucket
    now = {"since": instant(until - length), "until": instant(until)}
    before = {"since": instant(until - 2 * length), "until": instant(until - length)}
    place.time(f"{name}: all together", "/usage", **now)
    place.time(f"{name}: all together, series", "/usage", **now, interval=interval, limit=5_000)
    for by in DIMENSIONS:
        place.time(f"{name}: by {by}", "/usage", **now, by=by, limit=500, order="cost")
        place.time(f"{name}: by {by}, the time before", "/usage", **before, by=by, limit=500, order="cost")
        if length <= 90 * DAY:
            series = {"by": by, "interval": interval, "limit": 5_000, "order": "cost", "largest": 6}
            place.time(f"{name}: by {by}, series", "/usage", **now, **series)
    busy = place.history.callers[0]
    for dimension, value in (("token", busy.token), ("application", busy.application), ("team", busy.team)):
        place.time(f"{name}: of one {dimension}, by model", "/usage", **now, by="model", **{dimension: value})
    assert not place.slow


@pytest.mark.parametrize("name", RANGES)
def test_the_command_line_to_the_second(place: Place, name: str) -> None:
    """`tollway usage --by`, with edges of minutes and hours. Tokens with another dimension have no narrow cube: of an
    hour they are within the bar, of longer they take longer."""
    place.slow.clear()
    since = {"since": instant(NOW - RANGES[name] + 7)}
    for by in (*DIMENSIONS, "model,provider", "team,model", "application,model", "service,status"):
        place.time(f"{name}: usage --by {by}", "/usage", **since, by=by, limit=200)
    if RANGES[name] <= HOUR:
        place.time(f"{name}: usage --by token,model", "/usage", **since, by="token,model", limit=200)
    assert not place.slow


def test_calls_are_paged_by_key(place: Place) -> None:
    place.slow.clear()
    with place.ledger.connect() as connection:
        # A few share a row: those of one group and second that were taken in together.
        assert connection.execute(text("SELECT count(*) FROM calls")).scalar_one() >= CALLS_KEPT * 0.9
    busy, quiet = place.history.callers[0], place.history.callers[-1]
    filters = {
        "all": {},
        "of a busy token": {"token": busy.token},
        "of a quiet token": {"token": quiet.token},
        "of an application": {"application": busy.application},
        "of a team": {"team": busy.team},
        "of a model": {"model": "model-07"},
        "of a service": {"service": "svc_000000000003"},
        "that failed": {"status": "5xx"},
        "that were refused": {"outcome": "refused"},
        "of an instant long ago": {"until": instant(TODAY - 3 * DAY)},
        "of nobody": {"token": "nobody"},
    }
    for name, query in filters.items():
        page = place.time(f"calls {name}", "/calls", **query, limit=50)
        if page["next_cursor"]:
            page = place.time(f"calls {name}, page 2", "/calls", **query, limit=50, cursor=page["next_cursor"])
    page = place.client.get("/api/v1/calls", params={"limit": 200}).json()
    for _ in range(100):
        page = place.client.get("/api/v1/calls", params={"limit": 200, "cursor": page["next_cursor"]}).json()
    page = place.time("calls, page 101", "/calls", limit=200, cursor=page["next_cursor"])
    place.time("one call", f"/calls/{page['items'][0]['request_id']}")
    assert not place.slow


def test_shadows_are_what_ingest_makes_of_the_same_calls(tmp_path: Path) -> None:
    """Four days of the history in small, against the same calls moved and taken in."""
    history = History([("app_1", "team_1"), ("app_2", "team_2")], calls_a_day=1_500)
    shadow_days = WHOLE_DAYS * 7
    found = []
    for name in ("shadows", "real"):
        folder = tmp_path / name
        folder.mkdir()
        engine = open_engine(folder / "ledger.db", database="ledger", writer=True)
        open_store(engine, folder / "backups")
        if name == "shadows":
            fill(folder, engine, history)
        else:
            for day in range(-WHOLE_DAYS, 0):
                start = TODAY + (day - shadow_days) * DAY
                take_in_day(folder, engine, history.calls_like(day % WHOLE_DAYS, start, NOW))
        found.append(rows_of(engine, TODAY - (shadow_days + WHOLE_DAYS) * DAY))
        engine.dispose()
    shadows, real = found
    assert len(real) > 1_000
    assert shadows == real


def rows_of(engine: Engine, start: int) -> set[tuple[Any, ...]]:
    """Return the sums by hour and day, and what budgets spent, of four days; groups by what they are."""
    found: set[tuple[Any, ...]] = set()
    with engine.connect() as connection:
        for table in ("usage_days", "usage_hours"):
            columns = [row[1] for row in connection.execute(text(f"PRAGMA table_info({table})"))]
            wanted = ", ".join(f"u.{name}" for name in columns if name != "group_id")
            dimensions = "g.token, g.application, g.model, g.service, g.operation, g.outcome, g.status"
            query = f"SELECT '{table}', {dimensions}, {wanted} FROM {table} u JOIN groups g ON g.id = u.group_id "
            query += f"WHERE u.start_seconds >= {start} AND u.start_seconds < {start + WHOLE_DAYS * DAY}"
            found |= {tuple(row) for row in connection.execute(text(query))}
        query = f"SELECT 'spent', * FROM spent WHERE period_start_ns >= {start}000000000 "
        query += f"AND period_start_ns < {start + WHOLE_DAYS * DAY}000000000"
        found |= {tuple(row) for row in connection.execute(text(query))}
    return found
