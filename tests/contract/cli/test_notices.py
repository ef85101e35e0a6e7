"""`tollway webhook` and `tollway mail` against the console's own application: the whole way to the database."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit.command_line import Run
from kit.console import Console, console_on
from tollway.cli import connect
from tollway.cli.in_process import InProcessAPI
from tollway.control.notices.model import Outcome, Posted
from tollway.web.local import LocalApp

REFUSED = Outcome(500, 3, "The receiver answered 500.", "upstream.protocol")


@pytest.fixture(autouse=True)
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """Every command of the test calls one application in this process, as it would call a running console."""
    with console_on(tmp_path, is_set_up=False) as console:
        app = LocalApp(console.app)
        monkeypatch.setattr(connect, "connect", lambda *_: InProcessAPI(app, ExitStack()))
        yield console


def test_a_webhook_from_its_secret_to_its_end(run: Run, console: Console) -> None:
    assert "tollway webhook add" in run("webhook", "list").out
    added = run(
        "webhook", "add", "ops", "https://hooks.example/t", "--event", "token.created", "--event", "token.revoked"
    )
    assert added.out.startswith("whsec_") and "shown once" in added.err
    listed = run("webhook", "list")
    assert all(word in listed.out for word in ("ops", "enabled", "token.created, token.revoked"))
    assert "whsec_" not in listed.out + run("webhook", "show", "ops").out
    run("token", "issue", "--name", "ci")
    console.notices.deliver_due()
    deliveries = run("webhook", "deliveries", "ops", "--json").json["items"]
    assert [(one["event"], one["state"]) for one in deliveries] == [("token.created", "delivered")]
    shown = run("webhook", "delivery", "ops", deliveries[0]["id"], "--json").json
    assert shown["event"] == "token.created" and len(shown["attempts"]) == 1
    assert "is sent to ops again" in run("webhook", "resend", "ops", deliveries[0]["id"]).out
    assert "pending" in run("webhook", "deliveries", "ops", "--state", "pending").out
    assert run("webhook", "deliveries", "ops", "--state", "failed").out == "nothing was sent\n"
    fresh = run("webhook", "secret", "ops", "--overlap", "60")
    assert fresh.out.startswith("whsec_") and fresh.out != added.out
    assert run("webhook", "disable", "ops").out.endswith("is disabled\n")
    assert run("webhook", "resend", "ops", deliveries[0]["id"]).code == 1
    assert run("webhook", "enable", "ops").out.endswith("is enabled\n")
    assert run("webhook", "remove", "ops").code == 0 and run("webhook", "show", "ops").code == 1


def test_a_test_says_whether_it_was_taken(run: Run, console: Console) -> None:
    run("webhook", "add", "ops", "http://10.0.0.1/t", "--allow-private", "10.0.0.0/8")
    assert console.notices.webhooks.all()[0].allow_private == ("10.0.0.0/8",)
    taken = run("webhook", "test", "ops")
    assert (taken.code, taken.out) == (0, "ops: works in 7 ms: Taken.\n")
    console.notices.receivers.outcomes = [REFUSED, REFUSED]
    failed = run("webhook", "test", "ops")
    assert (failed.code, failed.out) == (1, "ops: FAILS in 3 ms: The receiver answered 500.\n")
    assert run("webhook", "test", "ops", "--json").json["last_attempt"]["code"] == "upstream.protocol"


def test_the_kinds_of_event_are_listed(run: Run) -> None:
    listed = run("webhook", "events").out
    assert all(kind in listed for kind in ("token.created", "budget.near_end", "user.deactivated"))
    assert "webhook.test" not in listed
    assert run("webhook", "add", "a", "https://a.example/", "--event", "rockets.launched").code == 1


def test_mail_is_set_up_and_tried(run: Run, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not set up" in run("mail", "show").out and run("mail", "test", "a@b.example").code == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("pass word\n"))
    options = ("--from", "tollway@example.com", "--username", "bot")
    assert "pass word" not in run("mail", "set", "mail.example", *options).out
    assert run("mail", "show", "--json").json["server"]["has_password"] is True
    shown = run("mail", "show").out
    assert "mail.example" in shown and "letters waiting  " in shown
    assert run("mail", "test", "ada@example.com").out == "works: taken\n"
    assert console.notices.post.sent[0][1] == "pass word"
    console.notices.post.posted = Posted(False, "no such person")
    refused = run("mail", "test", "ada@example.com", "--json")
    assert (refused.code, refused.json) == (1, {"ok": False, "detail": "no such person"})
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("mail", "set", "mail.example", *options).code == 2


def test_a_webhook_is_changed_in_what_is_named(run: Run) -> None:
    run("webhook", "add", "ops", "https://hooks.example/t", "--event", "token.created")
    changed = run("webhook", "change", "ops", "--url", "https://hooks.example/u", "--json").json
    assert (changed["url"], changed["events"]) == ("https://hooks.example/u", ["token.created"])
    assert "token.revoked" in run("webhook", "change", "ops", "--event", "token.revoked", "--name", "duty").out
    assert run("webhook", "show", "duty", "--json").json["events"] == ["token.revoked"]
    private = run("webhook", "change", "duty", "--allow-private", "all", "--json").json
    assert private["allow_private"] is True
    assert run("webhook", "change", "ops", "--name", "x").code == 1


def test_mail_is_given_up(run: Run) -> None:
    run("mail", "set", "mail.example", "--from", "t@example.com", "--port", "25", "--security", "none")
    assert "mail.example" in run("mail", "show").out
    assert run("mail", "remove").out == "no mail is sent any more\n"
    assert "mail.example" not in run("mail", "show").out
