"""Rules and decoys over HTTP."""

from kit.console import Console

RULES = "/api/v1/security/rules"


def test_rules_are_shown_whole_changed_and_reset(console: Console) -> None:
    client = console.signed_in()
    (built_in,) = client.get(RULES).json()["items"]
    assert built_in["rules"]["thresholds"]["spike"]["factor"] == 6.0 and built_in["updated_at"] is None
    assert built_in["rules"]["leaked"]["act"] == "quarantine"
    changed = {"thresholds": {"spike": {"factor": 9.5, "act": "limit", "act_most": "quarantine"}}}
    saved = client.put(RULES, json={"rules": changed})
    assert saved.status_code == 200 and saved.json()["rules"]["thresholds"]["spike"]["factor"] == 9.5
    team = client.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    assert client.put(RULES, json={"team_id": team, "rules": {}}).status_code == 200
    assert [item["team_id"] for item in client.get(RULES).json()["items"]] == ["", team]
    assert client.delete(RULES, params={"team_id": team}).status_code == 204
    assert client.delete(RULES).status_code == 204
    assert client.get(RULES).json()["items"] == [built_in]


def test_rules_that_cannot_be_are_refused_with_the_place(console: Console) -> None:
    client = console.signed_in()
    for rules, word in (
        ({"thresholds": {"spike": {"factor": 0.2}}}, "factor"),
        ({"thresholds": {"spikes": {}}}, "spikes"),
        ({"thresholds": {"scanning": {"act": "revoke"}}}, "only be told"),
    ):
        answer = client.put(RULES, json={"rules": rules})
        assert answer.status_code == 422 and word in answer.text, answer.text
        assert answer.json()["errors"][0]["pointer"].startswith("/rules/thresholds/s")


def test_a_rule_that_is_stated_in_part_is_for_the_rest_as_built_in(console: Console) -> None:
    client = console.signed_in()
    stated = {"leaked": {"mode": "dry_run"}, "thresholds": {"scanning": {"mode": "off"}}}
    saved = client.put(RULES, json={"rules": stated}).json()["rules"]
    assert saved["leaked"] == {"mode": "dry_run", "act": "quarantine", "act_most": None}
    assert (saved["thresholds"]["scanning"]["count"], saved["thresholds"]["scanning"]["seconds"]) == (20, 600)


def test_a_decoy_is_shown_once_and_listed_without_its_text(console: Console) -> None:
    client = console.signed_in()
    issued = client.post("/api/v1/security/decoys", json={"name": "bait", "place": "wiki"}).json()
    assert issued["token"].startswith(f"tws_{issued['token_id']}")
    listed = client.get("/api/v1/security/decoys").json()
    assert listed["items"][0]["place"] == "wiki" and issued["token"] not in str(listed)
    assert client.get(f"/api/v1/tokens/{issued['token_id']}").json()["state"] == "revoked"
    gone = {"token_id": issued["token_id"]}
    assert client.delete("/api/v1/security/decoys", params=gone).status_code == 204
    assert client.delete("/api/v1/security/decoys", params=gone).status_code == 404
