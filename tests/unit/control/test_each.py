"""One act on each of several objects: as if each had been asked alone, and a rehearsal leaves nothing behind."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.audit.model import Wanted
from tollway.control.each import Deed, Each
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
