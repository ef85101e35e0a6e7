"""A token that was committed is found, reported, held back and replaced; a decoy and a scanner are noticed.

One installation for the file, in the order of its tests.
"""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.instance import Tollway
from tollway.policy.token import generate_token

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]
SECONDS_MAX = 30
WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    made = Tollway(tmp_path_factory.mktemp("leaks"))
    made.start()
    try:
        yield made
        assert made.stop() == 0
    finally:
        made.destroy()


def call(tollway: Tollway, token: str, model: str = "sandbox-small") -> tuple[int, str]:
    """Ask the sandbox for an answer; return status and the error's code."""
    request = urllib.request.Request(
        f"{tollway.gateway_url}/v1/chat/completions",
        json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}]}).encode(),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        told = json.load(error)["error"]
        return error.code, str(told.get("code") or told.get("type"))


def until(check: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS_MAX
    while not (found := check()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.2)
    return found


def events(tollway: Tollway, *options: str) -> list[dict[str, Any]]:
    return json.loads(tollway.run("security", "list", *options, "--json"))["items"]  # type: ignore[no-any-return]


def commit_leak(folder: Path, token: str) -> None:
    """A repository whose history has the token, and whose files do not."""
    folder.mkdir()
    for arguments, text in (
        (("init", "-q"), None),
        (("add", "."), f"KEY = '{token}'\n"),
        (("commit", "-q", "-m", "first"), None),
        (("add", "."), "import os\nKEY = os.environ['KEY']\n"),
        (("commit", "-q", "-m", "no key in the code"), None),
    ):
        if text is not None:
            (folder / "settings.py").write_text(text)
        subprocess.run(["git", *WHO, "-C", str(folder), *arguments], check=True, capture_output=True)


def test_a_leaked_token_is_found_in_a_history_reported_quarantined_and_replaced(tollway: Tollway) -> None:
    issued = json.loads(tollway.run("token", "issue", "--name", "leaky", "--json"))
    leaked = issued["token"]
    assert call(tollway, leaked) == (200, "")
    commit_leak(tollway.root / "repository", leaked)
    seen = tollway.attempt("scan", "repository")
    assert seen.returncode == 1 and "ACTIVE" in seen.stdout and leaked not in seen.stdout
    assert "settings.py:1:8" in seen.stdout and "commit " in seen.stdout

    reported = tollway.attempt("scan", "--report", "--where", "https://code.example/acme/app", "repository")
    assert reported.returncode == 1 and "quarantined" in reported.stdout
    (event,) = events(tollway, "--kind", "leaked")
    assert (event["token_name"], event["act"], event["act_state"]) == ("leaky", "quarantine", "done")
    assert event["facts"]["url"] == "https://code.example/acme/app"
    statuses = [call(tollway, leaked) for _ in range(12)]
    assert statuses[0][0] == 200 and statuses[-1][0] == 429, "the application goes on, slowly"

    fresh = tollway.run("token", "replace", "leaky").split()[0]
    assert call(tollway, fresh) == (200, ""), "what took its place is held back by nothing"
    assert call(tollway, leaked)[0] in (200, 429), "and the application goes on until it has it"
    tollway.run("token", "revoke", issued["id"], "--compromised", "--reason", "in a repository")
    tollway.run("security", "acknowledge", event["id"], "--note", "replaced")
    assert call(tollway, leaked)[0] == 401
    after = tollway.attempt("scan", "repository")
    assert after.returncode == 1 and "revoked" in after.stdout
    acts = tollway.run("audit", "list", "--search", event["id"])
    assert "security.acknowledged" in acts
    life = json.loads(tollway.run("token", "life", issued["id"], "--json"))
    assert life["replaced_by"] and life["replaced_by"] in fresh


def test_anybody_outside_reports_a_token_by_the_wire_format_of_code_hosts(tollway: Tollway) -> None:
    issued = json.loads(tollway.run("token", "issue", "--name", "posted", "--json"))
    unknown = generate_token("s", bytes(range(48))).reveal()
    body = json.dumps([{"token": each, "type": "t", "url": "https://x.example"} for each in (unknown, issued["token"])])
    request = urllib.request.Request(
        f"{tollway.console_url}/security/leaks", body.encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 204
    (event,) = until(lambda: [each for each in events(tollway, "--kind", "leaked") if each["token_name"] == "posted"])
    assert event["act_state"] == "done" and event["facts"]["reporter"] == "anybody"


def test_the_use_of_a_decoy_and_a_scanner_are_noticed(tollway: Tollway) -> None:
    decoy = tollway.run("security", "decoy", "backup key", "--place", "wiki").strip()

    def noticed() -> list[dict[str, Any]]:
        assert call(tollway, decoy)[0] == 401
        return events(tollway, "--kind", "decoy_used")

    (event,) = until(noticed)
    assert (event["severity"], event["token_name"]) == ("critical", "backup key")
    assert event["facts"]["address"] == "127.0.0.1"
    for number in range(25):
        made = generate_token("s", bytes([number, *range(47)])).reveal()
        assert call(tollway, made)[0] == 401
    found = until(lambda: {each["kind"] for each in events(tollway)} >= {"scanning", "unknown_ids"} and events(tollway))
    assert {each["subject"] for each in found if each["kind"] == "scanning"} == {"127.0.0.1"}


def test_what_a_thief_does_with_a_revoked_token_is_noticed(tollway: Tollway) -> None:
    """Never used before, so that it has no place of its own: said once it goes on, by rules that do not wait."""
    rules = {"thresholds": {"used_after_end": {"grace_seconds": 0, "calls": 2}}}
    (tollway.root / "rules.json").write_text(json.dumps(rules))
    tollway.run("security", "set-rules", "rules.json")
    token = tollway.token()
    masked = token[4:16]
    tollway.run("token", "revoke", masked)

    def noticed() -> list[dict[str, Any]]:
        assert call(tollway, token)[0] == 401
        return events(tollway, "--kind", "used_after_end")

    (event,) = until(noticed)
    assert event["token_id"] == masked and event["severity"] == "low"


def test_who_tries_one_model_after_the_other_is_switched_off_and_a_person_undoes_it(tollway: Tollway) -> None:
    """Several detectors at once: the token is held as the strongest of them says, until the last is undone."""
    rules = {
        "error_share": {"share": 0.5, "calls": 5, "targets": 3, "act": "revoke"},
        "spike": {"requests": 5, "factor": 1, "learning_days": 0, "act": "limit"},
    }
    (tollway.root / "rules.json").write_text(json.dumps({"thresholds": rules}))
    tollway.run("security", "set-rules", "rules.json")
    token = tollway.token()
    masked = token[4:16]

    def noticed() -> list[dict[str, Any]]:
        answers = {call(tollway, token, f"model-{number}") for number in range(6)}
        assert answers <= {(404, "model.not_found"), (429, "limit.requests"), (403, "token.disabled")}
        found = events(tollway, "--token", masked)
        return found if len({each["kind"] for each in found} & set(rules)) == 2 else []

    found = {each["kind"]: each for each in until(noticed)}
    assert (found["error_share"]["act"], found["error_share"]["act_state"]) == ("revoke", "done")
    assert call(tollway, token) == (403, "token.disabled")
    tollway.run("security", "undo", found["spike"]["id"])
    assert call(tollway, token) == (403, "token.disabled"), "the other event still holds it"
    tollway.run("security", "undo", found["error_share"]["id"])
    assert call(tollway, token) == (200, "")
