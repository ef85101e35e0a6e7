"""The command line's process becomes the supervisor: same words, same sources, nothing left of the first run."""

import os
import sys
from pathlib import Path

import pytest

from tollway import __main__ as program
from tollway.runtime import serving, supervisor
from tollway.settings.load import Sources
from tollway.settings.model import Settings


class Replaced(BaseException):
    """The program was replaced."""


def test_the_second_run_has_the_same_words_and_reads_the_same_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my.toml").write_text('[log]\nlevel = "debug"\n')
    seen: list[tuple[str, list[str], dict[str, str]]] = []

    def replace(path: str, words: list[str], environment: dict[str, str]) -> None:
        seen.append((path, words, environment))
        raise Replaced

    monkeypatch.setattr(os, "execve", replace)
    with pytest.raises(Replaced):
        serving.become_supervisor(Sources(tmp_path / "my.toml", {"--listen": ":1", "--data": str(tmp_path)}))
    ((path, words, environment),) = seen
    assert (path, words) == (sys.executable, sys.orig_argv)
    begun: list[tuple[Settings, Settings]] = []
    monkeypatch.setattr(supervisor, "serve", lambda settings, reload: begun.append((settings, reload())) or 7)
    monkeypatch.setattr(os, "environ", environment)
    assert program.main(["serve", "--listen", ":1"]) == 7
    assert [(one.log.level, one.gateway.listen, one.data) for one in begun[0]] == 2 * [("debug", ":1", tmp_path)]
    # Its children, and whatever it starts, are not told.
    assert serving.VARIABLE not in environment


def test_settings_that_were_broken_meanwhile_are_told_in_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my.toml").write_text('[log]\nlevel = "loud"\n')
    handed = f'{{"config": "{tmp_path}/my.toml", "flags": {{"--workers": "0"}}}}'
    assert serving.main(handed) == serving.EXIT_USAGE
    told = capsys.readouterr().err
    assert "level" in told and "--workers: must be between 1 and 256" in told
