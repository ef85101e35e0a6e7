"""Every object of a git repository is looked into, by the `git` that is there."""

import subprocess
from pathlib import Path

import pytest

from tollway.cli.answers import CommandError
from tollway.cli.scanning import history
from tollway.cli.scanning.history import History, is_repository
from tollway.cli.scanning.model import Finding, Looked
from tollway.policy.token import generate_token

TOKENS = [generate_token("s", bytes([index]) * 48).reveal() for index in range(6)]
WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *WHO, "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Tokens in a file that was deleted later, a message, a tag, a side branch, and an object that nothing names."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a file.py").write_text(f"# keys\nkey = '{TOKENS[0]}'\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "a file.py").write_text(f"# keys\n\nkey = '{TOKENS[0]}'\n")
    git(folder, "commit", "-q", "-a", "-m", f"second\n\nuses {TOKENS[1]}")
    git(folder, "rm", "-q", "a file.py")
    git(folder, "commit", "-q", "-m", "third")
    git(folder, "tag", "-a", "v1", "-m", f"tagged with {TOKENS[2]}")
    git(folder, "checkout", "-q", "-b", "side")
    (folder / "side.txt").write_text(TOKENS[3])
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "on the side")
    git(folder, "checkout", "-q", "main")
    (folder / "loose").write_text(TOKENS[4])
    git(folder, "hash-object", "-w", "loose")
    (folder / "loose").unlink()
    return folder


def scan(folder: Path) -> tuple[dict[str, Finding], Looked, int]:
    looked, steps = Looked(), 0

    def advance() -> None:
        nonlocal steps
        steps += 1

    found = list(History(folder).scan(looked, advance))
    assert len({each.token.raw for each in found}) == len(found), "each token once a path"
    return {each.token.raw.decode(): each for each in found}, looked, steps


def check(folder: Path, repository: Path) -> None:
    found, looked, steps = scan(folder)
    assert set(found) == set(TOKENS[:5])
    first = git(repository, "rev-list", "--max-parents=0", "main")
    deleted = found[TOKENS[0]]
    assert (deleted.path, deleted.line, deleted.column, deleted.commit) == ("a file.py", 2, 8, first)
    assert found[TOKENS[1]].path == "(commit message)"
    assert found[TOKENS[1]].commit == git(repository, "rev-parse", "main~1")
    assert found[TOKENS[2]].path == "(tag message)"
    assert (found[TOKENS[3]].path, found[TOKENS[3]].commit) == ("side.txt", git(repository, "rev-parse", "side"))
    assert "no commit leads to" in found[TOKENS[4]].path and not found[TOKENS[4]].commit
    assert looked.objects == steps >= 13 and not looked.skipped
    assert History(folder).count_objects() == steps


def test_deleted_files_messages_tags_branches_and_unnamed_objects_are_found(repository: Path) -> None:
    check(repository, repository)


def test_a_packed_bare_copy_gives_the_same(repository: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["cp", "-r", str(repository / ".git"), str(bare)], check=True)
    git(bare, "config", "core.bare", "true")
    git(bare, "repack", "-q", "-a", "-d", "-k")
    assert is_repository(bare) and is_repository(repository) and not is_repository(tmp_path)
    check(bare, repository)


def test_a_folder_that_git_refuses_and_a_machine_without_git_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    with pytest.raises(CommandError, match="git cannot read"):
        History(tmp_path).count_objects()
    with pytest.raises(CommandError, match="git cannot read"):
        list(History(tmp_path).scan(Looked(), lambda: None))
    monkeypatch.setattr(history.shutil, "which", lambda _name: None)
    with pytest.raises(CommandError, match="there is no `git`"):
        History(tmp_path)
