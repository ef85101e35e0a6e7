"""The routers of the management API."""

from tollway.web.routers import api_routes


def test_no_two_routes_have_the_same_method_and_path() -> None:
    each = [(method, route.path) for route in api_routes() for method in route.methods or ()]
    assert len(each) == len(set(each)) > 50
