"""A bar says how much is done where that is known, and always how long it has taken."""

import pytest

from tollway.cli.drawing import drawn


def test_a_bar_has_a_count_only_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with drawn() as begin:
        begin("checking [bold]", None)
        bar = begin("2,000 tokens", 2_000)
        bar.at(500, 2_000)
        bar.step()
    shown = capsys.readouterr()
    assert "checking [bold]" in shown.err and "501/2,000" in shown.err and "0:00:00" in shown.err
    assert "0/None" not in shown.err and shown.out == ""
