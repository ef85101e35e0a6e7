"""Calls of every kind for tests of the ledger, and a plain model of what it should say about them."""

import random
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from tollway.adapters.journal import JournalWriter
from tollway.adapters.journal.source import DirectoryJournalSource
from tollway.adapters.storage.ledger import open_store
from tollway.contract.ledger_api import UsageRow
from tollway.contract.records import Attempt, Charge, CloseRecord, OpenRecord
from tollway.contract.usage import Usage
from tollway.kernel.ids import RequestIds
from tollway.ledger.ingest import Ingest

DAY_NS = 86_400 * 10**9
START_NS = 20_900 * DAY_NS
ALL = {"since_ns": START_NS - DAY_NS, "until_ns": START_NS + 40 * DAY_NS}
ids = RequestIds()


def make_ingest(folder: Path, engine: Engine) -> Ingest:
    """Build an ingest of `folder/journal` into a migrated database."""
    (folder / "journal").mkdir(exist_ok=True)
    return Ingest(DirectoryJournalSource(folder / "journal"), open_store(engine, folder / "backups"))


def drain(ingest: Ingest) -> None:
    """Step until nothing is left to read."""
    while ingest.step().has_read:
        pass


def make_journal(folder: Path, process: str = "worker-0", **options: int) -> JournalWriter:
    """Start a journal in `folder/journal`."""
    (folder / "journal").mkdir(exist_ok=True)
    return JournalWriter(folder / "journal", process, **options)


def make_open(started_ns: int = START_NS, **changes: object) -> OpenRecord:
    """Return the open of a chat call."""
    record = OpenRecord(
        ids.new(started_ns),
        started_ns,
        "POST",
        "/v1/chat/completions",
        "chat",
        token_id="tokA",
        application_id="app1",
        team_id="team1",
        model="m1",
        provider_id="prov1",
        upstream_model="up1",
        charges=(Charge("tokA", "bud1", START_NS, 900),),
        estimate=Usage(input_tokens=10, output_tokens=90),
        estimate_nanos=900,
    )
    return msgspec.structs.replace(record, **changes)


def make_close(opened: OpenRecord, **changes: object) -> CloseRecord:
    """Return the close of an opened call."""
    record = CloseRecord(
        opened.request_id,
        opened.started_ns,
        1_500,
        200,
        "ok",
        opened.operation,
        method=opened.method,
        route=opened.route,
        token_id=opened.token_id,
        application_id=opened.application_id,
        team_id=opened.team_id,
        model=opened.model,
        provider_id=opened.provider_id,
        upstream_model=opened.upstream_model,
        was_opened=True,
        first_byte_us=1_000,
        overhead_us=90,
        usage=Usage(input_tokens=10, output_tokens=5),
        cost_nanos=150,
        charges=tuple(Charge(c.owner_id, c.budget_id, c.period_start_ns, 150) for c in opened.charges),
        attempts=(Attempt("prov1", "up1", "key1", 50, 800, 200, ""),),
        client_address="10.0.0.1",
        client_agent="test/1",
    )
    return msgspec.structs.replace(record, **changes)


def random_calls(seed: int, count: int, span_ns: int = 2 * DAY_NS) -> list[tuple[OpenRecord, CloseRecord]]:
    """Return calls with many combinations of everything, in order of their start."""
    rng = random.Random(seed)
    calls = []
    for started_ns in sorted(START_NS + rng.randrange(span_ns) for _ in range(count)):
        token = rng.choice("ABC")
        opened = make_open(
            started_ns,
            token_id=f"tok{token}",
            application_id=f"app{rng.randrange(2)}",
            model=f"m{rng.randrange(3)}",
            upstream_model=f"up{rng.randrange(2)}",
            charges=(Charge(f"tok{token}", "bud1", started_ns - started_ns % DAY_NS, 900),),
        )
        status, outcome = rng.choice(
            [(200, "ok")] * 6
            + [
                (429, "refused"),
                (404, "refused"),
                (400, "ok"),
                (503, "failed"),
                (200, "truncated"),
                (200, "disconnected"),
            ]
        )
        calls.append(
            (
                opened,
                make_close(
                    opened,
                    status=status,
                    outcome=outcome,
                    duration_us=rng.randrange(50, 10**7),
                    first_byte_us=rng.choice([0, rng.randrange(1, 10**6)]),
                    overhead_us=rng.randrange(20, 900),
                    usage=Usage(
                        rng.randrange(1000), rng.randrange(1000), rng.randrange(9), is_estimated=rng.random() < 0.2
                    ),
                    cost_nanos=rng.choice([None, 0, rng.randrange(10**6)]),
                    client_address=f"10.0.0.{rng.randrange(4)}",
                ),
            )
        )
    return calls


def figures(calls: list[CloseRecord]) -> dict[str, int]:
    """Return the plain sums of some calls, by the names of UsageRow."""
    return {
        "calls": len(calls),
        "refused": sum(call.outcome == "refused" for call in calls),
        "client_errors": sum(400 <= call.status < 500 for call in calls),
        "server_errors": sum(
            call.status >= 500 or (call.outcome in ("failed", "truncated", "crashed") and not 400 <= call.status < 500)
            for call in calls
        ),
        "limited": sum(call.status == 429 for call in calls),
        "input_tokens": sum(call.usage.input_tokens for call in calls),
        "output_tokens": sum(call.usage.output_tokens for call in calls),
        "cached_input_tokens": sum(call.usage.cached_input_tokens for call in calls),
        "cost_nanos": sum(call.cost_nanos or 0 for call in calls),
        "unpriced_calls": sum(call.cost_nanos is None for call in calls),
        "estimated_calls": sum(call.usage.is_estimated for call in calls),
    }


def row_figures(row: UsageRow) -> dict[str, int]:
    """Return the same of an answer."""
    return {name: getattr(row, name) for name in figures([])}


def write(journal: JournalWriter, pairs: list[tuple[OpenRecord, CloseRecord]]) -> None:
    """Append each open and close."""
    for opened, closed in pairs:
        journal.append(opened)
        journal.append(closed)
