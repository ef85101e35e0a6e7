"""Configuration over HTTP."""

from starlette.testclient import TestClient

C = "/api/v1/configuration"
YAML = {"content-type": "application/yaml"}


def test_a_document_is_applied_and_shows_its_secrets_once(browser: TestClient) -> None:
    headers = {**YAML, "idempotency-key": "k"}
    first = browser.post(C, content="version: 1", headers=headers)
    assert first.json()["secrets"][0]["token"] == "tws_made_by_the_document"
    assert first.headers["cache-control"] == "no-store"
    second = browser.post(C, content="version: 1", headers=headers)
    assert second.status_code == 409
    assert "tws_made_by_the_document" not in second.text


def test_a_dry_run_applies_nothing(browser: TestClient) -> None:
    answer = browser.post(f"{C}?dry_run=true", content="version: 1", headers=YAML).json()
    assert (answer["applied"], answer["secrets"]) == (False, [])


def test_only_yaml_in_utf8_is_read(browser: TestClient) -> None:
    assert browser.post(C, content="{}", headers={"content-type": "application/json"}).status_code == 415
    assert browser.post(C, content=b"\xff", headers=YAML).status_code == 400
    assert browser.post(C, content="- 1", headers=YAML).status_code == 422
    assert browser.post(C, content="#" * 1_048_577, headers=YAML).status_code == 413


def test_the_export_is_yaml(browser: TestClient) -> None:
    answer = browser.get(C)
    assert answer.headers["content-type"].startswith("application/yaml")
    assert answer.text == "version: 1\n"
