"""Backups are made from the local socket only."""

import time

from starlette.testclient import TestClient


def test_the_operator_makes_a_backup(operator: TestClient) -> None:
    answer = operator.post("/api/v1/backup", json={"path": "x/y.tar"})
    assert answer.status_code == 201
    assert answer.json()["path"] == "x/y.tar"
    assert "root.key" in answer.json()["note"]
    assert operator.post("/api/v1/backup").status_code == 201


def test_a_backup_is_begun_and_followed(operator: TestClient, browser: TestClient) -> None:
    state = operator.post("/api/v1/backup/begin", json={"path": "x/z.tar"})
    assert state.status_code == 202
    for _ in range(200):
        if (found := operator.get("/api/v1/backup").json())["state"] != "running":
            break
        time.sleep(0.01)
    assert (found["state"], found["backup"]["path"], found["code"]) == ("done", "x/z.tar", None)
    entry = browser.get("/api/v1/audit", params={"action": "backup.create"}).json()["items"][0]
    assert entry["object_name"] == "x/z.tar"
    assert browser.get("/api/v1/backup").status_code == 403


def test_a_browser_does_not_not_even_the_owners(browser: TestClient) -> None:
    answer = browser.post("/api/v1/backup")
    assert (answer.status_code, answer.json()["code"]) == (403, "management.forbidden")
