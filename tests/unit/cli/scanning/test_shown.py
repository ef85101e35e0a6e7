"""What a scan prints names place, commit and masked token, and holds no secret."""

import json
from typing import get_args

import pytest
from sarif_kit.validate import validation_errors

from tollway.cli.scanning.model import Finding, Looked, State
from tollway.cli.scanning.shown import show_json, show_line, show_sarif
from tollway.policy.token import generate_token, parse_token

TOKEN = generate_token("s", bytes(range(48))).reveal()
PARSED = parse_token(TOKEN)
assert PARSED is not None
ON_DISK = Finding("src/my keys.py", 3, 7, PARSED)
COMMITTED = Finding("a.py", 1, 1, PARSED, "/repo", "c" * 40, "b" * 40)


def test_a_line_says_where_which_commit_and_what_is_known() -> None:
    assert show_line(ON_DISK, "not_checked") == f"src/my keys.py:3:7: tws_{TOKEN[4:16]}…"
    assert show_line(COMMITTED, "active") == f"/repo:a.py:1:1: tws_{TOKEN[4:16]}…  commit {'c' * 12}  ACTIVE"
    assert "\\x1b" in show_line(Finding("\x1b[31m", 1, 1, PARSED), "unknown")


def test_json_and_sarif_hold_the_place_and_never_the_secret() -> None:
    found = [(ON_DISK, "active"), (COMMITTED, "revoked")]
    shown = show_json(found, Looked(files=2, skipped=["x: denied"]))
    assert [item["commit"] for item in shown["findings"]] == [None, "c" * 40]
    assert shown["looked_at"]["files"] == 2 and shown["looked_at"]["skipped"] == ["x: denied"]
    sarif = show_sarif(found)
    assert sarif["version"] == "2.1.0"
    results = sarif["runs"][0]["results"]
    assert [result["level"] for result in results] == ["error", "note"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "src/my%20keys.py"
    assert place["region"] == {"startLine": 3, "startColumn": 7}
    assert sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"] == results[0]["ruleId"]
    assert TOKEN[16:] not in json.dumps([shown, sarif])


def test_sarif_is_as_its_schema_says() -> None:
    """By the schema of OASIS (SARIF 2.1.0, errata 01), for every state and for places that need quoting."""
    strange = [Finding(path, 1, 1, PARSED) for path in ("/etc/ä b%20.py", "C:x\\y.py", "a#b?c.py", "", "\x1b[31m")]
    found = [(COMMITTED, state) for state in get_args(State)] + [(each, "not_checked") for each in strange]
    for each in ([], found):
        assert validation_errors(show_sarif(each)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [("version", "2.0.0"), ("runs.0.results.0.level", "fatal"), ("runs.0.results.0.message", "a text"),
     ("runs.0.results.0.locations.0.physicalLocation.region.startLine", 0), ("runs.0.tool.driver.name", None)],
)  # fmt: skip
def test_the_schema_finds_what_is_wrong(path: str, value: object) -> None:
    """A schema that accepts all would prove nothing."""
    log = json.loads(json.dumps(show_sarif([(ON_DISK, "active")])))
    *above, last = path.split(".")
    place = log
    for name in above:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[last] = value
    assert validation_errors(log)
