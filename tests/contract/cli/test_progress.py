"""Long work is shown on a terminal's standard error, and nowhere else."""

import sys

import pytest

from tollway.cli.output import Output
from tollway.cli.progress import progress


def test_a_bar_is_drawn_on_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress(is_wanted=True) as begin:
        begin("nothing", 1).step()
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress(is_wanted=True) as begin:
        begin("files of a place", 2).step()
    shown = capsys.readouterr()
    assert "files of a place" in shown.err and "1/2" in shown.err and shown.out == ""
    with Output(as_json=False).working("copying") as bar:
        bar.at(1_500, 3_000)
    shown = capsys.readouterr()
    assert "copying" in shown.err and "1,500/3,000" in shown.err and shown.out == ""
    with Output(as_json=True).working("copying") as bar:
        bar.at(1, 2)
    assert capsys.readouterr() == ("", "")
