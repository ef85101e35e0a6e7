"""Thirteen months of calls in a ledger: the last days taken in call by call, and the days before as their shadows.

The real ingest takes in every call of the last four whole days and of today until NOW, with their single records. The
days before are made of these four in turn: rows of sums moved by whole days, which is what ingest makes of the same
calls moved by as many (a test compares them). Sums by hour are there for the last HOURS_DAYS days and the first four,
sums by minute for the last four, so that the file stays of a size that a test can make; no page asks for what is left
out. The sums are condensed by the ledger's own condenser, and those of shadows moved as their days are.
"""

import random
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

from kit.ledger_calls import drain, make_ingest, make_journal
from tollway.contract.records import Attempt, Charge, CloseRecord, Outcome
from tollway.contract.usage import Usage
from tollway.kernel.ids import RequestIds, encode_base62
from tollway.ledger.ingest import Ingest
from tollway.ledger.model import DAY, HOUR, SPANS

DAYS = 396
"""Whole days before today: some thirteen months."""
CALLS_A_DAY = 253_000
WHOLE_DAYS = 4
"""Days taken in call by call; those before are their shadows."""
HOURS_DAYS = 36
TODAY = 1_800_000_000 // SPANS[0] * SPANS[0]
"""The four days before are one span."""
NOW = TODAY + 9 * HOUR + 1_234
"""An instant with edges of every kind: neither a whole hour nor a whole minute."""
BUSY, TAIL, APPLICATIONS, TEAMS, MODELS, PROVIDERS, SERVICES = 1_000, 20_000, 100, 10, 50, 5, 20
_INDEXED = ("usage_minutes", "usage_hours", "usage_days", "usage_condensed")
_ENDINGS: tuple[tuple[Outcome, int], ...] = (("ok", 200), ("refused", 429), ("failed", 503), ("ok", 400))
_ENDING_WEIGHTS = (94, 97, 99, 100)


class Who(NamedTuple):
    """A token and whose it is."""

    token: str
    application: str
    team: str


