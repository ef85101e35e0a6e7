"""docs/threats.md has a row for every rule, and names every test of it and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

RULES = [f"R{number}" for number in range(1, 45)]
LAST_OF_ALL = 11
"""R11b was added beside R11."""
ROW = re.compile(r"^\| (R\d+b?) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
NAMED = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")
TEST = re.compile(r"^(?:async )?def (test_((?:r\d+b?_)+)\w+)\(", re.MULTILINE)


@pytest.fixture(scope="module")
def rows(project_root: Path) -> dict[str, tuple[str, str, str, str]]:
    text = (project_root / "docs" / "threats.md").read_text(encoding="utf-8")
    return {rule: (went_wrong, holds, proof, missing) for rule, went_wrong, holds, proof, missing in ROW.findall(text)}


def named_after_rules(root: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each rule with the name and the file of each of its tests."""
    for folder in ("unit", "contract", "edge", "http", "journeys", "architecture", "docs", "scale", "chaos"):
        for path in sorted((root / "tests" / folder).rglob("test_*.py")):
            for name, rules in TEST.findall(path.read_text(encoding="utf-8")):
                for rule in re.findall(r"r(\d+b?)_", rules):
                    yield f"R{rule}", (name, path.relative_to(root).as_posix())


def test_every_rule_has_its_row(rows: dict[str, tuple[str, str, str, str]]) -> None:
    assert list(rows) == [*RULES[:LAST_OF_ALL], "R11b", *RULES[LAST_OF_ALL:]]


def test_each_row_says_what_holds_and_names_its_tests_or_says_why_it_does_not_apply(
    rows: dict[str, tuple[str, str, str, str]],
) -> None:
    for rule, (went_wrong, holds, proof, missing) in rows.items():
        assert went_wrong, rule
        if NAMED.search(proof) is None:
            assert not proof and not holds, f"{rule} promises something that no test holds"
            assert len(missing.split()) >= 8, f"{rule} has no test and does not say why it does not apply"
        else:
            assert holds, f"{rule} does not say what holds"


def test_every_test_that_is_named_exists_and_every_one_that_exists_is_named(
    rows: dict[str, tuple[str, str, str, str]], project_root: Path
) -> None:
    there = set(named_after_rules(project_root))
    named = {(rule, found) for rule, row in rows.items() for found in NAMED.findall(row[2])}
    assert not named - there, "docs/threats.md names what is not there"
    assert not there - named, "add these to docs/threats.md: [`test`](../file)"
