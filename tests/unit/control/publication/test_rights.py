"""What is published of rights: levels that say something, of owners that are there, and every group."""

from kit.control import ACTOR, ControlPlane
from tollway.contract.policy import VERSION, Snapshot
from tollway.contract.rights import ALL_RIGHTS, NameRights, Rights
from tollway.control.publication.rights import put_rights
from tollway.control.rights.model import Group, OwnedRights, RightsChange
from tollway.control.rights.ports import NoPublishedRights

SAYS = RightsChange(models=NameRights(deny=("a",)))


def test_without_rights_a_snapshot_is_as_it_was() -> None:
    bare = Snapshot(VERSION, 1, 2)
    assert put_rights(bare, NoPublishedRights()) == bare


def test_levels_that_say_something_are_published(plane: ControlPlane) -> None:
    plane.rights.change("installation", "installation", SAYS, ACTOR)
    plane.rights.change("team", "team_default", SAYS, ACTOR)
    plane.model_groups.create(Group("cheap", ("b",)), ACTOR)
    snapshot = plane.policy.read_snapshot()
    assert snapshot.rights.models.deny == ("a",)
    assert [(owner.kind, owner.name) for owner in snapshot.owners] == [("team", "default")]
    assert [group.models for group in snapshot.model_groups] == [("b",)]
    plane.rights.change("installation", "installation", RightsChange(models=None), ACTOR)
    assert plane.policy.read_snapshot().rights == ALL_RIGHTS


def test_a_team_that_is_gone_is_left_out(plane: ControlPlane) -> None:
    with plane.database.write():
        plane.rights_store.put(OwnedRights("team", "team_gone", Rights(scopes=())))
        plane.publisher.touch_snapshot()
    assert plane.policy.read_snapshot().owners == ()
