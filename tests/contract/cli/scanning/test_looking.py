"""Files, histories and the repositories among them are gone through once."""

import subprocess
from pathlib import Path

from tollway.cli.progress import Unseen
from tollway.cli.scanning.looking import look
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
    begun: list[tuple[str, int | None]] = []
    steps: list[int] = []

    class Counting(Unseen):
        def step(self) -> None:
            steps.append(1)

    def begin(text: str, total: int | None) -> Counting:
        begun.append((text.removeprefix(str(tmp_path)), total))
        return Counting()

    found = look([tmp_path / "outer"], Looked(), begin, has_history=True)
    assert [(each.path.removeprefix(str(tmp_path)), bool(each.commit)) for each in found] == [
        ("/outer/inner/key.txt", False),
        ("key.txt", True),
    ]
    assert begun == [("/outer: files", 1), ("/outer/inner: history", 3)] and len(steps) == 4
    assert len(look([tmp_path / "outer"], Looked(), begin, has_history=False)) == 1
    bare = tmp_path / "outer" / "inner" / ".git"
    assert [each.path for each in look([bare], Looked(), begin, has_history=True)] == ["key.txt"]
