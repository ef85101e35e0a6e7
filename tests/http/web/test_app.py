"""The app as a whole."""

from kit.console import Console


def test_stopping_the_app_ends_the_live_streams(console: Console) -> None:
    with console.client() as client:
        assert client.get("/healthz").status_code == 200
    assert console.app.state.live._pump is None


def test_there_are_no_interactive_docs_from_elsewhere(console: Console) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert console.client().get(path).status_code == 303
