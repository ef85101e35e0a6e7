"""Backups are made from the local socket only."""

from starlette.testclient import TestClient


def test_the_operator_makes_a_backup(operator: TestClient) -> None:
    answer = operator.post("/api/v1/backup", json={"path": "x/y.tar"})
    assert answer.status_code == 201
    assert answer.json()["path"] == "x/y.tar"
    assert "root.key" in answer.json()["note"]
    assert operator.post("/api/v1/backup").status_code == 201


def test_a_browser_does_not_not_even_the_owners(browser: TestClient) -> None:
    answer = browser.post("/api/v1/backup")
    assert (answer.status_code, answer.json()["code"]) == (403, "management.forbidden")
