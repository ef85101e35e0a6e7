"""`tollway scan`: files and histories, states from the console where there is one, reports when asked."""

from pathlib import Path

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn
from tollway.policy.token import generate_token

TOKENS = [generate_token("s", bytes([index]) * 48).reveal() for index in range(2)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "a.txt").write_text(f"{TOKENS[0]}\n{TOKENS[1]}\n{TOKENS[0]}\n{TOKENS[0][:-1]}\n")
    return folder


def test_nothing_found_exits_with_0_and_says_how_much_was_looked_at(run: Run, tmp_path: Path) -> None:
    (tmp_path / "clean.txt").write_text("tws_" + "x" * 61)
    done = run("scan", str(tmp_path / "clean.txt"))
    assert (done.code, done.out) == (0, "")
    assert done.err == "nothing found in 1 files and 0 objects of repositories\n"
    missing = run("scan", str(tmp_path / "gone"))
    assert missing.code == 2 and "there is no" in missing.err


def test_found_tokens_exit_with_1_and_are_shown_masked(run: Run, folder: Path) -> None:
    """No installation is running: nothing is known of their state."""
    done = run("scan", str(folder))
    assert done.code == 1
    assert done.out.splitlines()[0] == f"{folder}/a.txt:1:1: tws_{TOKENS[0][4:16]}…"
    assert len(done.out.splitlines()) == 3 and TOKENS[0][16:] not in done.out + done.err
    sarif = run("scan", str(folder), "--format", "sarif").json
    assert len(sarif["runs"][0]["results"]) == 3
    shown = run("scan", str(folder), "--json").json
    assert {item["state"] for item in shown["findings"]} == {"not_checked"}


def test_a_running_installation_says_what_each_token_is(console: ConsoleStandIn, run: Run, folder: Path) -> None:
    console.answer("POST", "/security/lookup", {"items": [{"state": "active"}, {"state": "unknown"}]})
    done = run("scan", str(folder))
    assert [line.split("  ")[-1] for line in done.out.splitlines()] == [
        "ACTIVE",
        "not a token of this installation",
        "ACTIVE",
    ]
    assert console.asked[-1].json == {"tokens": [{"token": TOKENS[0]}, {"token": TOKENS[1]}]}
    asked = len(console.asked)
    assert run("scan", str(folder), "--offline").code == 1 and len(console.asked) == asked


def test_a_report_names_each_token_once_with_its_first_place(console: ConsoleStandIn, run: Run, folder: Path) -> None:
    console.answer("POST", "/security/reports", {"items": [{"state": "quarantined"}, {"state": "unknown"}]})
    done = run("scan", str(folder), "--report")
    assert done.code == 1 and "quarantined" in done.out
    assert console.asked[-1].json["tokens"][0] == {
        "token": TOKENS[0],
        "url": f"{folder}/a.txt:1",
        "source": "scan",
    }
    console.answer("POST", "/security/reports", {"items": [{"state": "active"}, {"state": "unknown"}]})
    run("scan", str(folder), "--report", "--where", "https://code.example/r")
    assert console.asked[-1].json["tokens"][0]["url"] == "https://code.example/r"
