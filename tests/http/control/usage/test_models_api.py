"""Models over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console
from tollway.contract.ledger_api import UnpricedRow


def test_models_show_who_serves_them_at_what_price(browser: TestClient) -> None:
    price = {"input_usd_per_million": "0.15", "output_usd_per_million": "0.600000000001"}
    body = {"name": "acme", "kind": "openai", "credential": "k" * 20, "models": [{"name": "m1", "price": price}]}
    made = browser.post("/api/v1/providers", json=body)
    assert made.status_code == 201, made.text
    models = {model["name"]: model["candidates"] for model in browser.get("/api/v1/models").json()["items"]}
    (candidate,) = models["m1"]
    assert candidate["provider_name"] == "acme"
    assert candidate["price"]["input_usd_per_million"] == "0.15"
    assert candidate["price"]["output_usd_per_million"] == "0.600000000001"


def test_models_are_searched_by_any_part_of_their_name(browser: TestClient) -> None:
    models = ["gpt-large", "gpt-small", "claude-small"]
    body = {"name": "acme", "kind": "openai", "credential": "k" * 20, "models": [{"name": name} for name in models]}
    assert browser.post("/api/v1/providers", json=body).status_code == 201

    def found(**query: object) -> list[str]:
        return [item["name"] for item in browser.get("/api/v1/models", params=query).json()["items"]]

    assert {"gpt-small", "claude-small"} <= set(found(search="SMALL"))
    assert not any("large" in name for name in found(search="small"))
    assert len(found(search="small", limit=1)) == 1
    assert found(search="nothing-of-that-name") == []
    assert browser.get("/api/v1/models", params={"limit": 0}).status_code == 422


def test_models_without_a_price_are_listed(browser: TestClient, console: Console) -> None:
    console.ledger.unpriced = [UnpricedRow("prov_x", "m", 3, 10**18)]
    (item,) = browser.get("/api/v1/models/unpriced").json()["items"]
    assert (item["upstream_model"], item["calls"], item["provider_name"]) == ("m", 3, None)
