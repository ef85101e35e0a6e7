"""What all commands have in common: exit codes, and where errors go."""

import json

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn
from tollway.cli.answers import CommandError, ExitCode


@pytest.mark.parametrize(
    ("status", "code"), [(400, 1), (403, 1), (404, 1), (409, 1), (422, 1), (429, 1), (500, 3), (503, 3)]
)
def test_refusals_exit_with_1_and_outages_with_3(console: ConsoleStandIn, run: Run, status: int, code: int) -> None:
    console.refuse("GET", "/teams", status, "management.unavailable", "the reason")
    result = run("team", "list", "--json")
    assert result.code == code
    assert result.out == ""
    assert json.loads(result.err)["error"]["code"] == "management.unavailable"
    assert run("team", "list").err == "error: the reason\n"


def test_faulty_settings_are_usage_errors_all_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLWAY_LOG_LEVEL", "loud")
    monkeypatch.setenv("TOLLWAY_GATEWAY_WORKERS", "many")
    result = run("team", "list", "--json")
    assert result.code == 2
    places = [fault["place"] for fault in json.loads(result.err)["error"]["faults"]]
    assert places == ["TOLLWAY_GATEWAY_WORKERS", "TOLLWAY_LOG_LEVEL"]


def test_output_into_a_closed_pipe_is_no_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("tollway.cli.session.Session.items", broken)
    monkeypatch.setattr("sys.stdout", None)
    assert run("team", "list").code == 0


def test_errors_of_commands_carry_their_code() -> None:
    error = CommandError(ExitCode.REFUSED, "no")
    assert error.problem == {"title": "no", "detail": "no"}
