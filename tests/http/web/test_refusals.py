"""Refusals are written and never in the way: a log that cannot be written changes no answer."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from tollway.kernel.errors import TollwayError


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
