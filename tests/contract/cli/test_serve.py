"""`tollway serve` reads the settings, and hands where they come from to the supervisor that it becomes."""

from pathlib import Path

import pytest

from kit.command_line import Run
from tollway.runtime import serving
from tollway.settings.load import Sources


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Sources]:
    """What supervisors were begun with; a stand-in ends with 0 instead of becoming one."""
    calls: list[Sources] = []

    def begin(sources: Sources) -> None:
        calls.append(sources)
        raise SystemExit(0)

    monkeypatch.setattr(serving, "become_supervisor", begin)
    return calls


def test_flags_become_settings(run: Run, data: Path, begun: list[Sources]) -> None:
    assert run("serve", "--listen", ":1", "--console", ":2", "--workers", "3").code == 0
    settings = begun[0].load()
    assert (settings.gateway.listen, settings.console.listen, settings.gateway.workers) == (":1", ":2", 3)
    assert settings.data == data


def test_reload_reads_the_same_sources_again_wherever_the_server_is_then(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: list[Sources]
) -> None:
    (tmp_path / "my.toml").write_text('[log]\nlevel = "debug"\n')
    assert run("serve", "--config", "my.toml", "--listen", ":1").code == 0
    settings = begun[0].load()
    (tmp_path / "my.toml").write_text('[log]\nlevel = "error"\n')
    monkeypatch.chdir("/")
    again = begun[0].load()
    assert (settings.log.level, again.log.level, again.gateway.listen) == ("debug", "error", ":1")


def test_every_fault_is_shown_and_nothing_starts(run: Run, begun: list[Sources]) -> None:
    result = run("serve", "--listen", "nowhere", "--workers", "0")
    assert result.code == 2
    assert "--listen: not an address" in result.err
    assert "--workers: must be between 1 and 256" in result.err
    assert begun == []
