"""`tollway service` against the console's own application: the whole way to the database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit.command_line import Run
from kit.console import console_on
from tollway.cli import connect
from tollway.cli.in_process import InProcessAPI
from tollway.web.local import LocalApp


@pytest.fixture(autouse=True)
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every command of the test calls one application in this process, as it would call a running console."""
    with console_on(tmp_path, is_set_up=False) as console:
        app = LocalApp(console.app)
        monkeypatch.setattr(connect, "connect", lambda *_: InProcessAPI(app, ExitStack()))
        yield


def test_a_service_from_its_first_day_to_its_last(run: Run) -> None:
    run("service", "add", "weather", "--path", "/weather", "--base-url", "https://api.example.com/v2")
    changed = run(
        "service", "change", "weather", "--path", "/wind", "--base-url", "https://api.example.com/v3", "--json"
    )
    assert (changed.json["path_prefix"], changed.json["base_url"]) == ("/wind", "https://api.example.com/v3")
    assert "/wind" in run("service", "show", "weather").out
    assert run("service", "disable", "weather").out.endswith("is disabled\n")
    assert run("service", "enable", "weather").out.endswith("is active\n")
    assert run("service", "change", "weather", "--name", "wind").code == 0
    assert run("service", "remove", "wind").code == 0 and run("service", "show", "wind").code == 1
