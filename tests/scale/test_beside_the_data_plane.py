"""Retention and acts on many tokens beside a gateway at work: how much later the slowest calls are answered.

Two whole installations of equal size are loaded in turns. The work goes on in the second one alone, and only while
that one is loaded: in between its process is stopped. So both sides of a ratio are of the same minute of the machine.
`make scale` prints the figures.
"""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from kit.instance import Tollway
from kit.load import Caller, chat
from kit.local_api import LocalAPI
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import tokens
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.tokens import SQLTokenStore, token_values
from tollway.kernel.ids import encode_base62

pytestmark = [pytest.mark.scale, pytest.mark.timeout(3_600)]

TOKENS = 1_000_000
BATCH = 20_000
OLD_CALLS = 1_000_000
OLD_MINUTES = 1_000_000
"""Of each cube."""
CALLERS = 32
CALLS_A_SECOND = 200
TURN_SECONDS = 6.0
TURNS = 5
SLOWER_MAX = 1.10
NOISE_MS = 1.0
"""A p99 of some milliseconds differs by so much from one turn to the next with nothing else to do."""


class Site:
    """A running installation that is loaded steadily."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        self.tollway = Tollway(root)

    def p99_ms(self) -> float:
        """Call for TURN_SECONDS at CALLS_A_SECOND; return how long the slowest hundredth took at least."""
        took = sorted(asyncio.run(self._load()))
        return took[len(took) * 99 // 100]

    async def _load(self) -> list[float]:
        took: list[float] = []
        until = time.monotonic() + TURN_SECONDS
        await asyncio.gather(*(self._call_steadily(number, until, took) for number in range(CALLERS)))
        return took

    async def _call_steadily(self, number: int, until: float, took: list[float]) -> None:
        caller = Caller(self.tollway.gateway_url, self.secret)
        body = chat(model="sandbox-small")
        pause = CALLERS / CALLS_A_SECOND
        at = time.monotonic() + pause * number / CALLERS
        while at < until:
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            reply = await caller.call(body)
            assert reply.status == 200, (reply.status, reply.fault, reply.body)
            took.append((reply.ended_ns - reply.begun_ns) / 1e6)
            at = max(at + pause, time.monotonic())
        caller.close()

    def start(self) -> None:
        """Start, and find out by which token to call."""
        self.tollway.start()

    def issue(self) -> None:
        """Issue the token that calls are made with."""
        limits = ("--rpm", "100000000", "--budget", "1000000/month")
        issued = json.loads(self.tollway.run("token", "issue", "--name", "caller", *limits, "--json"))
        self.secret, self.token_id = str(issued["token"]), str(issued["id"])


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    folder = tmp_path_factory.mktemp("beside")
    quiet, busy = Site(folder / "quiet"), Site(folder / "busy")
    try:
        busy.start()
        busy.issue()
        assert busy.tollway.stop() == 0
        add_tokens(busy)
        shutil.rmtree(busy.tollway.data / "policy")
        busy.start()
        assert busy.tollway.stop() == 0
        shutil.copytree(busy.tollway.data, quiet.tollway.data, ignore=shutil.ignore_patterns("*.sock"))
        quiet.secret, quiet.token_id = busy.secret, busy.token_id
        add_old_records(busy.tollway.data / "ledger.db")
        quiet.start()
        busy.start()
        pause(busy, "ledger")
        quiet.p99_ms()
        yield quiet, busy
    finally:
        for site in (quiet, busy):
            for role in ("ledger", "console"):
                if site.tollway.process is not None and site.tollway.process.poll() is None:
                    go_on(site, role)
            site.tollway.destroy()


def add_tokens(site: Site) -> None:
    """Store TOKENS tokens like the one that calls; nobody has their secrets."""
    engine = open_engine(site.tollway.data / "config.db", database="config", writer=True)
    database = ConfigDatabase(engine, engine)
    model = SQLTokenStore(database).find(site.token_id)
    assert model is not None
    for first in range(0, TOKENS, BATCH):
        rows = [
            token_values(replace(model, id=encode_base62(7_919 * number + 1, 12), name=f"many {number:07}"))
            for number in range(first, first + BATCH)
        ]
        with database.write():
            database.writing().execute(insert(tokens), rows)
    engine.dispose()


def add_old_records(path: Path) -> None:
    """Store calls and sums by minute that retention has to delete."""
    now = int(time.time())
    numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) "
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            numbers
            + "INSERT INTO calls SELECT (? - i) * 1000000000, 1 + i % 500, 'req_old' || i, randomblob(500) FROM n",
            (OLD_CALLS, now - 60 * 86_400),
        )
        for cube in range(4):
            connection.execute(
                numbers
                + "INSERT INTO usage_minutes SELECT ?, (? - i / 100) / 60 * 60 - 60 * (i / 100), i % 100 + 1000, "
                "1, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, randomblob(40) FROM n",
                (OLD_MINUTES, cube, now - 60 * 86_400),
            )
        connection.commit()


def pause(site: Site, role: str) -> None:
    """Stop a process until `go_on`."""
    os.kill(site.tollway.pids()[role], signal.SIGSTOP)


def go_on(site: Site, role: str) -> None:
    """Let a process go on."""
    os.kill(site.tollway.pids()[role], signal.SIGCONT)


def compare(name: str, sites: tuple[Site, Site], role: str, progress: Callable[[], int]) -> None:
    """Load both in turns, with the work of that process in the second; hold the medians against the bar."""
    quiet, busy = sites
    without, beside = list[float](), list[float]()
    for _ in range(TURNS):
        without.append(quiet.p99_ms())
        before = progress()
        go_on(busy, role)
        beside.append(busy.p99_ms())
        pause(busy, role)
        assert progress() > before, "the work went on"
    base, with_it = statistics.median(without), statistics.median(beside)
    each = ", ".join(f"{one:.1f}/{two:.1f}" for one, two in zip(without, beside, strict=True))
    print(f"\n{name}: p99 {base:.2f} ms without, {with_it:.2f} ms beside it ({with_it / base:.2f} x; turns: {each} ms)")
    assert with_it <= max(SLOWER_MAX * base, base + NOISE_MS)


def test_retention_deletes_beside_the_data_plane(sites: tuple[Site, Site]) -> None:
    path = sites[1].tollway.data / "ledger.db"

    def deleted() -> int:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (calls,) = connection.execute("SELECT count(*) FROM calls WHERE request_id LIKE 'req_old%'").fetchone()
            (minutes,) = connection.execute("SELECT count(*) FROM usage_minutes").fetchone()
        return OLD_CALLS + 4 * OLD_MINUTES - int(calls) - int(minutes)

    compare("retention", sites, "ledger", deleted)
    print(f"{deleted()} rows deleted meanwhile")
    go_on(sites[1], "ledger")


def test_an_act_on_a_million_goes_on_beside_the_data_plane(sites: tuple[Site, Site]) -> None:
    busy = sites[1]
    busy.tollway.run("plan", "create", "many", "--rpm", "1000")
    path = busy.tollway.data / "config.db"
    plan = json.loads(busy.tollway.run("plan", "show", "many", "--json"))
    act = {"kind": "set_plan", "plan_id": plan["id"]}
    asked = LocalAPI(busy.tollway.data).ask("POST", "/token-jobs", {"filter": {"search": "many"}, "act": act})
    status, job = asyncio.run(asked)
    assert status == 201, job
    pause(busy, "console")

    def looked_at() -> int:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            query = "SELECT looked_at FROM bulk_jobs WHERE id = ?"
            return int(connection.execute(query, (job["id"],)).fetchone()[0])

    compare("an act on many tokens", sites, "console", looked_at)
    print(f"{looked_at()} tokens changed meanwhile")
    go_on(busy, "console")
