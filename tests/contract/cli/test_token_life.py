"""What becomes of a token, from the command line, against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

ID = "abcdefABCDEF"
TOKEN = {"id": ID, "name": "ci", "state": "active", "generation": 2}
SECRET = {
    "generation": 1, "works_until": "2027-01-02T00:00:00Z", "is_working": True, "calls": 14,
    "last_used_at": "2027-01-01T21:00:00Z", "last_address": "192.0.2.7", "last_agent": "sdk/1", "is_safe_to_end": False,
}  # fmt: skip
LIFE = {
    "generation": 2, "secret_since": "2027-01-01T00:00:00Z", "secrets": [SECRET],
    "addresses": [{"address": "192.0.2.7", "agent": "sdk/1", "calls": 14, "last_used_at": "2027-01-01T21:00:00Z"}],
    "quarantine": None, "waiting": None, "expires_max_at": None, "idle_since": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def token(console: ConsoleStandIn) -> None:
    console.answer("GET", f"/tokens/{ID}", TOKEN)


def test_rotate_prints_the_new_secret_alone_on_standard_output(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", f"/tokens/{ID}/rotate", {**TOKEN, "token": "tws_new"}, 201)
    result = run("token", "rotate", ID, "--overlap", "7d")
    assert (result.out, result.code) == ("tws_new\n", 0)
    assert "only time" in result.err
    assert console.asked[-1].json == {"overlap_seconds": 7 * 86_400}
    assert run("token", "rotate", ID, "--overlap", "soon").code == 2


def test_a_replacement_is_printed_alone_and_says_what_becomes_of_the_old_one(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", f"/tokens/{ID}/replace", {**TOKEN, "id": "ABCDEFabcdef", "token": "tws_other"}, 201)
    result = run("token", "replace", ID)
    assert (result.out, result.code) == ("tws_other\n", 0)
    assert f"takes the place of {ID}" in result.err
    assert console.asked[-1].json == {"revoke": False, "is_compromised": False, "reason": ""}
    assert run("token", "replace", ID, "--revoke", "--compromised", "--reason", "found", "--json").json["token"]
    assert console.asked[-1].json == {"revoke": True, "is_compromised": True, "reason": "found"}
    assert run("token", "replace", ID, "--compromised").code == 2


@pytest.mark.parametrize("act", ["end-overlap", "cancel-rotation"])
def test_an_overlap_is_ended_or_undone(console: ConsoleStandIn, run: Run, act: str) -> None:
    console.answer("POST", f"/tokens/{ID}/{act}", TOKEN)
    assert "secret" in run("token", act, ID).out
    assert run("token", act, ID, "--json").json["id"] == ID


def test_a_waiting_secret_is_collected(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", f"/tokens/{ID}/collect", {**TOKEN, "token": "tws_new"}, 201)
    assert run("token", "collect", ID).out == "tws_new\n"
    assert run("token", "collect").code == run("token", "collect", ID, "--link", "x").code == 2


def test_a_one_time_link_is_collected_by_what_stands_behind_its_hash(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/rotations/collect", {**TOKEN, "token": "tws_new"})
    assert run("token", "collect", "--link", "https://console.example/collect#tww_x").out == "tws_new\n"
    assert console.asked[-1].json == {"collect_token": "tww_x"}


def test_a_one_time_link_is_printed_alone_or_mailed(console: ConsoleStandIn, run: Run) -> None:
    url = "https://console.example/collect#tww_x"
    made = {"url": url, "until": "2027-01-02T00:00:00Z", "mail": None}
    mail = {"to": "a@example.org", "is_ok": True, "detail": "taken"}
    refused = {**mail, "is_ok": False, "detail": "550 no"}
    for answer in (made, made, {**made, "url": None, "mail": mail}, {**made, "url": None, "mail": refused}):
        console.answer("POST", f"/tokens/{ID}/link", answer, 201)
    result = run("token", "link", ID, "--overlap", "2h")
    assert (result.out, console.asked[-1].json) == (f"{url}\n", {"overlap_seconds": 7_200, "mail_to": None})
    assert run("token", "link", ID, "--json").json == made
    assert run("token", "link", ID, "--mail-to", "a@example.org").out == "a link was sent to a@example.org\n"
    result = run("token", "link", ID, "--mail-to", "a@example.org")
    assert (result.code, "550 no" in result.err) == (1, True)


def test_the_life_of_a_token_says_who_still_uses_the_old_secret(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", f"/tokens/{ID}/life", LIFE)
    out = run("token", "life", ID).out
    for word in ("until 2027-01-02T00:00:00Z", "14", "192.0.2.7", "sdk/1", "no"):
        assert word in out
    assert run("token", "life", ID, "--json").json == LIFE


def test_the_life_is_shown_while_the_ledger_is_away_and_says_what_holds_the_token(
    console: ConsoleStandIn, run: Run
) -> None:
    held = {"by": "user:ada", "denied": ["websocket"], "requests_per_minute": 3}
    waiting = {"generation": 3, "until": "2027-01-02T00:00:00Z", "mail_to": "ada@example.org"}
    shown = {**LIFE, "secrets": None, "addresses": None, "quarantine": held, "waiting": waiting}
    console.answer("GET", f"/tokens/{ID}/life", shown)
    result = run("token", "life", ID)
    assert "refused websocket; 3 calls a minute" in result.out
    assert "secret 3 waits" in result.out
    assert "not known while the ledger" in result.err


def test_a_token_is_quarantined_released_and_woken(console: ConsoleStandIn, run: Run) -> None:
    for act, state in (("quarantine", "quarantined"), ("release", "active"), ("wake", "active")):
        console.answer("POST", f"/tokens/{ID}/{act}", {**TOKEN, "state": state})
    result = run("token", "quarantine", ID, "--deny", "generate", "--rpm", "2", "--reason", "odd")
    assert f"ci ({ID}) is quarantined" in result.out
    assert console.asked[-1].json == {"reason": "odd", "denied": ["generate"], "requests_per_minute": 2}
    assert "is active" in run("token", "release", ID).out
    assert "is active" in run("token", "wake", ID).out


def test_what_was_not_used_is_shown_and_taken_away(console: ConsoleStandIn, run: Run) -> None:
    models = {"granted": ["a", "b"], "used": ["a"], "unused": ["b"], "is_too_wide": True}
    services = {"granted": [], "used": [], "unused": [], "is_too_wide": False}
    shown = {"since": "2027-01-01T00:00:00Z", "models": models, "services": services}
    console.answer("GET", f"/tokens/{ID}/unused", shown)
    console.answer("PATCH", f"/tokens/{ID}", TOKEN)
    assert "models: may a, b; used a since 2027" in run("token", "unused", ID).out
    assert run("token", "unused", ID, "--json").json == shown
    run("token", "unused", ID, "--narrow")
    assert console.asked[-1].json == {"models": ["a"]}


def test_one_token_is_revoked(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", f"/tokens/{ID}/revoke", {**TOKEN, "state": "revoked"})
    assert "is revoked" in run("token", "revoke", ID, "--reason", "left", "--compromised").out
    assert console.asked[-1].json == {"reason": "left", "is_compromised": True}


def test_all_of_somebodys_tokens_are_revoked(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/applications", {"items": [{"id": "app_1", "name": "shop"}], "next_cursor": None})
    console.answer("POST", "/tokens/revoke-all", {"revoked": 7})
    result = run("token", "revoke", "--application", "shop", "--issued-before", "2026-11-20")
    assert "7 tokens are revoked" in result.out
    assert console.asked[-1].json == {
        "kind": "application",
        "id": "app_1",
        "issued_before": "2026-11-20T00:00:00Z",
        "reason": "",
        "is_compromised": False,
    }
    assert run("token", "revoke", "--issued-before", "2026-11-20", "--json").json == {"revoked": 7}
    assert console.asked[-1].json["kind"] == "installation"


@pytest.mark.parametrize(
    "flags",
    [(), (ID, "--user", "ada"), ("--user", "ada", "--team", "red"), ("--issued-before", "yesterdayish")],
    ids=["nothing", "both", "two-subjects", "no-instant"],
)
def test_a_revocation_that_is_not_clear_is_a_usage_error(run: Run, flags: tuple[str, ...]) -> None:
    assert run("token", "revoke", *flags).code == 2
