"""What scripts may rely on: every command, with the server running and stopped, by its output and exit code."""

import csv
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from openai import AuthenticationError, OpenAI, PermissionDeniedError

from kit.command_line import Result, Run
from kit.fork_commands import Commands
from kit.instance import Tollway
from kit.replay import Replay

pytestmark = pytest.mark.timeout(120)

HELLO = [{"role": "user", "content": "Hello"}]
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "llama-3.2-1b",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1_000, "completion_tokens": 2_000, "total_tokens": 3_000},
}
KEYS = {"OPENAI_API_KEY": "sk-from-the-environment", "WEATHER_API_KEY": "weather-key"}


@dataclass
class Installation:
    """A Tollway set up from the documented file, and the secret of the token that the file names."""

    tollway: Tollway
    secret: str
    file: Path
    is_running: bool

    def chat(self, secret: str) -> object:
        with OpenAI(base_url=f"{self.tollway.gateway_url}/v1", api_key=secret, max_retries=0) as client:
            return client.chat.completions.create(model="small", messages=HELLO)


@pytest.fixture(scope="module", params=["running", "stopped"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, upstream: Replay, project_root: Path
) -> Iterator[Installation]:
    """docs/examples/gateway.yaml, followed: dry run, apply, a model call and a REST call with the token it issued."""
    upstream.answer = json.dumps(ANSWER).encode()
    tollway = Tollway(tmp_path_factory.mktemp(request.param))
    tollway.environment = {**KEYS, "TOLLWAY_TIMEOUTS_DRAIN_SECONDS": "2"}
    tollway.start()
    text = (project_root / "docs" / "examples" / "gateway.yaml").read_text()
    for address in ("https://api.openai.com", "http://10.0.0.5:8000", "https://weather.example.com"):
        assert address in text
        text = text.replace(address, f"http://127.0.0.1:{upstream.port}")
    text = text.replace("allow_private: [10.0.0.0/8]", "allow_private: [127.0.0.0/8]")
    text = text.replace("credential: env:", "allow_private: true\n    credential: env:")
    file = tollway.root / "gateway.yaml"
    file.write_text(text)
    assert "would do: 6 create" in tollway.run("apply", "-f", "gateway.yaml", "--dry-run")
    applied = tollway.run("apply", "-f", "gateway.yaml")
    secret = re.search(r"^token shop-backend: (tws_\w+)$", applied, re.MULTILINE)[1]
    installation = Installation(tollway, secret, file, request.param == "running")
    assert installation.chat(secret).choices[0].message.content == "Hi."
    assert json.loads(upstream.seen[-1].body)["model"] == "llama-3.2-1b"
    rest = urllib.request.Request(f"{tollway.gateway_url}/weather/x", headers={"Authorization": f"Bearer {secret}"})
    urllib.request.urlopen(rest, timeout=10).close()
    assert upstream.seen[-1].path == "/v2/x"
    assert upstream.seen[-1].headers["authorization"] == "Bearer weather-key"
    if not installation.is_running:
        assert tollway.stop() == 0
    yield installation
    assert tollway.stop() == 0


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as commands:
        yield commands


@pytest.fixture
def run(place: Installation, commands: Commands) -> Run:
    """Run a command on the installation, in its folder and with the keys in the environment."""
    return on(place.tollway.data, commands)


def on(data: Path, commands: Commands) -> Run:
    def call(*arguments: str) -> Result:
        place = () if "--data" in arguments else ("--data", str(data))
        return commands.run((*arguments, *place), data.parent, KEYS)

    return call


def ok(result: Result) -> Result:
    assert result.code == 0, result
    return result


# The configuration.


@pytest.mark.slow
def test_applying_again_changes_nothing(run: Run) -> None:
    assert ok(run("apply", "-f", "gateway.yaml")).out == "nothing to change\n"
    changes = ok(run("apply", "-f", "gateway.yaml", "--json")).json
    assert {change["action"] for change in changes["changes"]} == {"unchanged"}
    assert changes["secrets"] == []


def test_dry_run_shows_the_difference_and_changes_nothing(run: Run, place: Installation) -> None:
    changed = place.tollway.root / "changed.yaml"
    changed.write_text(place.file.read_text().replace("rpm: 600", "rpm: 60").replace("budget: 5/day", "budget: 2/day"))
    before = ok(run("export")).out
    shown = ok(run("apply", "-f", "changed.yaml", "--dry-run")).out
    assert "~ application shop\n    limits.rpm: 600 -> 60\n" in shown
    assert "~ token shop-backend\n" in shown
    assert "would do: 0 create, 2 update, 0 delete" in shown
    assert ok(run("export")).out == before


def test_every_fault_of_a_document_is_named_with_its_place(run: Run, place: Installation) -> None:
    (place.tollway.root / "bad.yaml").write_text(
        "version: 1\nproviders:\n  - {name: a, kind: nonsense}\n  - {name: b, kind: openai, prority: 3}\nextra: 1\n"
    )
    result = run("apply", "-f", "bad.yaml")
    assert result.code == 1
    for pointer in ("/providers/1/prority", "/extra"):
        assert result.err.count(pointer) == 1, result.err
    assert run("apply", "-f", "nowhere.yaml").code == 2


def test_export_makes_the_same_installation_elsewhere(
    run: Run, tmp_path: Path, commands: Commands, place: Installation
) -> None:
    (place.tollway.root / "header.yaml").write_text(
        "version: 1\nproviders: [{name: own-model, headers: {x-tenant: canary-of-a-header}}]\n"
    )
    ok(run("apply", "-f", "header.yaml"))
    exported = ok(run("export")).out
    for secret in (*KEYS.values(), place.secret, "canary-of-a-header"):
        assert secret not in exported
    (place.tollway.root / "all.yaml").write_text(exported)
    assert ok(run("apply", "-f", "all.yaml")).out == "nothing to change\n"
    elsewhere = on(tmp_path / "data", commands)
    file = tmp_path / "exported.yaml"
    file.write_text(exported)
    told = elsewhere("apply", "-f", str(file)).err
    assert "/headers/x-tenant: line" in told and "no value of this header is stored: write the value" in told
    stated = exported.replace("credential: stored", "credential: env:SOME_KEY")
    file.write_text(stated.replace("x-tenant: stored", "x-tenant: another"))
    secrets = ok(elsewhere("apply", "-f", str(file), "--json")).json["secrets"]
    assert "shop-backend" in {item["name"] for item in secrets}
    again = yaml.safe_load(ok(elsewhere("export")).out)
    assert again == yaml.safe_load(stated)


# Tokens.


def test_token_from_issue_to_revoke(run: Run, place: Installation) -> None:
    options = ("--model", "small", "--rpm", "100", "--budget", "5/month", "--expires", "30d")
    issued = ok(run("token", "issue", "--name", "ci", *options, "--json")).json
    assert issued["id"] in issued["token"]
    assert issued["models"] == ["small"]
    secret = issued["token"]
    listed = ok(run("token", "list", "--json")).json["items"]
    assert "ci" in {item["name"] for item in listed}
    assert secret not in json.dumps(listed)
    assert "ci" in ok(run("token", "list")).out
    shown = ok(run("token", "show", "ci", "--json")).json
    assert (shown["id"], shown["state"], shown["limits"]["budgets"][0]["limit_usd"]) == (issued["id"], "active", "5.00")
    assert secret not in ok(run("token", "show", "ci")).out
    for state, error, command in (
        ("disabled", PermissionDeniedError, "disable"),
        ("active", None, "enable"),
        ("revoked", AuthenticationError, "revoke"),
    ):
        assert ok(run("token", command, "ci", "--json")).json["state"] == state
        if not place.is_running:
            continue
        if error is None:
            assert place.chat(secret).choices
        else:
            with pytest.raises(error):
                place.chat(secret)
    assert ok(run("token", "show", issued["masked"], "--json")).json["state"] == "revoked"
    assert run("token", "enable", "ci").code == 1


# Providers, usage, upkeep.


def test_providers(run: Run, upstream: Replay) -> None:
    listed = ok(run("provider", "list", "--json")).json["items"]
    assert {item["name"] for item in listed} == {"openai", "own-model"}
    assert ok(run("provider", "test", "openai", "--json")).json["ok"] is True
    assert upstream.seen[-1].headers["authorization"] == f"Bearer {KEYS['OPENAI_API_KEY']}"
    assert upstream.seen[-1].path == "/v1/models"
    upstream.status = 401
    try:
        assert run("provider", "test", "openai").code == 1
    finally:
        upstream.status = 200
    assert run("provider", "test", "nobody").code == 1
    assert "openai-compatible" in ok(run("provider", "kinds")).out


def test_usage_in_every_form(run: Run) -> None:
    items = ok(run("usage", "--by", "token,model", "--since", "1h", "--json")).json["items"]
    (row,) = [
        item for item in items if item["labels"]["model"] == "small" and item["labels"]["token"] == "shop-backend"
    ]
    assert (row["calls"], row["input_tokens"], row["output_tokens"]) == (1, 1_000, 2_000)
    assert row["cost_usd"] == "0.00025"
    table = ok(run("usage", "--by", "application", "--since", "1h")).out
    assert "shop" in table
    rows = list(csv.DictReader(io.StringIO(ok(run("usage", "--by", "service", "--format", "csv")).out)))
    assert "weather" in {row["service_name"] for row in rows}
    assert run("usage", "--by", "colour").code == 2
    assert run("usage", "--since", "soon").code == 2


def test_backup_restores_into_an_empty_directory(
    run: Run, place: Installation, tmp_path: Path, commands: Commands
) -> None:
    archive = tmp_path / "backup.tar"
    assert ok(run("backup", str(archive), "--json")).json["path"] == str(archive)
    assert archive.stat().st_mode & 0o077 == 0
    assert run("backup", str(archive)).code == 1
    copy = Tollway(tmp_path)
    copy.environment = place.tollway.environment
    restored = on(copy.data, commands)
    ok(restored("restore", str(archive), "--json"))
    assert restored("restore", str(archive)).code == 1, "there is something already"
    shutil.copy2(place.tollway.data / "root.key", copy.data / "root.key")
    if place.is_running:  # Once is enough for the long part.
        copy.start()
        try:
            assert Installation(copy, "", archive, True).chat(place.secret).choices
            # The copy's own provider key was unsealed, too.
            assert json.loads(copy.run("provider", "test", "openai", "--json"))["ok"]
        finally:
            assert copy.stop() == 0


def test_restore_over_a_running_server_is_refused(run: Run, place: Installation, tmp_path: Path) -> None:
    ok(run("backup", str(tmp_path / "b.tar")))
    result = run("restore", str(tmp_path / "b.tar"))
    assert result.code == 1
    assert ("stop it first" in result.err) is place.is_running


def test_doctor(run: Run, place: Installation) -> None:
    findings = ok(run("doctor", "--json")).json["findings"]
    checks = {finding["check"]: finding["severity"] for finding in findings}
    assert checks["server"] == ("ok" if place.is_running else "info")
    key = place.tollway.data / "root.key"
    key.chmod(0o644)
    try:
        result = run("doctor")
        assert result.code == 1
        assert "chmod 600" in result.out
    finally:
        key.chmod(0o600)


def test_set_up_link(run: Run, place: Installation) -> None:
    url = ok(run("setup-link", "--json")).json["url"]
    assert "/setup?token=" in url
    if place.is_running:
        with urllib.request.urlopen(url, timeout=10) as page:
            assert page.status == 200


# Exit codes of the real process.


def test_exit_codes(tmp_path: Path, commands: Commands) -> None:
    run = on(tmp_path / "data", commands)
    assert run("token", "list", "--json").code == 0
    assert run("token", "show", "nobody").code == 1
    assert run("token", "issue").code == 2
    assert run("nonsense").code == 2
    (tmp_path / "file").touch()
    assert run("token", "list", "--data", str(tmp_path / "file" / "data")).code == 3
    assert Tollway(tmp_path).attempt("token", "show", "nobody").returncode == 1, "the program itself"


# Starts that fail, with what is wrong and what to do.


def start(data: Path, *options: str, **environment: str) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "tollway", "serve", "--data", str(data), *options],
        capture_output=True, text=True, timeout=60, check=False, env=environment, cwd=data.parent,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr)


