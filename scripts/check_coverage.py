"""Runs all tests but the real model and chaos with branch coverage, and holds the gates.

95 % of the whole (pyproject.toml), and all of what decides about tokens and money. Arguments go to pytest.
Subprocesses count too: coverage starts in them through its .pth file.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

WHOLE = (
    "policy/token.py",
    "policy/rate.py",
    "policy/budget.py",
    "policy/price.py",
    "policy/price_book.py",
    "policy/tariff.py",
    "adapters/meters/",
    "adapters/journal/",
)
"""Files and folders of src/tollway whose every line and branch is run by a test."""


def main(arguments: list[str]) -> int:
    """Return 0 when the tests pass and every gate holds."""
    environment = dict(os.environ, COVERAGE_PROCESS_START=str(ROOT / "pyproject.toml"))
    _run("-m", "coverage", "erase", environment=environment)
    marks = "not chaos and not real_model"
    tests = _run("-m", "pytest", "-n", "2", "-m", marks, "--cov", "--cov-report=", *arguments, environment=environment)
    if tests:
        return tests
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        _run("-m", "coverage", "json", "-q", "--fail-under=0", "-o", str(report), environment=environment)
        missing = list(_incomplete(json.loads(report.read_text(encoding="utf-8"))))
    overall = _run("-m", "coverage", "report", environment=environment)
    for line in missing:
        print(line, file=sys.stderr)
    return 1 if missing or overall else 0


def _incomplete(report: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    found = []
    for name, measured in report["files"].items():
        place = name.partition("src/tollway/")[2]
        lines, branches = measured["missing_lines"], measured["missing_branches"]
        if place.startswith(WHOLE) and (lines or branches):
            found.append(f"{place} must be covered whole; missing lines {lines}, branches {branches}")
    return found


def _run(*arguments: str, environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
