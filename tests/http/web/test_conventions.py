"""What holds for every route of its kind: a key makes a POST safe to repeat, If-Match guards a change, a list pages.

Generated from the routes: a new one is in these tests by itself, or has to be named in kit/conventions.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from kit.console import Console
from kit.control import open_surroundings
from kit.conventions import CHANGES, CREATES, CREATES_ELSEWHERE, QUERIES, WHOLE, WITHOUT_VERSION, fill
from kit.generated_requests import Ids, seeded
from tollway.control.alerts.model import Alert
from tollway.web.access import Needs, policies_of
from tollway.web.etags import _expected_version
from tollway.web.paging import Page
from tollway.web.routers import PREFIX, api_routes

pytestmark = pytest.mark.timeout(120)
NO_VERSION = '"v999999"'


@dataclass
class Place:
    """A console with objects of every kind, and the ids of those within everybody's sight."""

    console: Console
    operator: TestClient
    ids: Ids

    def path(self, route: APIRoute) -> str:
        return PREFIX + route.path.format_map(self.ids)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for all tests of the file, of which only the last changes what was there before."""
    folder = tmp_path_factory.mktemp("place")
    with seeded(open_surroundings(folder), folder) as (console, sides):
        place = Place(console, console.operator(), sides[1] | {"session_id": "sess_none"})
        for path in ("/plans", "/token-jobs", "/lifetime-rules"):
            make_another(place, path)
        fire_alerts(console)
        yield place


def fire_alerts(console: Console) -> None:
    """Have two things told of, as the watch does."""
    now_ns = console.clock.now_ns()
    with console.plane.database.write():
        for number in (1, 2):
            facts = ("team", "team_1", "red", "month", "month", "cost")
            alert = Alert(
                f"alr_{number:016}", "budget", f"a{number}", *facts, 80, 81, 81, 100, False, now_ns + number, now_ns * 2
            )
            console.plane.alert_store.add(alert)


def make_another(place: Place, path: str) -> None:
    """Make one of what there is too little of."""
    method = "PUT" if path == "/lifetime-rules" else "POST"
    body = CREATES.get(path) or CHANGES[f"PUT {path}"]
    sent = {**fill(body, place.ids), "name": "another"} if path == "/plans" else fill(body, place.ids)
    answer = place.operator.request(method, PREFIX + path, json=sent)
    assert answer.status_code < 300, answer.text
    if path == "/token-jobs":
        place.console.plane.bulk.step(answer.json()["id"])


def routes(*methods: str) -> list[tuple[str, APIRoute]]:
    found = [(method, route) for route in api_routes() for method in sorted(route.methods or ())]
    return [(method, route) for method, route in found if method in methods and needs_somebody(route)]


def needs_somebody(route: APIRoute) -> bool:
    return any(isinstance(policy, Needs) for policy in policies_of(route.dependant))


# Idempotency keys.


def test_every_route_that_makes_something_is_known_here() -> None:
    making = {route.path for _, route in routes("POST") if route.status_code == 201}
    assert making <= CREATES.keys() | CREATES_ELSEWHERE.keys()
    assert CREATES.keys() <= making
    assert not CREATES.keys() & CREATES_ELSEWHERE.keys()


def test_a_post_that_makes_something_makes_it_once_under_one_key(place: Place) -> None:
    """The second answer is the first one, or says that what it showed is shown once; another body is refused."""
    wrong = []
    for path, body in CREATES.items():
        sent, url = fill(body, place.ids), PREFIX + path.format_map(place.ids)
        headers = {"idempotency-key": f"key-of{path.replace('/', '-')}"}
        first = place.operator.post(url, json=sent, headers=headers)
        if first.status_code != 201:
            wrong.append(f"{path}: {first.status_code} {first.text}")
            continue
        acts = done(place)
        second = place.operator.post(url, json=sent, headers=headers)
        is_repeated = second.headers.get("idempotency-replayed") == "true" and second.content == first.content
        is_secret = second.status_code == 409 and "shown only once" in second.text
        if not is_repeated and not is_secret:
            wrong.append(f"{path}: the repetition is answered with {second.status_code} {second.text}")
        third = place.operator.post(url, json={**sent, "name": "other"}, headers=headers)
        if (third.status_code, third.json()["code"]) != (409, "management.idempotency"):
            wrong.append(f"{path}: another body under the same key is answered with {third.status_code}")
        if done(place) != acts:
            wrong.append(f"{path}: something was done again")
    assert not wrong, "\n".join(wrong)


def done(place: Place) -> int:
    """Return the number of the newest entry of the audit log that is not a refusal."""
    found = place.operator.get(f"{PREFIX}/audit", params={"outcome": "done", "limit": 1}).json()
    return int(found["items"][0]["seq"])


# ETags.


def takes_version(dependant: Dependant) -> bool:
    return dependant.call is _expected_version or any(takes_version(part) for part in dependant.dependencies)


def test_every_change_of_an_object_with_an_etag_takes_if_match(place: Place) -> None:
    """Also each act on it; but for those that leave it as it is, which are named with the reason."""
    forgotten = {
        f"{method} {route.path}"
        for method, route in routes("PATCH", "PUT", "DELETE", "POST")
        if "{" in route.path and not takes_version(route.dependant) and tag_of(place, route)
    }
    assert forgotten == WITHOUT_VERSION.keys()


def test_a_change_of_another_version_than_was_read_is_refused_and_changes_nothing(place: Place) -> None:
    wrong = []
    for method, route in guarded():
        before, acts = tag_of(place, route), done(place)
        answer = change(place, method, route, NO_VERSION)
        if (answer.status_code, answer.json().get("code")) != (412, "management.precondition"):
            wrong.append(f"{method} {route.path}: {answer.status_code} {answer.text}")
        if (tag_of(place, route), done(place)) != (before, acts):
            wrong.append(f"{method} {route.path}: something was changed")
    assert not wrong, "\n".join(wrong)


def guarded() -> list[tuple[str, APIRoute]]:
    found = routes("PATCH", "PUT", "DELETE", "POST")
    return [(method, route) for method, route in found if takes_version(route.dependant)]


def change(place: Place, method: str, route: APIRoute, tag: str) -> Any:
    """Send a change that could be made."""
    name = f"{method} {route.path}"
    body: Any = CHANGES.get(name)
    if body is None and method == "PATCH":
        body = {} if route.path.endswith("/rights") else {"name": f"new {len(route.path)}"}
    sent = {} if body is None else {"json": fill(body, place.ids)}
    query = fill(QUERIES.get(name, {}), place.ids)
    return place.operator.request(method, place.path(route), params=query, headers={"if-match": tag}, **sent)


def tag_of(place: Place, route: APIRoute) -> str | None:
    """Return the ETag of the object that a route is about: of the nearest path above it that can be read."""
    readable = {route.path for _, route in routes("GET")} - {"/live"}
    path = route.path
    while path and path not in readable:
        path = path.rpartition("/")[0]
    if not path:
        return None
    return place.operator.get(PREFIX + path.format_map(place.ids)).headers.get("etag")


# Lists.


def test_every_list_pages_or_is_bounded() -> None:
    lists = {
        route.path
        for _, route in routes("GET")
        if "items" in getattr(route.response_model, "model_fields", {}) and not is_paged(route)
    }
    assert lists == WHOLE.keys()


def is_paged(route: APIRoute) -> bool:
    return isinstance(route.response_model, type) and issubclass(route.response_model, Page)


def paged() -> list[APIRoute]:
    return [route for _, route in routes("GET") if is_paged(route)]


def walk(place: Place, route: APIRoute, limit: int, **query: object) -> Iterator[dict[str, Any]]:
    """Yield every item, page by page."""
    cursor = None
    while True:
        asked = {"limit": limit, **({"cursor": cursor} if cursor else {}), **query}
        answer = place.operator.get(place.path(route), params=asked)
        assert answer.status_code == 200, f"{route.path}: {answer.text}"
        page = answer.json()
        assert len(page["items"]) <= limit, route.path
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def test_every_list_pages_without_loss_or_repetition_in_every_order(place: Place) -> None:
    lengths = {}
    for route in paged():
        for order in orders(route):
            whole, short = (list(walk(place, route, limit, **order)) for limit in (200, 1))
            assert short == whole, f"{route.path} {order}"
            lengths[route.path] = len(whole)
    short = {path for path, length in lengths.items() if length < 2}
    assert not short, f"nothing was paged of {short}"


def orders(route: APIRoute) -> list[dict[str, str]]:
    """Return the orders that a list has; none is the usual one."""
    (query,) = route.dependant.query_params or [None]
    fields = getattr(getattr(query, "field_info", None), "annotation", None)
    sort = getattr(fields, "model_fields", {}).get("sort")
    return [{}, *({"sort": value} for value in (get_args(sort.annotation) if sort else ()))]


CHANGING = ("/applications", "/plans", "/providers", "/service-accounts", "/services", "/teams", "/users")
"""Lists of what is made by one request and deleted by another."""


def test_pages_are_stable_while_others_make_and_delete(place: Place) -> None:
    """What is there all the time is seen once, although the item that the cursor stands on is deleted meanwhile."""
    by_path = {route.path: route for route in paged()}
    for path in CHANGING:
        for number in range(6):
            make_one(place, path, f"first-{number}")
        before = {item["id"] for item in walk(place, by_path[path], 200)}
        seen, gone = list[str](), set[str]()
        pages = walk(place, by_path[path], 2)
        for item in pages:
            seen.append(item["id"])
            if len(seen) == 2:
                # The page that is walked ends here: its last item goes, and so does one that was not seen yet.
                ours = [one["id"] for one in walk(place, by_path[path], 200) if one["name"].startswith("first-")]
                gone = {seen[-1], next(one for one in reversed(ours) if one not in seen)}
                for one in gone:
                    answer = place.operator.delete(f"{PREFIX}{path}/{one}")
                    assert answer.status_code < 300, f"{path}: {answer.text}"
                make_one(place, path, "second")
        assert len(seen) == len(set(seen)), path
        assert before - gone <= set(seen), path
        assert not (gone & set(seen)) - {seen[1]}, path


def make_one(place: Place, path: str, name: str) -> None:
    body = {**fill(CREATES[path], place.ids), "name": name}
    if path == "/services":
        body["path_prefix"] = f"/{name}"
    if path in ("/users", "/service-accounts"):
        body["name"] = name + path.replace("/", "-")
    answer = place.operator.post(PREFIX + path, json=body)
    assert answer.status_code == 201, f"{path}: {answer.text}"


def test_every_page_is_bounded_and_cursors_belong_to_one_list(place: Place) -> None:
    wrong, foreign = [], None
    for route in paged():
        for limit in ("0", "201", "-1", "x"):
            answer = place.operator.get(place.path(route), params={"limit": limit})
            if answer.status_code != 422:
                wrong.append(f"{route.path} limit={limit}: {answer.status_code}")
        for cursor in ("AAAA", foreign):
            if cursor is not None:
                answer = place.operator.get(place.path(route), params={"cursor": cursor})
                if answer.status_code != 422:
                    wrong.append(f"{route.path} with a foreign cursor: {answer.status_code}")
        foreign = place.operator.get(place.path(route), params={"limit": 1}).json()["next_cursor"]
    assert not wrong, "\n".join(wrong)


# What changes everything comes last.


def test_a_change_of_the_version_that_was_read_is_made_and_once(place: Place) -> None:
    """What is deleted comes last."""
    wrong, made = [], 0
    for method, route in sorted(guarded(), key=lambda pair: pair[0] == "DELETE"):
        tag = tag_of(place, route)
        if not tag:
            continue
        answer = change(place, method, route, tag)
        if answer.status_code == 412:
            wrong.append(f"{method} {route.path}: {answer.text}")
        if answer.status_code >= 300 or tag_of(place, route) == tag:
            continue
        made += 1
        again = change(place, method, route, tag)
        if again.status_code not in (404, 412):
            wrong.append(f"{method} {route.path} with a tag that is old: {again.status_code} {again.text}")
    assert not wrong, "\n".join(wrong)
    assert made > 20
