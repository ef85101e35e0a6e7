"""Puts the routes of the management API at the paths they are served at, once a process.

FastAPI's own `include_router` builds every route a second time for each application, and does so while the first
request that passes it waits: a third of a second of the event loop after each start. Nothing of ours differs
between two applications, so that a route which was built once serves them all.
"""

from copy import copy
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from tollway.web.routers import PREFIX, api_routes


@cache
def placed_routes() -> tuple[APIRoute, ...]:
    """Return every route of the management API at its whole path, in the order of its documentation.

    Each is called after its function in the document: that is unique and does not change with the path.
    """
    return tuple(_place(route) for route in api_routes())


def serve(app: FastAPI, router: APIRouter) -> None:
    """Let the application serve a router's routes after those it has, as they were built."""
    app.router.routes.extend(router.routes)


def _place(route: APIRoute) -> APIRoute:
    """Return the same route at its whole path. How it is answered does not depend on where it is."""
    placed = copy(route)
    placed.path = PREFIX + route.path
    placed.path_regex, placed.path_format, placed.param_convertors = compile_path(placed.path)
    placed.unique_id = route.name
    return placed
