"""Files, histories and the repositories among them are gone through once; a bar is drawn on a terminal only."""

import subprocess
import sys
from pathlib import Path

import pytest

from tollway.cli.scanning.looking import look, progress
from tollway.cli.scanning.model import Looked
from tollway.policy.token import generate_token

TOKEN = generate_token("s", bytes(range(48))).reveal()
GIT = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]


def make_repository(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "key.txt").write_text(TOKEN)
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*GIT, "-C", str(folder), *arguments], check=True, capture_output=True)


def test_work_trees_and_repositories_inside_are_looked_into(tmp_path: Path) -> None:
    make_repository(tmp_path / "outer" / "inner")
    begun: list[tuple[str, int]] = []
    steps: list[int] = []

    def begin(text: str, total: int) -> object:
        begun.append((text.removeprefix(str(tmp_path)), total))
        return lambda: steps.append(1)

    found = look([tmp_path / "outer"], Looked(), begin, has_history=True)  # type: ignore[arg-type]
    assert [(each.path.removeprefix(str(tmp_path)), bool(each.commit)) for each in found] == [
        ("/outer/inner/key.txt", False),
        ("key.txt", True),
    ]
    assert begun == [("/outer: files", 1), ("/outer/inner: history", 3)] and len(steps) == 4
    assert len(look([tmp_path / "outer"], Looked(), begin, has_history=False)) == 1  # type: ignore[arg-type]
    bare = tmp_path / "outer" / "inner" / ".git"
    assert [each.path for each in look([bare], Looked(), begin, has_history=True)] == ["key.txt"]  # type: ignore[arg-type]


def test_a_bar_is_drawn_on_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress(is_wanted=True) as begin:
        begin("nothing", 1)()
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress(is_wanted=True) as begin:
        begin("files of a place", 2)()
    shown = capsys.readouterr()
    assert "files of a place" in shown.err and shown.out == ""
