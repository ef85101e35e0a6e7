"""The authorisation matrix (A1): every route declares one policy, and each role is let through by the table alone."""

from dataclasses import replace

import pytest
from fastapi.routing import APIRoute

from kit.console import Console
from tollway.web.access import ROLES, Needs, Open, Permission, may, policies_of
from tollway.web.identity import Caller
from tollway.web.routers import PREFIX, api_routes

OPEN = {("POST", "/session"), ("GET", "/setup"), ("POST", "/setup")}
READERS_MAY_CHANGE: set[tuple[str, str]] = {("DELETE", "/session")}


def each() -> list[tuple[str, APIRoute]]:
    return [(method, route) for route in api_routes() for method in sorted(route.methods or ())]


def name(case: object) -> str:
    return case.path if isinstance(case, APIRoute) else str(case)


@pytest.mark.parametrize(("method", "route"), each(), ids=name)
def test_every_route_declares_exactly_one_policy(method: str, route: APIRoute) -> None:
    policies = policies_of(route.dependant)
    assert len(policies) == 1, f"{method} {route.path} declares {policies}"
    assert isinstance(policies[0], Open) == ((method, route.path) in OPEN)


@pytest.mark.parametrize(("method", "route"), each(), ids=name)
def test_what_only_reads_needs_read_and_what_changes_needs_more(method: str, route: APIRoute) -> None:
    (policy,) = policies_of(route.dependant)
    if isinstance(policy, Open) or (method, route.path) in READERS_MAY_CHANGE:
        return
    assert isinstance(policy, Needs)
    assert may("viewer", policy.permission) == (method == "GET")


@pytest.mark.parametrize("role", ["viewer", "admin", "owner", "operator", "nobody"])
def test_each_role_gets_through_exactly_where_the_table_says(
    console: Console, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    client = console.signed_in()
    real = console.sessions.find_signed_in

    def as_role(secret: str) -> object:
        found = real(secret)
        return replace(found, role=role) if found else None

    monkeypatch.setattr(console.sessions.__class__, "find_signed_in", lambda _, secret: as_role(secret))
    for method, route in each():
        (policy,) = policies_of(route.dependant)
        if isinstance(policy, Open) or route.path in ("/live", "/session"):
            continue
        path = PREFIX + route.path.format_map(_Ids())
        status = client.request(method, path).status_code
        assert (status == 403) == (not may(role, policy.permission)), f"{role} {method} {path}: {status}"


def test_only_the_local_socket_may_touch_the_machine() -> None:
    assert ROLES[Permission.OPERATE] == {"operator"}
    assert Caller(kind="local", role="operator", name="operator").actor.kind == "local"


class _Ids(dict[str, str]):
    """An id of nothing, for every path parameter."""

    def __missing__(self, key: str) -> str:
        return "req_0" if key == "request_id" else "AAAAAAAAAAAA"
