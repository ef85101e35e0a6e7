"""`tollway apply` and `export` against a stand-in console."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

DOCUMENT = "version: 1\nproviders:\n- name: a\n  kind: openai\n  credential: env:APPLY_KEY\n"
KIND = {"path": "kind", "before": None, "after": "openai"}
RESULT = {
    "changes": [
        {
            "action": "create",
            "kind": "provider",
            "name": "a",
            "fields": [{"path": "kind", "before": None, "after": "openai"}],
        },
        {
            "action": "update",
            "kind": "team",
            "name": "t",
            "fields": [{"path": "limits", "before": {"rpm": 1}, "after": {}}],
        },
        {"action": "unchanged", "kind": "service", "name": "s", "fields": []},
    ],
    "applied": True,
    "secrets": [{"kind": "token", "name": "ci", "id": "abc", "token": "tws_secret"}],
}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.yaml"
    path.write_text(DOCUMENT)
    return path


def test_apply_sends_the_document_and_shows_the_difference(console: ConsoleStandIn, run: Run, document: Path) -> None:
    console.answer("POST", "/configuration", RESULT)
    result = run("apply", "-f", str(document))
    assert result.code == 0
    assert result.out.splitlines() == [
        "+ provider a",
        "    kind: openai",
        "~ team t",
        '    limits: {"rpm":1} -> {}',
        "done: 1 created, 1 updated, 0 deleted",
        "token ci: tws_secret",
    ]
    asked = console.asked[-1]
    assert asked.headers["content-type"] == "application/yaml"
    assert asked.body.decode() == DOCUMENT
    assert asked.query == {}


def test_dry_run_asks_for_one_and_says_so(console: ConsoleStandIn, run: Run, document: Path) -> None:
    console.answer("POST", "/configuration", {**RESULT, "applied": False, "secrets": []})
    assert "would do: 1 create, 1 update, 0 delete" in run("apply", "-f", str(document), "--dry-run").out
    assert console.asked[-1].query == {"dry_run": "true"}


def test_nothing_to_change_says_so(console: ConsoleStandIn, run: Run, document: Path) -> None:
    console.answer("POST", "/configuration", {"changes": [RESULT["changes"][2]], "applied": True, "secrets": []})
    assert run("apply", "-f", str(document)).out == "nothing to change\n"


def test_variables_of_this_environment_are_sent_resolved(
    console: ConsoleStandIn, run: Run, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPLY_KEY", "sk-secret")
    console.answer("POST", "/configuration", RESULT)
    result = run("apply", "-f", str(document), "--json")
    assert yaml.safe_load(console.asked[-1].body)["providers"][0]["credential"] == "sk-secret"
    assert result.json == RESULT
    assert "sk-secret" not in result.out


def test_document_from_standard_input(console: ConsoleStandIn, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"version: 1\n")))
    console.answer("POST", "/configuration", {"changes": [], "applied": True, "secrets": []})
    assert run("apply", "-f", "-").code == 0
    assert console.asked[-1].body == b"version: 1\n"


def test_document_that_is_not_there_is_a_usage_error(run: Run) -> None:
    result = run("apply", "-f", "nothing.yaml")
    assert result.code == 2
    assert "nothing.yaml" in result.err


def test_document_that_the_server_refuses_is_refused_with_each_place(
    console: ConsoleStandIn, run: Run, document: Path
) -> None:
    problem = {"title": "no", "detail": "no", "errors": [{"pointer": "/providers/0/kind", "message": "is unknown"}]}
    console.answer("POST", "/configuration", problem, 422, "application/problem+json")
    result = run("apply", "-f", str(document))
    assert result.code == 1
    assert "/providers/0/kind: is unknown" in result.err


def test_export_prints_the_document(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/configuration", b"version: 1\n", media="application/yaml")
    assert run("export").out == "version: 1\n"
    assert run("export", "--json").json == {"document": "version: 1\n"}
