"""Runs all tests but the real model and chaos with branch coverage, and holds the gates.

95 % of the whole (pyproject.toml), and all of what decides about tokens, rights and money. Arguments go to pytest.
Every Python process counts, pytest's own and each that a test starts: coverage begins in them through its .pth file
and leaves its data in one folder when they end; pytest's own workers leave it earlier (tests/conftest.py), since they
are killed when their end takes long. A process that is killed leaves none.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST_SECONDS = 120
"""For one test; what is measured takes two or three times as long."""

WHOLE = (
    "policy/token.py",
    "policy/usability.py",
    "policy/rate.py",
    "policy/budget.py",
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
)
"""Files and folders of src/tollway whose every line and branch is run by a test."""


def main(arguments: list[str]) -> int:
    """Return 0 when the tests pass and every gate holds."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(
            os.environ,
            COVERAGE_PROCESS_START=str(ROOT / "pyproject.toml"),
            COVERAGE_FILE=str(Path(folder) / "data"),
        )
        marks = ("-m", "not chaos and not scale and not real_model", "--timeout", str(TEST_SECONDS))
        tests = _run("-m", "pytest", "-n", "2", "--dist", "loadfile", *marks, *arguments, environment=environment)
        del environment["COVERAGE_PROCESS_START"]
        _run("-m", "coverage", "combine", "-q", environment=environment)
        report = Path(folder) / "coverage.json"
        _run("-m", "coverage", "json", "-q", "--fail-under=0", "-o", str(report), environment=environment)
        missing = list(_incomplete(json.loads(report.read_text(encoding="utf-8"))))
        overall = _run("-m", "coverage", "report", environment=environment)
    for line in missing:
        print(line, file=sys.stderr)
    return 1 if tests or missing or overall else 0


def _incomplete(report: dict[str, dict[str, dict[str, object]]]) -> Iterator[str]:
    """Yield a line for each file that must be covered whole and is not, or is not there at all."""
    places = {name.partition("src/tollway/")[2]: measured for name, measured in report["files"].items()}
    for wanted in WHOLE:
        found = [place for place in places if place.startswith(wanted)]
        if not found:
            yield f"{wanted} was not measured"
        for place in found:
            lines, branches = places[place]["missing_lines"], places[place]["missing_branches"]
            if lines or branches:
                yield f"{place} must be covered whole; missing lines {lines}, branches {branches}"


def _run(*arguments: str, environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
