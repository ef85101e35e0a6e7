"""`tollway serve` hands settings, and a way to read them again, to the supervisor."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import tollway.runtime
from kit.command_line import Run
from tollway.settings.model import Settings


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, Callable[[], Settings]]]:
    """A stand-in that notes what it was given and ends with 0."""
    calls: list[tuple[Settings, Callable[[], Settings]]] = []
    module = ModuleType("tollway.runtime.supervisor")
    module.serve = lambda settings, reload: calls.append((settings, reload)) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tollway.runtime.supervisor", module)
    monkeypatch.setattr(tollway.runtime, "supervisor", module, raising=False)
    return calls


def test_flags_become_settings(run: Run, data: Path, supervisor: list[tuple[Settings, Callable[[], Settings]]]) -> None:
    assert run("serve", "--listen", ":1", "--console", ":2", "--workers", "3").code == 0
    settings, _ = supervisor[0]
    assert (settings.gateway.listen, settings.console.listen, settings.gateway.workers) == (":1", ":2", 3)
    assert settings.data == data


def test_reload_reads_the_same_sources_again_wherever_the_server_is_then(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, supervisor: list[tuple[Settings, Callable[[], Settings]]]
) -> None:
    (tmp_path / "my.toml").write_text('[log]\nlevel = "debug"\n')
    assert run("serve", "--config", "my.toml", "--listen", ":1").code == 0
    (tmp_path / "my.toml").write_text('[log]\nlevel = "error"\n')
    monkeypatch.chdir("/")
    settings, reload = supervisor[0]
    assert (settings.log.level, reload().log.level, reload().gateway.listen) == ("debug", "error", ":1")


def test_every_fault_is_shown_and_nothing_starts(
    run: Run, supervisor: list[tuple[Settings, Callable[[], Settings]]]
) -> None:
    result = run("serve", "--listen", "nowhere", "--workers", "0")
    assert result.code == 2
    assert "--listen: not an address" in result.err
    assert "--workers: must be between 1 and 256" in result.err
    assert supervisor == []
