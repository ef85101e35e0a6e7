"""Shows what a scan found: a line each for people, JSON and SARIF 2.1.0 for programs. A secret is in none of them.

SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tollway import __version__
from tollway.cli.output import cell
from tollway.cli.scanning.model import Finding, Looked, State

RULE = "tollway-token"
WORDS: dict[State, str] = {
    "not_checked": "",
    "unknown": "not a token of this installation",
    "active": "ACTIVE",
    "disabled": "disabled",
    "quarantined": "quarantined",
    "revoked": "revoked",
    "expired": "expired",
    "not_yet_valid": "not valid yet",
    "decoy": "a decoy of this installation",
}
_LEVELS: dict[State, str] = {"unknown": "warning", "revoked": "note", "expired": "note"}


def show_line(finding: Finding, state: State) -> str:
    """Return `place: masked token`, then the commit and the state where they are known."""
    place = f"{finding.repository}:{finding.path}" if finding.repository else finding.path
    words = [f"{cell(place)}:{finding.line}:{finding.column}: {finding.masked}"]
    if finding.commit:
        words.append(f"commit {finding.commit[:12]}")
    if WORDS[state]:
        words.append(WORDS[state])
    return "  ".join(words)


def show_json(findings: Sequence[tuple[Finding, State]], looked: Looked) -> dict[str, Any]:
    """Return the findings and what was looked at."""
    return {
        "findings": [
            {
                "path": finding.path,
                "line": finding.line,
                "column": finding.column,
                "repository": finding.repository or None,
                "commit": finding.commit or None,
                "blob": finding.blob or None,
                "token_id": finding.token.id,
                "kind": finding.token.kind,
                "masked": finding.masked,
                "state": state,
            }
            for finding, state in findings
        ],
        "looked_at": {
            "files": looked.files,
            "objects": looked.objects,
            "bytes": looked.bytes,
            "skipped": looked.skipped,
        },
    }


def show_sarif(findings: Sequence[tuple[Finding, State]]) -> dict[str, Any]:
    """Return a SARIF log with one result for each finding."""
    rule = {
        "id": RULE,
        "name": "TollwayToken",
        "shortDescription": {"text": "A Tollway token"},
        "fullDescription": {"text": "A bearer token of a Tollway gateway is written where others may read it."},
        "help": {"text": "Report the token to its installation, or rotate or revoke it, and remove it from here."},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security"], "security-severity": "9.0"},
    }
    driver = {"name": "tollway scan", "version": __version__, "rules": [rule]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(*found) for found in findings],
            }
        ],
    }


def _result(finding: Finding, state: State) -> dict[str, Any]:
    where = f", first in commit {finding.commit}" if finding.commit else ""
    is_known = f" ({WORDS[state]})" if WORDS[state] else ""
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(finding.path)},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }
    }
    return {
        "ruleId": RULE,
        "level": _LEVELS.get(state, "error"),
        "message": {"text": f"The token {finding.masked}{is_known} is written here{where}."},
        "locations": [location],
        "partialFingerprints": {"tollwayTokenPlace/v1": f"{finding.token.id}:{finding.path}"},
        "properties": {"tokenId": finding.token.id, "commit": finding.commit, "blob": finding.blob, "state": state},
    }
