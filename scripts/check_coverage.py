"""Runs the tests of code with branch coverage, prints how much of each ring they run, and holds the gates.

95 % of the whole (pyproject.toml), and all of what decides about tokens, rights and money. Arguments go to pytest:
`-n 1` for one core, `tests/journeys` for a folder more. What is left out can only make the figures lower: journeys,
browsers and the real model (whole programs, which add next to nothing and take as long as all the rest), the long
forms of tests (`slow`, `chaos`, `scale`), and the tests of pages and of the repository. Of a property the first
examples are tried, the same each time (the profile `measured` in tests/conftest.py).
Every Python process counts, pytest's own and each that a test starts: coverage begins in them through its .pth file
and leaves its data in one folder when they end; pytest's own workers leave it earlier (tests/conftest.py), since they
are killed when their end takes long. A process that is killed leaves none.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEST_SECONDS = 120
"""For one test; what is measured takes two or three times as long."""
FOLDERS = ("unit", "contract", "edge", "http")
LEFT_OUT = ("slow", "browser", "chaos", "scale", "real_model")
"""Markers of tests that take long and reach what the others reach."""

PARTS = ("covered_lines", "covered_branches", "num_statements", "num_branches")
"""What a report counts in each file."""

WHOLE = (
    "policy/token.py",
    "policy/usability.py",
    "policy/rate.py",
    "policy/budget.py",
    "kernel/money.py",
    "policy/meter_keys.py",
    "policy/price.py",
    "policy/price_book.py",
    "policy/tariff.py",
    "policy/rights.py",
    "policy/levels.py",
    "policy/name_rules.py",
    "policy/network_rules.py",
    "policy/route_rules.py",
    "policy/hour_rules.py",
    "gateway/authenticate.py",
    "gateway/subjects.py",
    "gateway/life.py",
    "gateway/rights.py",
    "gateway/chains.py",
    "gateway/resolve.py",
    "gateway/claims.py",
    "gateway/admit.py",
    "control/access/",
    "control/rights/",
    "adapters/meters/",
    "adapters/journal/",
    "adapters/prices/",
)
"""Files and folders of src/tollway whose every line and branch is run by a test."""


def main(arguments: list[str]) -> int:
    """Return 0 when the tests pass and every gate holds."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, COVERAGE_FILE=str(Path(folder) / "data"))
        began = time.monotonic()
        tests = _run_tests(arguments, environment | {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")})
        seconds = time.monotonic() - began
        _run("-m", "coverage", "combine", "-q", environment=environment)
        report = Path(folder) / "coverage.json"
        _run("-m", "coverage", "json", "-q", "--fail-under=0", "-o", str(report), environment=environment)
        measured = json.loads(report.read_text(encoding="utf-8"))
        overall = _run("-m", "coverage", "report", environment=environment)
    missing = list(_incomplete(measured))
    for line in (*_figures(measured), *missing):
        print(line)
    print(f"tests: {', '.join(FOLDERS)} without {', '.join(LEFT_OUT)}, in {seconds / 60:.1f} minutes")
    faults = [fault for fault, is_there in (("a test", tests), ("a file", missing), ("the whole", overall)) if is_there]
    print(f"not met, because of {' and '.join(faults)}" if faults else "every gate holds")
    return 1 if faults else 0


def _run_tests(arguments: list[str], environment: dict[str, str]) -> int:
    folders = (f"tests/{name}" for name in FOLDERS)
    marks = " and ".join(f"not {name}" for name in LEFT_OUT)
    usual = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--timeout", str(TEST_SECONDS))
    chosen = ("-m", marks, "--hypothesis-profile=measured")
    return _run("-m", "pytest", *folders, *usual, *chosen, *arguments, environment=environment)


def _figures(report: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each ring and one for the whole: lines and branches that were run, of all there are."""
    rings: dict[str, Counter[str]] = {}
    for name, measured in report["files"].items():
        ring = _place(name).partition("/")[0]
        rings.setdefault(ring, Counter()).update({part: measured["summary"][part] for part in PARTS})
    for ring, summary in [*sorted(rings.items()), ("all", Counter({part: report["totals"][part] for part in PARTS}))]:
        run = summary["covered_lines"] + summary["covered_branches"]
        there = summary["num_statements"] + summary["num_branches"]
        percent = 100 * run / there if there else 100
        yield f"{ring:14}{percent:6.1f} % of {there:6} lines and branches"


def _incomplete(report: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each file that must be covered whole and is not, or is not there at all."""
    places = {_place(name): measured for name, measured in report["files"].items()}
    for wanted in WHOLE:
        found = [place for place in places if place.startswith(wanted)]
        if not found:
            yield f"{wanted} was not measured"
        for place in found:
            lines, branches = places[place]["missing_lines"], places[place]["missing_branches"]
            if lines or branches:
                yield f"{place} must be covered whole; missing lines {lines}, branches {branches}"


def _place(name: str) -> str:
    """Return where a file is in src/tollway."""
    return name.partition("src/tollway/")[2]


def _run(*arguments: str, environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
