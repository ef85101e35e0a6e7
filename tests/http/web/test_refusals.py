"""Refusals are written and never in the way: a log that cannot be written changes no answer."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in
from tollway.kernel.errors import TollwayError
from tollway.web import refusals


def test_an_answer_stands_although_it_cannot_be_written_down(
    console: Console, browser: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise TollwayError("management.unavailable")

    monkeypatch.setattr(console.services.audit, "refuse", broken)
    answer = browser.delete("/api/v1/teams/team_none")
    assert answer.status_code == 404
    assert answer.headers["x-request-id"] in caplog.text


def test_the_operators_refused_acts_are_written_too(operator: TestClient, browser: TestClient) -> None:
    operator.delete("/api/v1/teams/team_none")
    (entry,) = browser.get("/api/v1/audit", params={"actor": "local:operator"}).json()["items"]
    assert (entry["action"], entry["outcome"], entry["address"]) == ("DELETE delete_team", "refused", "local")


def test_reading_what_is_not_there_is_no_act(browser: TestClient) -> None:
    browser.get("/api/v1/teams/team_none")
    assert browser.get("/api/v1/audit", params={"outcome": "refused"}).json()["items"] == []


def test_of_reads_that_a_page_repeats_one_in_ten_minutes_is_written(
    console: Console, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person(console, "eve", "viewer")
    eve = sign_in(console, "eve")

    def written() -> list[str]:
        query = {"outcome": "refused", "limit": 200}
        return [entry["action"] for entry in browser.get("/api/v1/audit", params=query).json()["items"]]

    for _ in range(5):
        eve.get("/api/v1/users")
        eve.get("/api/v1/roles")
    assert sorted(written()) == ["GET list_roles", "GET list_users"]
    console.clock.advance(599)
    eve.get("/api/v1/users")
    assert len(written()) == 2
    console.clock.advance(1)
    eve.get("/api/v1/users")
    assert len(written()) == 3
    monkeypatch.setattr(refusals, "READS_MAX", 1)
    for path, count in (("/api/v1/audit", 4), ("/api/v1/audit", 4), ("/api/v1/roles", 5), ("/api/v1/audit", 5)):
        eve.get(path)
        assert len(written()) == count, path
    for _ in range(3):
        eve.post("/api/v1/teams", json={"name": "x"})
    assert len(written()) == 8, "what would change something is always written"
