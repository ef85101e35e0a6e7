"""`tollway security` against a console in this process: listed, acted on, undone, rules, decoys, replays."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit.command_line import Run
from kit.console import Console, console_on
from kit.control import ACTOR
from tollway.cli import connect
from tollway.cli.in_process import InProcessAPI
from tollway.control.tokens.model import NewToken
from tollway.web.local import LocalApp


@pytest.fixture(autouse=True)
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    with console_on(tmp_path, is_set_up=False) as console:
        app = LocalApp(console.app)
        monkeypatch.setattr(connect, "connect", lambda *_: InProcessAPI(app, ExitStack()))
        yield console


def test_an_event_is_listed_acted_on_undone_and_closed(run: Run, application: Console) -> None:
    token = application.plane.tokens.issue(NewToken("shop"), ACTOR).token
    assert run("security", "list").out == "no security events\n"
    application.security.find("spike", token.id, "high")
    listed = run("security", "list", "--kind", "spike", "--token", "shop")
    assert "high" in listed.out and f"shop ({token.id})" in listed.out and "192.0.2.1" in listed.out
    (event,) = run("security", "list", "--json").json["items"]
    assert "can undo" in run("security", "show", event["id"]).out
    acted = run("security", "act", event["id"], "quarantine")
    assert acted.out == f"{event['id']} is open; shop ({token.id}): quarantine done\n"
    assert run("security", "undo", event["id"]).out.endswith("quarantine undone\n")
    assert run("security", "undo", event["id"]).code == 1
    assert run("security", "acknowledge", event["id"], "--note", "seen").code == 0
    application.security.find("spike", token.id, detail="again")
    (again,) = run("security", "list", "--json").json["items"]
    assert run("security", "expect", again["id"], "--json").json["state"] == "expected"
    assert run("security", "list").out == "no security events\n"
    assert len(run("security", "list", "--state", "all", "--json").json["items"]) == 2
    (expected,) = run("security", "expected", "--json").json["items"]
    assert (expected["kind"], expected["subject"]) == ("spike", token.id)
    assert token.id in run("security", "expected").out
    forgotten = run("security", "forget", "spike", token.id, expected["detail"])
    assert forgotten.out == f"spike of {token.id} is found again\n"
    assert run("security", "expected").out == "nothing is expected\n"


def test_rules_are_printed_and_set_again(run: Run, tmp_path: Path) -> None:
    rules = run("security", "rules").json
    rules["thresholds"]["spike"]["factor"] = 12.0
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    saved = run("security", "set-rules", "rules.json")
    assert saved.out == "the rules hold from now on\n", saved.err
    assert run("security", "rules").json["thresholds"]["spike"]["factor"] == 12.0
    run("team", "create", "red")
    assert run("security", "rules", "--team", "red").code == 1
    assert run("security", "set-rules", "rules.json", "--team", "red", "--json").json["team_id"].startswith("team_")
    assert run("security", "rules", "--team", "red").code == 0
    assert run("security", "remove-rules", "--team", "red").code == 0
    assert run("security", "rules", "--team", "red").code == 1
    assert run("security", "remove-rules", "--json").json == {"team_id": "", "removed": True}
    assert run("security", "rules").json["thresholds"]["spike"]["factor"] != 12.0
    (tmp_path / "bad.json").write_text("{")
    assert run("security", "set-rules", "bad.json").code == 2


def test_decoys_are_made_listed_and_removed(run: Run) -> None:
    made = run("security", "decoy", "bait", "--place", "wiki")
    assert made.out.startswith("tws_") and "only a thief" in made.err
    (decoy,) = run("security", "decoys", "--json").json["items"]
    assert "wiki" in run("security", "decoys").out and made.out.strip() not in json.dumps(decoy)
    assert run("security", "remove-decoy", decoy["token_id"]).code == 0
    assert "no decoys" in run("security", "decoys").out
    assert run("security", "decoy", "second", "--json").json["token"].startswith("tws_")


def test_a_replay_says_what_would_be_found_with_which_rules(run: Run, tmp_path: Path, project_root: Path) -> None:
    replays = project_root / "docs" / "examples" / "replays"
    found = run("security", "replay", str(replays / "spike.jsonl"), "--json").json["items"]
    assert {item["detector"] for item in found} == {"spike"}
    (tmp_path / "calm.json").write_text('{"thresholds":{"spike":{"factor":900}}}')
    assert run("security", "replay", str(replays / "spike.jsonl"), "--rules", "calm.json").out == "nothing is found\n"
    decoys = run("security", "replay", str(replays / "decoy_used.jsonl"), "--decoy", "decoy")
    assert "decoy_used" in decoys.out and "critical" in decoys.out
    assert run("security", "replay", "gone.jsonl").code == 2
    (tmp_path / "bad.jsonl").write_text("{}")
    assert run("security", "replay", "bad.jsonl").code == 2
