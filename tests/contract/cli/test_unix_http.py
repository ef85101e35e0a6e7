"""HTTP over the Unix socket of a running server."""

from pathlib import Path

import pytest

from kit.console_stand_in import ConsoleStandIn
from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.unix_http import UnixAPI


def test_request_arrives_and_answer_comes_back(console: ConsoleStandIn, data: Path) -> None:
    console.answer("POST", "/a", {"b": 1}, 201)
    answer = UnixAPI(data / "run" / "console.sock").request("POST", "/api/v1/a?c=d", {"x-y": "z"}, b"body")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (201, b'{"b": 1}', "application/json")
    asked = console.asked[0]
    assert (asked.method, asked.query, asked.headers["x-y"], asked.body) == ("POST", {"c": "d"}, "z", b"body")
    assert asked.headers["host"] == "localhost"


def test_server_that_goes_away_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="did not answer") as caught:
        UnixAPI(tmp_path / "none.sock").request("GET", "/", {}, b"")
    assert caught.value.code == ExitCode.UNAVAILABLE
