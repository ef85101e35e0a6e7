"""Which API a command talks to, and what it says when there is none."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn
from tollway.cli import connect
from tollway.runtime.data_lock import hold
from tollway.settings.model import Settings


@pytest.fixture
def local_console(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """A stand-in for the composer, whose console answers every request with an empty list."""
    built: list[Settings] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": (await receive())["type"] + ".complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"items": [], "next_cursor": null}'})

    compose = ModuleType("tollway.compose.console")
    compose.build_local_console = lambda settings: built.append(settings) or application  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tollway.compose.console", compose)
    return built


def test_running_server_is_asked(console: ConsoleStandIn, run: Run, local_console: list[Settings]) -> None:
    console.answer("GET", "/teams", {"items": [], "next_cursor": None})
    assert run("team", "list").code == 0
    assert console.asked[0].headers["accept"] == "application/json"
    assert local_console == []


def test_stopped_server_is_replaced_by_the_console_in_this_process(
    run: Run, data: Path, local_console: list[Settings]
) -> None:
    assert run("team", "list", "--json").json == {"items": []}
    assert [settings.data for settings in local_console] == [data]
    with hold(data, "a test"):  # The lock was released.
        pass


def test_socket_of_a_dead_server_is_no_server(run: Run, data: Path, local_console: list[Settings]) -> None:
    with ConsoleStandIn(data / "run" / "console.sock"):
        pass
    assert (data / "run" / "console.sock").exists()
    assert run("team", "list").code == 0
    assert len(local_console) == 1


def test_held_directory_without_an_answer_is_unavailable(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch, local_console: list[Settings]
) -> None:
    monkeypatch.setattr(connect, "WAIT_SECONDS", 0.0)
    with hold(data, "tollway serve"):
        result = run("team", "list")
    assert result.code == 3
    assert "in use by tollway serve" in result.err
    assert local_console == []


def test_server_that_starts_while_a_command_waits_is_asked(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch, local_console: list[Settings]
) -> None:
    stand_in = ConsoleStandIn(data / "run" / "console.sock")
    stand_in.answer("GET", "/teams", {"items": [], "next_cursor": None})
    monkeypatch.setattr(connect.time, "sleep", lambda _: stand_in.__enter__())
    with hold(data, "tollway serve"):
        assert run("team", "list").code == 0
    stand_in.__exit__(None, None, None)
    assert len(stand_in.asked) == 1


def test_directory_that_cannot_be_used_is_unavailable(run: Run, data: Path) -> None:
    data.parent.mkdir(exist_ok=True)
    (data.parent / "file").touch()
    connected = Settings(data=data.parent / "file" / "below")
    with pytest.raises(connect.CommandError) as caught:
        connect.connect(connected, "a test")
    assert caught.value.code == 3
