"""CPU of the ledger for each call it takes in: journal frame to committed rows, on SQLite.

Run as `python bench/ledger_ingest.py [--calls N] [--tokens N] [--profile]`; the bar is 6 microseconds a call.
The journal is written beforehand and does not count.
"""

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from pathlib import Path

from tollway.adapters.journal import JournalWriter
from tollway.adapters.journal.source import DirectoryJournalSource
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.ledger import SQLLedgerStore
from tollway.adapters.storage.migrate import migrate
from tollway.contract.records import Attempt, Charge, CloseRecord, OpenRecord
from tollway.contract.usage import Usage
from tollway.kernel.ids import RequestIds
from tollway.ledger.ingest import Ingest

STARTED_NS = 1_800_000_000 * 10**9
CALL_NS = 66_000


def write_journal(folder: Path, calls: int, tokens: int, concurrent: int = 64) -> None:
    """Write `calls` calls as a busy worker would: each open 64 calls before its close."""
    writer = JournalWriter(folder, "bench")
    ids = RequestIds()
    waiting: list[OpenRecord] = []
    for number in range(calls + concurrent):
        if number < calls:
            waiting.append(opened(ids.new(STARTED_NS + number * CALL_NS), number, tokens))
            writer.append(waiting[-1])
        if number >= concurrent:
            writer.append(closed(waiting.pop(0), number))
    writer.close()


def opened(request_id: str, number: int, tokens: int) -> OpenRecord:
    """Return what a chat call with a token, an application and a budget writes first."""
    return OpenRecord(
        request_id,
        STARTED_NS + number * CALL_NS,
        "POST",
        "/v1/chat/completions",
        "chat",
        token_id=f"tok{number % tokens:09d}",
        application_id="app_0123456789abcdef",
        team_id="team_0123456789abcdef",
        model="gpt-test",
        provider_id="prov_0123456789abcdef",
        upstream_model="gpt-test-1",
        charges=(Charge(f"tok{number % tokens:09d}", "bud_0123456789abcdef", 1_799_000_000 * 10**9, 4_000_000),),
        estimate=Usage(input_tokens=80, output_tokens=500),
        estimate_nanos=4_000_000,
    )


def closed(call: OpenRecord, number: int) -> CloseRecord:
    """Return the close of a call, with everything a worker records."""
    return CloseRecord(
        call.request_id,
        call.started_ns,
        900 + number % 5000,
        200,
        "ok",
        call.operation,
        method=call.method,
        route=call.route,
        token_id=call.token_id,
        application_id=call.application_id,
        team_id=call.team_id,
        model=call.model,
        provider_id=call.provider_id,
        upstream_model=call.upstream_model,
        was_opened=True,
        first_byte_us=800 + number % 4000,
        upstream_us=700 + number % 4000,
        overhead_us=90 + number % 100,
        stages_us=(10, 20, 15, 12, 700, 9),
        request_bytes=260,
        response_bytes=900,
        usage=Usage(input_tokens=21, output_tokens=40 + number % 100),
        cost_nanos=812_500,
        price_source="genai-prices 0.2.3",
        charges=(msgspec_replace(call.charges[0], 812_500),),
        attempts=(
            Attempt("prov_0123456789abcdef", "gpt-test-1", "key_0123456789abcdef", 60, 700, 200, "", "req-up-1"),
        ),
        client_address="127.0.0.1",
        client_agent="OpenAI/Python 1.99.0",
    )


def msgspec_replace(charge: Charge, nanos: int) -> Charge:
    """Return the charge with another amount."""
    return Charge(charge.owner_id, charge.budget_id, charge.period_start_ns, nanos)


def main() -> None:
    """Write the journal, take it in, and print the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=60_000)
    parser.add_argument("--tokens", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "journal").mkdir()
        write_journal(folder / "journal", options.calls, options.tokens)
        engine = open_engine(folder / "ledger.db", database="ledger", writer=True)
        migrate(engine, "ledger", folder / "backups")
        ingest = Ingest(DirectoryJournalSource(folder / "journal"), SQLLedgerStore(engine))
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        profile = cProfile.Profile()
        started = time.process_time()
        if options.profile:
            profile.enable()
        steps = 0
        while ingest.ingested < options.calls:
            ingest.step()
            steps += 1
        profile.disable()
        cpu = time.process_time() - started
        size = (folder / "ledger.db").stat().st_size
        engine.dispose()
        if options.profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        each = cpu / options.calls * 1e6
        print(f"ledger: {each:.2f} us CPU a call, {steps} batches, {size / options.calls:.0f} bytes a call")


if __name__ == "__main__":
    main()