class History:
    """Who calls, and what they do on a day. The same seed makes the same calls."""

    def __init__(self, applications: list[tuple[str, str]], calls_a_day: int = CALLS_A_DAY) -> None:
        """`applications` are (id, id of its team)."""
        self.calls_a_day = calls_a_day
        names = [encode_base62(7_919 * number + 1, 12) for number in range(BUSY + TAIL)]
        self.callers = [Who(name, *applications[at % len(applications)]) for at, name in enumerate(names)]
        self._busy_weights = list(accumulate(1 / (5 + rank) ** 0.8 for rank in range(BUSY)))

    def calls(self, day: int) -> Iterator[CloseRecord]:
        """Yield the calls of a day, `day` days after TODAY, in order of their start; of today those before NOW."""
        return self.calls_like(day % WHOLE_DAYS, TODAY + day * DAY, NOW)

    def calls_like(self, template: int, day_start: int, until: int) -> Iterator[CloseRecord]:
        """Yield the calls of one of the four days as if they were made on the day that starts then."""
        rng = random.Random(template)
        ids = RequestIds()
        tail = BUSY + template * (TAIL // WHOLE_DAYS)
        starts = sorted(rng.randrange(DAY * 1_000) for _ in range(self.calls_a_day))
        busy = rng.choices(range(BUSY), cum_weights=self._busy_weights, k=self.calls_a_day)
        for at, start_ms in enumerate(starts):
            is_tail = rng.random() < 0.1
            caller = tail + rng.randrange(TAIL // WHOLE_DAYS) if is_tail else busy[at]
            started_ns = day_start * 10**9 + start_ms * 10**6
            shape = rng.randrange(1 << 30)
            if started_ns < until * 10**9:
                yield self._call(ids.new(started_ns), started_ns, caller, shape)

    def _call(self, request_id: str, started_ns: int, caller: int, shape: int) -> CloseRecord:
        who = self.callers[caller]
        is_chat = caller % 3 > 0 or shape % 2 == 0
        model = (caller * 7 + (shape % 3 == 0)) % MODELS
        part = shape // 7 % 100
        outcome, status = next(ending for ending, upto in zip(_ENDINGS, _ENDING_WEIGHTS, strict=True) if part < upto)
        duration_us = 40_000 + shape % 400_000 if is_chat else 3_000 + shape % 40_000
        tokens = Usage(200 + shape % 900, 40 + shape % 300, shape % 90) if is_chat and status == 200 else Usage()
        cost = tokens.input_tokens * 150 + tokens.output_tokens * 600
        provider = f"prov_{model % PROVIDERS:012d}"
        day_ns = started_ns - started_ns % (DAY * 10**9)
        return CloseRecord(
            request_id,
            started_ns,
            duration_us,
            status,
            outcome,
            "chat" if is_chat else "http",
            *who,
            service_id="" if is_chat else f"svc_{caller % SERVICES:012d}",
            model=f"model-{model:02d}" if is_chat else "",
            provider_id=provider if is_chat else "",
            upstream_model=f"model-{model:02d}" if is_chat else "",
            first_byte_us=duration_us // 3,
            overhead_us=90 + shape % 100,
            usage=tokens,
            cost_nanos=None if is_chat and model == 49 else cost,
            charges=(Charge(who.token, "day", day_ns, cost),) if cost else (),
            client_address=f"10.{caller % 200}.{caller // 200}.{shape % 3}",
            client_agent="OpenAI/Python 1.99.0",
            method="POST",
            route="/v1/chat/completions",
            was_opened=outcome != "refused",
            attempts=(Attempt(provider, "m", "key_1", 60, duration_us - 90, status, ""),),
        )


def take_in_day(folder: Path, engine: Engine, calls: Iterator[CloseRecord]) -> Ingest:
    """Take in these calls with the real ingest, through a journal in the folder; return it."""
    ingest = make_ingest(folder, engine)
    journal = make_journal(folder)
    for number, call in enumerate(calls):
        journal.append(call)
        if number % 6_000 == 0:
            ingest.step()
    journal.close()
    drain(ingest)
    return ingest


def condense(ingest: Ingest) -> None:
    """Condense whatever is over by now."""
    idle, now_ns = 0, NOW * 10**9
    while idle < 3:
        # It looks for more once a minute.
        idle = 0 if ingest.condense(now_ns + 61 * 10**9 * idle) else idle + 1


def fill(folder: Path, engine: Engine, history: History) -> int:
    """Make the whole history; return how many calls it is."""
    for day in (*range(-WHOLE_DAYS, 0), 0):
        take_in_day(folder, engine, history.calls(day))
    ingest = make_ingest(folder, engine)
    ingest.step()
    condense(ingest)
    with engine.begin() as connection:
        for name in _INDEXED:
            connection.execute(text(f"DROP INDEX {name}_by_group"))
        for table, start, where, times in _shadows():
            _shade(connection, table, start, where, times=times)
        # Spans of more days are condensed anew, since their days have calls now. Hours that are left out have none.
        for table in ("usage_condensed", "condensed_units"):
            connection.execute(text(f"DELETE FROM {table} WHERE resolution > {SPANS[0]}"))
        hours = f"SELECT :first UNION ALL SELECT start + {HOUR} FROM hours WHERE start + {HOUR} < {TODAY}"
        mark = f"INSERT OR IGNORE INTO condensed_units SELECT {HOUR}, start FROM hours"
        connection.execute(text(f"WITH RECURSIVE hours(start) AS ({hours}) {mark}"), {"first": TODAY - DAYS * DAY})
        for name in _INDEXED:
            columns = "group_id, resolution, start_seconds" if name == "usage_condensed" else "group_id, start_seconds"
            connection.execute(text(f"CREATE INDEX {name}_by_group ON {name} ({columns})"))
    ingest = make_ingest(folder, engine)
    ingest.step()
    condense(ingest)
    with engine.connect() as connection:
        calls: int = connection.execute(text("SELECT sum(calls) FROM usage_days WHERE cube = 3")).scalar_one()
    return calls


def _shadows() -> Iterator[tuple[str, str, str, Iterable[int]]]:
    """Yield (table, its column of time, which rows, how many times four days they are moved back)."""
    oldest = DAYS // WHOLE_DAYS - 1
    every, hourly = range(oldest, 0, -1), (oldest, *range(HOURS_DAYS // WHOLE_DAYS - 1, 0, -1))
    yield "usage_days", "start_seconds", "true", every
    yield "usage_hours", "start_seconds", "true", hourly
    yield "usage_condensed", "start_seconds", f"resolution BETWEEN {DAY} AND {SPANS[0]}", every
    yield "condensed_units", "start_seconds", f"resolution BETWEEN {DAY} AND {SPANS[0]}", every
    yield "usage_condensed", "start_seconds", f"resolution = {HOUR}", hourly
    yield "condensed_units", "start_seconds", f"resolution = {HOUR}", hourly
    yield "spent", "period_start_ns", "true", every
    yield "unpriced", "day_seconds", "true", every


def _shade(connection: Connection, table: str, start: str, where: str, *, times: Iterable[int]) -> None:
    """Copy the rows of the four days that were taken in to as many days before, so many times as often."""
    unit = 10**9 if start.endswith("_ns") else 1
    columns = [row[1] for row in connection.execute(text(f"PRAGMA table_info({table})"))]
    moved = ", ".join(f"{name} - :shift" if name == start else name for name in columns)
    copy = text(
        f"INSERT OR IGNORE INTO {table} SELECT {moved} FROM {table} "
        f"WHERE {start} >= :since AND {start} < :until AND {where}"
    )
    for number in times:
        shift, since = number * WHOLE_DAYS * DAY * unit, (TODAY - WHOLE_DAYS * DAY) * unit
        connection.execute(copy, {"shift": shift, "since": since, "until": TODAY * unit})
