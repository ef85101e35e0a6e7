"""The ledger is killed at any instant and loses nothing and counts nothing twice."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from kit.ledger_calls import figures, make_close, make_journal, random_calls
from tollway.adapters.journal.source import DirectoryJournalSource
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.ledger import open_store
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.contract.ledger_api import CallsQuery, SpentQuery, UsageQuery
from tollway.contract.records import encode
from tollway.ledger.ingest import Ingest, crash
from tollway.ledger.queries import answer

LEDGER = """
import os, signal, sys
from pathlib import Path
import tollway.ledger.ingest as module
from tollway.adapters.journal.source import DirectoryJournalSource
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.ledger import open_store

def run(folder):
    engine = open_engine(folder / "ledger.db", database="ledger", writer=True)
    ingest = module.Ingest(DirectoryJournalSource(folder / "journal"), open_store(engine, folder / "backups"))
    while True:
        ingest.step()

module.READ_BYTES = 6_000
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        run(Path(line.strip()))
    print(pid, flush=True)
"""
"""A process that forks a ledger for each line it reads, so that the libraries are loaded once."""


@pytest.fixture
def start_ledger(tmp_path):
    """A function that starts a ledger on the test's folder and returns its process id."""
    process = subprocess.Popen([sys.executable, "-c", LEDGER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start() -> int:
        process.stdin.write(f"{tmp_path}\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    yield start
    process.stdin.close()
    process.wait()
    process.stdout.close()


def test_sums_are_equal_after_kills_at_random_instants(tmp_path, start_ledger):
    rng = random.Random(20)
    pairs = random_calls(seed=20, count=1_100)
    journal = make_journal(tmp_path, rotate_bytes=60_000)
    crashed = pairs[-5:]
    position = 0
    for _ in range(8):
        ledger = start_ledger()
        deadline = time.monotonic() + rng.uniform(0.0, 0.2)
        while time.monotonic() < deadline or position == 0:
            for opened, closed in pairs[position : position + 40]:
                journal.append(opened)
                if (opened, closed) not in crashed:
                    journal.append(closed)
            position = min(position + 40, len(pairs))
        os.kill(ledger, signal.SIGKILL)
    for opened, closed in pairs[position:]:
        journal.append(opened)
        if (opened, closed) not in crashed:
            journal.append(closed)
    journal.close()
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    ingest = Ingest(DirectoryJournalSource(tmp_path / "journal"), open_store(engine, tmp_path / "backups"))
    while list((tmp_path / "journal").iterdir()):
        ingest.step()
    engine.dispose()

    expected = [closed for opened, closed in pairs[:-5]] + [crash(encode(opened)) for opened, _ in crashed]
    reader_engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=False)
    reader = SQLUsageReader(reader_engine)
    found = answer(CallsQuery(limit=1_000), reader)
    rest = answer(CallsQuery(limit=1_000, before=found.next), reader)
    assert sorted(call.request_id for call in found.calls + rest.calls) == sorted(call.request_id for call in expected)
    for by in (), ("token",):
        rows = answer(UsageQuery(0, 2**62, by=by), reader).rows
        assert sum(row.calls for row in rows) == len(expected)
        for name, total in figures(expected).items():
            assert sum(getattr(row, name) for row in rows) == total, name
    spent = sum(charge.nanos for call in expected for charge in call.charges)
    by_day = {call.charges[0].period_start_ns for call in expected}
    assert sum(row.nanos for day in by_day for row in answer(SpentQuery(day), reader).rows) == spent
    reader_engine.dispose()


def test_an_open_call_of_a_killed_worker_is_closed_once_even_if_the_ledger_dies_too(tmp_path, start_ledger):
    pairs = random_calls(seed=21, count=20)
    journal = make_journal(tmp_path)
    for opened, _ in pairs:
        journal.append(opened)
    for opened, _ in pairs[:10]:
        journal.append(make_close(opened))
    for _ in range(2):
        ledger = start_ledger()
        time.sleep(0.1)
        os.kill(ledger, signal.SIGKILL)
    journal.close()
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    for _ in range(3):
        ingest = Ingest(DirectoryJournalSource(tmp_path / "journal"), open_store(engine, tmp_path / "backups"))
        ingest.step()
        ingest.step()
    engine.dispose()
    reader_engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=False)
    calls = answer(CallsQuery(limit=100), SQLUsageReader(reader_engine)).calls
    assert sorted(call.outcome for call in calls) == ["crashed"] * 10 + ["ok"] * 10
    reader_engine.dispose()
