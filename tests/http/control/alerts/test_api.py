"""Alerts over HTTP."""

from kit.console import Console
from tollway.contract.resting import RestingKey
from tollway.control.gateway.ports import UsedBudget

ALERTS = "/api/v1/alerts"


def test_alerts_are_listed_counted_acknowledged_and_reopened(console: Console) -> None:
    client, notices = console.signed_in(), console.notices
    ends_ns = console.clock.now_ns() + 10**12
    notices.states.budgets = [
        UsedBudget("token", "t1", "ci", "month", 8 * 10**8, 10**9, None, "bud_1", ends_ns),
        UsedBudget(
            "global", "global", "global", "burst", 90, 100, None, "lim_1", 2**62, "total_tokens", False, True, (90,), 60
        ),
    ]
    notices.watch.look_at_budgets()
    notices.states.keys = [RestingKey("prov_1", "key_1", console.clock.now_ns() // 10**9 + 30)]
    notices.watch.look_at_providers()
    items = client.get(ALERTS).json()["items"]
    by_kind = {one["kind"]: one for one in items}
    budget, limit, provider = by_kind["budget"], by_kind["limit"], by_kind["provider"]
    assert (budget["used"], budget["allowed"], budget["measure"], budget["state"]) == ("0.80", "1.00", "cost", "open")
    assert (limit["used"], limit["allowed"], limit["alert_percent"], limit["soft"]) == ("90", "100", 90, True)
    assert (provider["measure"], provider["used"], provider["limit_name"]) == (None, None, None)
    assert client.get(f"{ALERTS}/summary").json() == {"open": 3}
    (seen,) = client.post(f"{ALERTS}/acknowledge", json={"ids": [budget["id"]], "note": "ok"}).json()["items"]
    assert (seen["state"], seen["note"], seen["acknowledged_by"][:5]) == ("acknowledged", "ok", "user:")
    assert [one["id"] for one in client.get(ALERTS, params={"state": "acknowledged"}).json()["items"]] == [budget["id"]]
    assert client.post(f"{ALERTS}/reopen", json={"ids": [budget["id"]]}).json()["items"] == [budget]
    assert client.post(f"{ALERTS}/acknowledge", json={"ids": ["alrt_none"]}).status_code == 404
    assert client.post(f"{ALERTS}/acknowledge", json={"ids": []}).status_code == 422


def test_alerts_are_filtered_and_paged(console: Console) -> None:
    client, notices = console.signed_in(), console.notices
    ends_ns = console.clock.now_ns() + 10**12
    notices.states.budgets = [
        UsedBudget("token", f"t{number}", "ci", "month", 10**9, 10**9, None, f"bud_{number}", ends_ns)
        for number in range(5)
    ]
    notices.watch.look_at_budgets()
    first = client.get(ALERTS, params={"limit": 3}).json()
    rest = client.get(ALERTS, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert len({one["owner_id"] for one in first["items"] + rest["items"]}) == 5 and rest["next_cursor"] is None
    for query, count in (({"owner": "t3"}, 1), ({"level": "team"}, 0), ({"kind": "budget"}, 5), ({"state": "over"}, 0)):
        assert len(client.get(ALERTS, params=query).json()["items"]) == count, query
