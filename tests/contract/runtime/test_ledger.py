"""The ledger as a process: starts, answers, takes in what is there, and leaves when told."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from kit.ledger_calls import make_journal, random_calls, write
from tollway.adapters.ledger_client import LedgerClient
from tollway.adapters.storage.engine import open_engine
from tollway.contract.ledger_api import CallsQuery, HealthQuery, InFlightAnswer, InFlightQuery, UsageAnswer, UsageQuery
from tollway.runtime.ledger import ask_offline, build_parts, run_ledger
from tollway.settings.model import Settings

LEDGER = """
import sys, time
from pathlib import Path
from tollway.runtime.ledger import run_ledger
from tollway.settings.model import Settings
heavy = {"fastapi", "starlette", "alembic", "typer", "genai_prices", "psycopg"} & set(sys.modules)
assert not heavy, heavy
fd = int(sys.argv[2]) if len(sys.argv) > 2 else None
sys.exit(run_ledger(Settings(data=Path(sys.argv[1])), ready=lambda: print("ready", flush=True), gone_fd=fd))
"""


def start(folder: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LEDGER, str(folder), *arguments], stdout=subprocess.PIPE, text=True, **options
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_ledger_told_to_stop_takes_in_what_is_there_and_exits_0(tmp_path):
    process = start(tmp_path)
    assert LedgerClient(tmp_path / "run/ledger.sock").ask(HealthQuery()).orphans == 0
    journal = make_journal(tmp_path)
    write(journal, random_calls(seed=1, count=200))
    journal.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=False)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM calls")).scalar() == 200
    engine.dispose()


def test_a_ledger_whose_supervisor_is_gone_leaves(tmp_path):
    ours, theirs = socket.socketpair()
    process = start(tmp_path, str(theirs.fileno()), pass_fds=(theirs.fileno(),))
    theirs.close()
    os.kill(process.pid, signal.SIGINT)  # Ctrl-C reaches all of a terminal's processes; the supervisor decides.
    time.sleep(0.1)
    assert process.poll() is None
    ours.close()
    assert process.wait(20) == 0
    process.stdout.close()


def test_a_newer_schema_is_not_touched(tmp_path, caplog):
    settings = Settings(data=tmp_path)
    build_parts(settings).open_store()
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert run_ledger(settings) == 1
    assert "schema 9999" in caplog.text


def test_a_stopped_directory_answers_offline_after_taking_in_its_journals(tmp_path):
    journal = make_journal(tmp_path)
    pairs = random_calls(seed=2, count=50)
    write(journal, pairs)
    journal.append(pairs[0][0].__class__("req_open", 1, "GET", "/", "http"))
    journal.close()
    found = ask_offline(Settings(data=tmp_path), UsageQuery(0, 2**62))
    assert isinstance(found, UsageAnswer) and found.rows[0].calls == 51
    page = ask_offline(Settings(data=tmp_path), CallsQuery(filters={"outcome": "crashed"}))
    assert [call.request_id for call in page.calls] == ["req_open"]
    assert ask_offline(Settings(data=tmp_path), InFlightQuery()) == InFlightAnswer(())
    with pytest.raises(AssertionError):
        ask_offline(Settings(data=tmp_path), HealthQuery())
