"""`tollway provider`, `service` and `model` against a stand-in console."""

import io

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

PROVIDER = {
    "id": "prov_0123456789abcdef",
    "name": "openai",
    "kind": "openai",
    "state": "active",
    "base_url": "https://api.openai.com/v1",
    "keys": [{"id": "k", "masked": "…last", "source": "stored", "created_at": "2026-11-24T02:00:00Z"}],
}
SERVICE = {
    "id": "svc_0123456789abcdef",
    "name": "weather",
    "state": "active",
    "path_prefix": "/w",
    "base_url": "https://a",
}


def test_add_provider_sends_what_was_given(console: ConsoleStandIn, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "sk-secret")
    console.answer("POST", "/providers", PROVIDER, 201)
    result = run(
        *("provider", "add", "openai", "--kind", "openai", "--credential", "env:A_KEY", "--model", "gpt-4o"),
        *("--priority", "5", "--allow-private", "10.0.0.0/8", "--base-url", "https://a", "--json"),
    )
    assert result.json == PROVIDER
    assert console.asked[-1].json == {
        "name": "openai",
        "kind": "openai",
        "credential": "sk-secret",
        "models": ["gpt-4o"],
        "priority": 5,
        "allow_private": ["10.0.0.0/8"],
        "base_url": "https://a",
    }


def test_variable_that_is_not_set_here_is_left_to_the_server(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/providers", PROVIDER, 201)
    run("provider", "add", "openai", "--kind", "openai", "--credential", "env:NOT_SET_HERE", "--allow-private", "all")
    assert console.asked[-1].json["credential"] == "env:NOT_SET_HERE"
    assert console.asked[-1].json["allow_private"] is True


def test_key_is_never_taken_from_the_command_line(console: ConsoleStandIn, run: Run) -> None:
    result = run("provider", "add", "openai", "--kind", "openai", "--credential", "sk-secret")
    assert result.code == 2
    assert "sk-secret" not in result.err
    assert console.asked == []


def test_key_can_be_piped(console: ConsoleStandIn, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-piped\n"))
    console.answer("POST", "/providers", PROVIDER, 201)
    run("provider", "add", "openai", "--kind", "openai", "--credential", "-")
    assert console.asked[-1].json["credential"] == "sk-piped"
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("provider", "add", "openai", "--kind", "openai", "--credential", "-").code == 2


@pytest.mark.parametrize(("is_ok", "code", "word"), [(True, 0, "works"), (False, 1, "FAILS")])
def test_testing_a_provider_exits_with_its_outcome(
    console: ConsoleStandIn, run: Run, is_ok: bool, code: int, word: str
) -> None:
    console.answer("GET", "/providers", {"items": [PROVIDER], "next_cursor": None})
    probe = {"ok": is_ok, "status": 200, "latency_ms": 12.4, "detail": "said so", "code": None}
    console.answer("POST", f"/providers/{PROVIDER['id']}/test", probe)
    result = run("provider", "test", "openai")
    assert (result.code, result.out) == (code, f"openai: {word} in 12 ms: said so\n")
    assert run("provider", "test", "openai", "--json").json == probe


def test_lists(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/providers", {"items": [PROVIDER], "next_cursor": None})
    console.answer("GET", "/services", {"items": [SERVICE], "next_cursor": None})
    kinds = [{"kind": "openai", "title": "OpenAI", "base_url": "https://a", "docs_url": "", "needs_credential": True}]
    console.answer("GET", "/provider-kinds", {"items": kinds})
    assert "…last" in run("provider", "list").out
    assert run("provider", "list", "--json").json == {"items": [PROVIDER]}
    assert "/w" in run("service", "list").out
    assert run("provider", "kinds", "--json").json == {"items": kinds}


def test_add_and_remove_a_service(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/services", SERVICE, 201)
    console.answer("GET", "/services", {"items": [SERVICE], "next_cursor": None})
    console.answer("GET", "/providers", {"items": [PROVIDER], "next_cursor": None})
    console.answer("DELETE", f"/services/{SERVICE['id']}", None, 204)
    console.answer("DELETE", f"/providers/{PROVIDER['id']}", None, 204)
    run("service", "add", "weather", "--path", "/w", "--base-url", "https://a", "--keep-prefix")
    assert console.asked[-1].json == {
        "name": "weather",
        "path_prefix": "/w",
        "base_url": "https://a",
        "strip_prefix": False,
    }
    assert run("service", "remove", "weather").code == 0
    assert run("provider", "remove", "openai").code == 0


@pytest.mark.parametrize(
    ("kind", "options"),
    [("provider", ("--kind", "openai")), ("service", ("--path", "/w", "--base-url", "https://a"))],
)
def test_what_is_added_may_be_for_tests_and_of_a_team(
    console: ConsoleStandIn, run: Run, kind: str, options: tuple[str, ...]
) -> None:
    team = {"id": "team_1", "name": "payments"}
    console.answer("GET", "/teams", {"items": [team], "next_cursor": None})
    console.answer("POST", f"/{kind}s", SERVICE if kind == "service" else PROVIDER, 201)
    run(kind, "add", "one", *options, "--environment", "test", "--team", "payments")
    sent = console.asked[-1].json
    assert (sent["environment"], sent["team_id"]) == ("test", "team_1")


def test_models_without_a_price_are_called_unpriced_not_free(console: ConsoleStandIn, run: Run) -> None:
    candidate = {"provider_id": "p", "provider_name": "openai", "upstream_model": "gpt-4o-mini", "price": None}
    priced = {**candidate, "price": {"input_usd_per_million": "0.15", "output_usd_per_million": "0.60"}}
    items = [{"name": "gpt-4o-mini", "candidates": [candidate, priced]}]
    console.answer("GET", "/models", {"items": items, "next_cursor": None})
    out = run("model", "list").out
    assert "unpriced" in out
    assert "0.15" in out
    assert run("model", "list", "--json").json == {"items": items}


def test_unpriced_models_since(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/models/unpriced", {"items": []})
    assert "has a price" in run("model", "unpriced", "--since", "2026-11-01").out
    assert console.asked[-1].query == {"since": "2026-11-01T00:00:00Z"}
    assert run("model", "unpriced", "--since", "soon").code == 2


def test_a_provider_is_changed_in_what_is_named(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/providers", {"items": [PROVIDER], "next_cursor": None})
    console.answer("PATCH", f"/providers/{PROVIDER['id']}", {**PROVIDER, "name": "oai"})
    assert run("provider", "show", "openai", "--json").json == PROVIDER
    options = ("--name", "oai", "--priority", "5", "--model", "gpt-4o")
    assert run("provider", "change", "openai", *options, "--json").json["name"] == "oai"
    assert console.asked[-1].json == {"name": "oai", "priority": 5, "models": ["gpt-4o"]}


@pytest.mark.parametrize(("kind", "item"), [("provider", PROVIDER), ("service", SERVICE)])
@pytest.mark.parametrize("act", ["enable", "disable"])
def test_an_upstream_is_switched(console: ConsoleStandIn, run: Run, kind: str, item: dict[str, str], act: str) -> None:
    console.answer("GET", f"/{kind}s", {"items": [item], "next_cursor": None})
    console.answer("POST", f"/{kind}s/{item['id']}/{act}", {**item, "state": f"{act}d"})
    assert run(kind, act, item["name"]).out == f"{item['name']} ({item['id']}) is {act}d\n"
