"""The rules shipped for secret scanners are those of the format, and find a token."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import pytest
import yaml
from pydantic import Field, TypeAdapter, ValidationError

from tollway.policy.token import KINDS, SCANNER_EXPRESSION, generate_token, parse_token

TEXT = "\n".join(f'key = "{generate_token(kind, bytes(range(48))).reveal()}"' for kind in sorted(KINDS))


def test_the_files_are_as_the_constants_say(project_root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/generate_scanners.py", "--check"],
        cwd=project_root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_r40_no_file_of_ours_holds_a_token(project_root: Path) -> None:
    """By the published expression and the checksum; what the wheel and the image are made of is among these files."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=project_root, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout of git")
    found = [
        name
        for name in listed.stdout.decode().split("\0")
        if name and (path := project_root / name).is_file()
        for match in re.findall(SCANNER_EXPRESSION.encode(), path.read_bytes())
        if parse_token(match) is not None
    ]
    assert not found, "make it in the test, from bytes that are no secret"


def test_each_rule_finds_every_kind_of_token(project_root: Path) -> None:
    folder = project_root / "contrib" / "secret-scanning"
    rule = tomllib.loads((folder / "gitleaks.toml").read_text())["rules"][0]
    detector = yaml.safe_load((folder / "trufflehog.yaml").read_text())["detectors"][0]
    for expression, keywords in ((rule["regex"], rule["keywords"]), (detector["regex"]["token"], detector["keywords"])):
        assert len(re.findall(expression, TEXT)) == len(KINDS)
        assert all(any(keyword in line for keyword in keywords) for line in TEXT.splitlines())
    assert rule["regex"] == SCANNER_EXPRESSION


def test_the_hook_runs_a_command_that_there_is(project_root: Path) -> None:
    (hook,) = yaml.safe_load((project_root / ".pre-commit-hooks.yaml").read_text())
    done = subprocess.run(
        [sys.executable, "-m", *hook["entry"].split(), str(project_root / "README.md")],
        cwd=project_root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_expression_means_the_same_to_scanners_of_other_languages() -> None:
    """Go's scanners use RE2's syntax, which has no look-around and counts to 1,000; pydantic judges by Rust's."""
    assert not re.search(r"\(\?|\\[1-9]", SCANNER_EXPRESSION)
    assert all(int(count) <= 1_000 for count in re.findall(r"\{(\d+)\}", SCANNER_EXPRESSION))
    rust = TypeAdapter(Annotated[str, Field(pattern=SCANNER_EXPRESSION)])
    for line in TEXT.splitlines():
        found = re.search(SCANNER_EXPRESSION, line)
        assert found is not None
        token = found[0]
        # RE2 reads `\b` as ASCII has it: a letter of another alphabet beside a token hides it from nobody.
        assert re.search(SCANNER_EXPRESSION, f"ключ{token}é", re.ASCII) is not None
        for text in (line, token, f'"{token}"', f"key={token};", f"{token}x", f"x{token}", token[:-1], token.upper()):
            is_found = re.search(SCANNER_EXPRESSION, text) is not None
            try:
                rust.validate_python(text)
            except ValidationError:
                assert not is_found, text
            else:
                assert is_found, text
