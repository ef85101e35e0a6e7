"""Rights and groups of models on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage import rights as storage
from tollway.adapters.storage.migrate import migrate
from tollway.contract.rights import HourRights, NameRights, NetworkRights, Rights, Window
from tollway.control.plans.model import NewPlan
from tollway.control.rights.model import Group, OwnedRights, RightsChange
from tollway.control.tokens.model import NewToken

RIGHTS = Rights(
    scopes=(),
    models=NameRights(("group:günstig", 'a"b'), ("*",)),
    networks=NetworkRights(None, ("10.0.0.0/8",), "watch"),
    hours=HourRights("Asia/Tokyo", (Window(6, 0, 1_440),)),
)


@pytest.fixture
def plane(database, tmp_path: Path) -> ControlPlane:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return ControlPlane(Surroundings(writer, database("config", writer=False))).start()


def test_rights_are_read_as_they_were_written(plane: ControlPlane) -> None:
    item = OwnedRights("team", "team_default", RIGHTS, 7, "user:ada", 3)
    with plane.database.write():
        plane.rights_store.put(item)
    assert plane.rights_store.find("team", "team_default") == item
    assert plane.rights_store.find("user", "team_default") is None
    with plane.database.write():
        plane.rights_store.put(OwnedRights("team", "team_default", Rights(), 8, "user:ada", 4))
    assert plane.rights_store.of_level("team") == (OwnedRights("team", "team_default", Rights(), 8, "user:ada", 4),)


@pytest.mark.parametrize("ids_max", [500, 2])
def test_many_are_found_one_by_one_or_as_a_range(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, ids_max: int
) -> None:
    """A rebuild asks for thousands at a time: then what lies between the first and the last is read and sorted out."""
    monkeypatch.setattr(storage, "IDS_MAX", ids_max)
    with plane.database.write():
        for token_id in ("A", "C", "a", "c"):
            plane.rights_store.put(OwnedRights("token", token_id, Rights(scopes=(token_id,))))
        plane.rights_store.put(OwnedRights("application", "a", RIGHTS))
    found = plane.rights_store.many("token", ["A", "B", "a", "z"])
    assert {token_id: rights.scopes for token_id, rights in found.items()} == {"A": ("A",), "a": ("a",)}
    assert plane.rights_store.many("token", []) == {}


def test_groups_are_read_as_they_were_written(plane: ControlPlane) -> None:
    made = plane.model_groups.create(Group("cheap", ("gpt-4o-mini", "Ünï*"), "für Tests"), ACTOR)
    assert plane.group_store.find("cheap") == made
    plane.model_groups.create(Group("a", ("b",)), ACTOR)
    assert [group.name for group in plane.group_store.all()] == ["a", "cheap"]


def test_who_names_a_group_is_found_in_rights_and_plans(plane: ControlPlane) -> None:
    """Also where its name has letters that mean something in a search."""
    plane.model_groups.create(Group("a_b", ("x",)), ACTOR)
    plane.model_groups.create(Group("azb", ("x",)), ACTOR)
    assert plane.group_store.find_user("a_b") is None
    plane.rights.change("team", "team_default", RightsChange(models=NameRights(("group:azb",))), ACTOR)
    assert plane.group_store.find_user("a_b") is None
    plane.plans.create(NewPlan("interns", rights=Rights(models=NameRights(("group:a_b",)))), ACTOR)
    assert plane.group_store.find_user("a_b") == "plan interns"


def test_owners_are_found_with_what_decides_who_sees_them(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    owner = plane.rights.owner("token", token.id)
    assert (owner.name, owner.owner_id, owner.team_id) == ("ci", ACTOR.user_id, None)
    assert plane.rights.owner("installation", "installation").name == "the installation"
    assert plane.rights.owner("team", "team_default").team_id == "team_default"
