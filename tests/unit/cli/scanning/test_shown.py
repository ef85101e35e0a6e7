"""What a scan prints names place, commit and masked token, and holds no secret."""

import json

from tollway.cli.scanning.model import Finding, Looked
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
