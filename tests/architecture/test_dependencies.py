"""Each dependency is locked by hash and justified by a line; the run-time set stays small."""

import re
import tomllib

import pytest

from kit.source_tree import ROOT

TRANSITIVE_MAX = 60
"""Run-time packages in all (quality bar)."""

PAGE = ROOT / "docs" / "dependencies.md"
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def test_each_dependency_has_a_line_that_says_why() -> None:
    named = set(re.findall(r"^\| `([a-z0-9-]+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    wanted = {name for lock in LOCKS for name in _direct(lock.stem)}
    assert not wanted - named, f"add a line to docs/dependencies.md for {sorted(wanted - named)}"
    assert not named - wanted, f"no longer a dependency: {sorted(named - wanted)}"


def test_the_project_declares_what_the_lock_is_made_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[a-z0-9-]+", line.lower())[0] for line in project["dependencies"]}
    assert declared == _direct("run")


def test_run_time_dependencies_stay_few() -> None:
    assert len(_pins("run")) <= TRANSITIVE_MAX


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_locks_pin_every_package_by_hash_and_name_no_source(lock) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    for block in re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip()):
        assert "==" in block and "--hash=sha256:" in block, block[:80]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_locks_hold_everything_their_input_asks_for(lock) -> None:
    assert _direct(lock.stem) <= set(_pins(lock.stem))


def _direct(name: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in lines if line and line[0] not in "-#"}


def _pins(name: str) -> list[str]:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE)
