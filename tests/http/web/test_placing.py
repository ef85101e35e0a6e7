"""Routes are built once a process and served as they are, wherever they stand."""

import fastapi.routing
import pytest

from kit.console import Console
from tollway.web.placing import placed_routes
from tollway.web.routers import PREFIX, api_routes


def test_every_route_is_served_at_its_whole_path_under_its_own_name(console: Console) -> None:
    placed = placed_routes()
    assert [route.path for route in placed] == [PREFIX + route.path for route in api_routes()]
    assert [route.unique_id for route in placed] == [route.endpoint.__name__ for route in api_routes()]
    assert [route for route in console.app.routes if route in placed] == list(placed)
    assert [route.path for route in api_routes() if route.path.startswith(PREFIX)] == [], "the originals stay"


def test_no_request_waits_for_a_route_to_be_built(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop would stand still for all of them, after each start of the console."""

    def build(*_: object, **__: object) -> None:
        raise AssertionError("a route was built while a request waited")

    monkeypatch.setattr(fastapi.routing, "get_dependant", build)
    operator = console.operator()
    last = [path for path in (route.path for route in placed_routes()) if "{" not in path][-1]
    for path in (last, "/healthz", "/sign-in"):
        assert operator.get(path).status_code != 500, path


def test_what_stands_in_a_path_arrives_and_another_method_is_named(console: Console) -> None:
    operator = console.operator()
    missing = operator.get(f"{PREFIX}/tokens/AAAAAAAAAAAA")
    assert missing.status_code == 404
    assert missing.json()["code"] == "management.not_found"
    wrong = operator.put(f"{PREFIX}/tokens/AAAAAAAAAAAA")
    assert wrong.status_code == 405
    assert operator.get(f"{PREFIX}/nothing").status_code == 404
