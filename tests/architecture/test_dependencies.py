"""Each dependency is locked by hash and justified by a line; the run-time set stays small."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

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
def test_r41_locks_pin_every_package_by_hash_and_name_no_source(lock) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    for block in re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip()):
        assert "==" in block and "--hash=sha256:" in block, block[:80]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_locks_hold_everything_their_input_asks_for(lock) -> None:
    assert _direct(lock.stem) <= set(_pins(lock.stem))


def test_r41_nothing_that_is_installed_to_run_starts_code_with_the_interpreter() -> None:
    """A `.pth` file or a `sitecustomize` runs in every Python process, before any of ours: how a stealer got in."""
    begins, absent = [], set()
    for name in _pins("run"):
        try:
            files = distribution(name).files
        except PackageNotFoundError:
            absent.add(name)
            continue
        assert files, f"{name} does not say what it has installed"
        named = {"sitecustomize.py", "usercustomize.py"}
        begins += [f"{name}: {file}" for file in files if file.suffix == ".pth" or Path(file).name in named]
    assert not begins
    assert absent <= set(re.findall(r"^([a-z0-9._-]+)==\S+ ; ", _lock("run"), re.MULTILINE)), "locked and not installed"


def test_r8_the_web_framework_does_not_take_a_path_out_of_the_host_header() -> None:
    """CVE-2026-48710: before 1.0.1 the path of a request's URL could be written in its Host header."""
    pins = dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([0-9.]+)", _lock("run"), re.MULTILINE))
    assert tuple(int(part) for part in pins["starlette"].split(".")) >= (1, 0, 1)


def _lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")


def _direct(name: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in lines if line and line[0] not in "-#"}


def _pins(name: str) -> list[str]:
    return re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", _lock(name), re.MULTILINE)
