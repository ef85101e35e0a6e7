"""How long the ledger's questions take over 100,000,000 calls rolled up, on SQLite.

Run as `python bench/ledger_queries.py [--tokens N] [--days N]`; the bar is 300 ms for every question. The sums are
written straight into the tables, as ingest would have left them.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.ledger import SQLLedgerStore, open_store
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.contract.ledger_api import CallsQuery, LastUseQuery, UnpricedQuery, UsageQuery
from tollway.ledger.model import CUBES, DAY, FULL, HOUR, MINUTE, Group, Sums, coarser
from tollway.ledger.ports import Batch, SumsKey
from tollway.ledger.queries import answer

CALLS = 100_000_000
NOW = 1_800_000_000 // DAY * DAY + 12 * HOUR + 1_234
MODELS = 12


def fill(store: SQLLedgerStore, tokens: int, days: int) -> int:
    """Write sums of `CALLS` calls by `tokens` tokens over `days` days; return how many rows."""
    rng = random.Random(1)
    groups: dict[Group, int] = {}
    outcomes = (("ok", 200), ("refused", 429), ("ok", 400))
    for number in range(tokens):
        for outcome, status in outcomes:
            consumer = (f"tok{number:06d}", f"app{number % 300}", f"team{number % 20}")
            rest = ("", f"m{number % MODELS}", f"prov{number % 4}", "chat", outcome, "live", status)
            full = Group(FULL, *consumer, *rest)
            for group in (full, *coarser(full)):
                groups.setdefault(group, len(groups) + 1)
    write(store, {}, groups)
    by_cube = {cube: [number for group, number in groups.items() if group.cube == cube] for cube in CUBES}
    rows = 0
    # A tenth of the full groups is active in an hour, a hundredth in a minute; every coarse one always is.
    for resolution, span, share in ((DAY, days * DAY, 1.0), (HOUR, days * DAY, 0.1), (MINUTE, 2 * DAY, 0.01)):
        for start in range((NOW - span) // resolution * resolution, NOW, resolution):
            sums: dict[SumsKey, Sums] = {}
            for cube, numbers in by_cube.items():
                active = numbers if cube > 1 else rng.sample(numbers, int(len(numbers) * share))
                each = max(CALLS * resolution // (days * DAY) // len(active), 1)
                for number in active:
                    histogram = dict.fromkeys(range(20, 28), each // 8 + 1)
                    sums[cube, start, number] = Sums(
                        [each, 0, 0, 0, 0, each * 400, each * 90, 0, each * 10**6, 0, 0], [histogram] * 3
                    )
            rows += len(sums)
            write(store, {resolution: sums}, {})
    return rows


def write(store: SQLLedgerStore, sums: dict[int, dict[SumsKey, Sums]], groups: dict[Group, int]) -> None:
    """Apply a batch of sums and groups only."""
    named = [(number, group) for group, number in groups.items()]
    store.apply(Batch({}, (), (), (), named, (), sums, {}, (), {}, {}))


def main() -> None:
    """Fill a database and time the questions that pages ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=30)
    options = parser.parse_args()
    now, day = NOW * 10**9, DAY * 10**9
    with tempfile.TemporaryDirectory() as name:
        engine = open_engine(Path(name) / "ledger.db", database="ledger", writer=True)
        rows = fill(open_store(engine, Path(name)), options.tokens, options.days)
        reader_engine = open_engine(Path(name) / "ledger.db", database="ledger", writer=False)
        reader = SQLUsageReader(reader_engine)
        print(f"{rows} rows of sums, {(Path(name) / 'ledger.db').stat().st_size / 1e6:.0f} MB")
        month = {"since_ns": now - 29 * day, "until_ns": now}
        for title, query in {
            "home: hour by minute": UsageQuery(now - day // 24, now, interval="minute"),
            "home: day by minute, by status": UsageQuery(
                now - day, now, by=("status",), interval="minute", limit=10_000
            ),
            "home: day by hour": UsageQuery(now - day, now, interval="hour"),
            "home: month by day": UsageQuery(**month, interval="day"),
            "month in one": UsageQuery(**month),
            "month by model": UsageQuery(**month, by=("model",)),
            "month by model and day": UsageQuery(**month, by=("model",), interval="day"),
            "month by token, 50 first": UsageQuery(**month, by=("token",), limit=50),
            "month by application": UsageQuery(**month, by=("application",), limit=1000),
            "month of one token by day": UsageQuery(**month, filters={"token": "tok000007"}, interval="day"),
            "day of one token by minute": UsageQuery(now - day, now, filters={"token": "tok000007"}, interval="minute"),
            "calls": CallsQuery(),
            "calls of a token": CallsQuery(filters={"token": "tok000007"}),
            "last uses": LastUseQuery(tuple(f"tok{n:06d}" for n in range(50))),
            "unpriced": UnpricedQuery(0),
        }.items():
            times = []
            for _ in range(3):
                started = time.perf_counter()
                answer(query, reader)
                times.append(time.perf_counter() - started)
            print(f"{min(times) * 1000:8.1f} ms  {title}")
        engine.dispose()
        reader_engine.dispose()


if __name__ == "__main__":
    main()
