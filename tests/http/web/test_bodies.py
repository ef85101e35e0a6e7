"""Bodies are bounded before any route sees them."""

from starlette.testclient import TestClient


def test_a_declared_or_arriving_body_over_the_bound_is_refused(browser: TestClient) -> None:
    big = b" " * 1_048_577

    def parts() -> object:
        yield from (big[:600_000], big[600_000:])

    for content in (big, parts()):
        answer = browser.post("/api/v1/teams", content=content, headers={"content-type": "application/json"})  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (413, "request.body_too_large")
