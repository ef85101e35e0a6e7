"""The built dashboard: cached files for everybody, its page for people who are signed in."""

from starlette.testclient import TestClient

from kit.console import Console


def build(console: Console) -> None:
    (console.services.ui / "assets").mkdir(parents=True)
    (console.services.ui / "index.html").write_text("<!doctype html><title>dashboard</title>")
    (console.services.ui / "assets" / "index-abc.js").write_text("1")


def test_unknown_paths_are_the_dashboards_for_people_who_are_signed_in(console: Console, browser: TestClient) -> None:
    build(console)
    for path in ("/", "/tokens/abc", "/usage?by=token"):
        page = browser.get(path)
        assert page.status_code == 200 and "dashboard" in page.text
        assert page.headers["cache-control"] == "no-cache"
        assert console.client().get(path).status_code == 303


def test_unknown_paths_of_the_api_are_problems(console: Console, browser: TestClient) -> None:
    build(console)
    for path in ("/api", "/api/v1/nowhere", "/api/v2/tokens"):
        answer = browser.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "management.not_found")


def test_hashed_files_are_cached_for_ever_and_missing_ones_are_no_page(console: Console) -> None:
    build(console)
    answer = console.client().get("/assets/index-abc.js")
    assert "immutable" in answer.headers["cache-control"]
    for path in ("/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/index.html", "/static/none.css"):
        answer = console.client().get(path)
        assert answer.status_code in (303, 404)
        assert "dashboard" not in answer.text


def test_a_dashboard_that_is_not_built_is_said_with_the_command(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.status_code == 503
    assert "The dashboard is not built" in page.text
    assert "python scripts/build_ui.py" in page.text
    assert browser.get("/assets/index.js").status_code == 404


def test_only_reading_methods_reach_it(browser: TestClient) -> None:
    assert browser.post("/tokens").status_code == 405
