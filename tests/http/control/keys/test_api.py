"""The root key is changed from the local socket only, step by step; answers name keys and never show them."""

from starlette.testclient import TestClient


def test_the_operator_changes_the_key_and_learns_what_hangs_on_the_old_one(operator: TestClient) -> None:
    before = operator.get("/api/v1/keys").json()
    assert (before["step"], before["left"], len(before["keys"])) == ("settled", [], 1)
    begun = operator.post("/api/v1/keys/rotate")
    assert (begun.status_code, begun.json()["step"]) == (202, "handing_over")
    while operator.post("/api/v1/keys/advance").json()["has_more"]:
        pass
    after = operator.get("/api/v1/keys").json()
    assert (after["step"], [key["is_current"] for key in after["keys"]]) == ("in_use", [True, False])
    assert set(after["keys"][0]) == {"generation", "fingerprint", "is_current", "tokens", "passwords"}
    assert after["keys"][1]["passwords"]["count"] == 1
    refused = operator.post("/api/v1/keys/retire")
    assert (refused.status_code, refused.json()["code"]) == (409, "management.conflict")
    assert "1 × person's password of generation 1" in refused.json()["detail"]


def test_a_browser_does_not_not_even_the_owners(browser: TestClient) -> None:
    for method, path in [("GET", ""), ("POST", "/rotate"), ("POST", "/advance"), ("POST", "/retire")]:
        answer = browser.request(method, f"/api/v1/keys{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "management.forbidden")
