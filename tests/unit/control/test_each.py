"""One act on each of several objects: as if each had been asked alone, and a rehearsal leaves nothing behind."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control import each as acting
from tollway.control.audit.model import Wanted
from tollway.control.each import Deed, Each, Identified, find_matching
from tollway.control.paging import Page, Position
from tollway.kernel.errors import TollwayError

DEED = Deed(ACTOR, "team.delete", "team")


@pytest.fixture
def each(plane: ControlPlane) -> Each:
    return Each(plane.database, plane.audit)


def test_a_refusal_stops_none_of_the_others_and_is_in_the_audit_log(plane: ControlPlane, each: Each) -> None:
    red, blue = (plane.teams.create(name, ACTOR).id for name in ("red", "blue"))
    outcomes = each.act([red, "team_none", blue, red], lambda one: plane.teams.delete(one, ACTOR), DEED)
    assert [(one.id, one.error and one.error.code.name) for one in outcomes] == [
        (red, None), ("team_none", "management.not_found"), (blue, None),
    ]  # fmt: skip
    refused = plane.audit.page(Wanted(outcome="refused"))
    assert [(one.action, one.object_id, one.code) for one in refused] == [
        ("team.delete", "team_none", "management.not_found")
    ]


def test_a_rehearsal_says_the_same_and_stores_nothing(plane: ControlPlane, each: Each) -> None:
    red, before = plane.teams.create("red", ACTOR).id, plane.audit.verify()
    told: list[str] = []

    def act(team_id: str) -> str:
        plane.database.after_commit(lambda: told.append(team_id))
        plane.teams.delete(team_id, ACTOR)
        return "deleted"

    outcomes = each.rehearse([red, "team_none"], act)
    assert [(one.id, one.done, one.error is None) for one in outcomes] == [
        (red, "deleted", True), ("team_none", None, False),
    ]  # fmt: skip
    assert plane.teams.get(red).name == "red"
    assert (plane.audit.verify(), told) == (before, [])


def test_once_the_database_cannot_be_written_the_rest_is_not_tried(each: Each) -> None:
    tried = []

    def act(object_id: str) -> None:
        tried.append(object_id)
        raise TollwayError("management.unavailable")

    outcomes = each.rehearse(["a", "b", "c"], act)
    assert tried == ["a"]
    assert {one.error.code.name for one in outcomes if one.error} == {"management.unavailable"}
    assert len(outcomes) == 3


@dataclass(frozen=True)
class Thing:
    """Something in a list."""

    id: str


def listed(count: int, size: int) -> Callable[[Position | None, int], Page[Identified]]:
    """Return what reads a list of so many, at most so many at once."""

    def page(after: Position | None, limit: int) -> Page[Identified]:
        start = after.created_ns if after else 0
        end = min(count, start + min(limit, size))
        return Page(tuple(Thing(str(n)) for n in range(start, end)), Position(end, "") if end < count else None)

    return page


def test_matching_ones_are_read_to_the_end_in_the_order_of_the_list() -> None:
    found = find_matching(listed(7, 3))
    assert (found.ids, found.has_more) == (tuple("0123456"), False)
    assert find_matching(listed(0, 3)).ids == ()


def test_what_one_filter_chooses_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "MATCHING_MAX", 5)
    for count, is_more in ((4, False), (5, False), (6, True), (60, True)):
        found = find_matching(listed(count, 3))
        assert (len(found.ids), found.has_more) == (min(count, 5), is_more)