ANY = ("--listen", "127.0.0.1:0", "--console", "127.0.0.1:0")


def test_busy_port(tmp_path: Path, upstream: Replay) -> None:
    result = start(tmp_path / "data", "--listen", f"127.0.0.1:{upstream.port}", "--console", "127.0.0.1:0")
    assert result.code in (1, 3)
    assert f"cannot listen on 127.0.0.1:{upstream.port}: another program listens there" in result.err


def test_all_faults_of_the_settings_at_once(tmp_path: Path) -> None:
    (tmp_path / "tollway.toml").write_text("[gateway]\nworkers = 0\nlisen = ':1'\n[timeouts]\nhead_seconds = 'x'\n")
    result = start(tmp_path / "data", "--console", "nonsense", TOLLWAY_LIMITS_HEADERS_MAX="1")
    assert result.code == 2
    for place in ("gateway.workers", "gateway.lisen", "timeouts.head_seconds", "--console", "HEADERS_MAX"):
        assert place in result.err, result.err
    assert "tollway.toml" in result.err
    assert not (tmp_path / "data").exists()


def test_a_key_file_that_others_can_read(tmp_path: Path, commands: Commands) -> None:
    data = tmp_path / "data"
    ok(on(tmp_path / "data", commands)("token", "list"))
    (data / "root.key").chmod(0o640)
    result = start(data, *ANY)
    assert result.code == 1
    assert "root.key" in result.err
    assert "chmod 600" in result.err


def test_a_schema_of_a_newer_version(tmp_path: Path, commands: Commands) -> None:
    ok(on(tmp_path / "data", commands)("token", "list"))
    with sqlite3.connect(tmp_path / "data" / "config.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    result = start(tmp_path / "data", *ANY)
    assert result.code in (1, 3)
    assert "schema 9999" in result.err
    assert on(tmp_path / "data", commands)("token", "list").code == 3


def test_a_second_server_on_the_same_directory(place: Installation) -> None:
    if not place.is_running:
        pytest.skip("needs the first")
    result = start(place.tollway.data, *ANY)
    assert result.code == 1
    assert "tollway serve" in result.err
