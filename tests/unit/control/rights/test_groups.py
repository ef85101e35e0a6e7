"""Groups of models: unique, bounded, and never taken from under those who name them."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.rights import NameRights
from tollway.control.faults import Invalid
from tollway.control.rights import groups
from tollway.control.rights.model import Group, RightsChange
from tollway.kernel.errors import TollwayError


def test_a_group_is_published_and_its_users_keep_it(plane: ControlPlane) -> None:
    plane.model_groups.create(Group("cheap", ("a",)), ACTOR)
    plane.rights.change("team", "team_default", RightsChange(models=NameRights(("group:cheap",))), ACTOR)
    with pytest.raises(TollwayError, match="team team_default"):
        plane.model_groups.delete("cheap", ACTOR)
    plane.rights.change("team", "team_default", RightsChange(models=None), ACTOR)
    plane.model_groups.delete("cheap", ACTOR)
    assert plane.policy.read_snapshot().model_groups == ()


def test_a_change_of_nothing_leaves_the_version(plane: ControlPlane) -> None:
    plane.model_groups.create(Group("cheap", ("a",)), ACTOR)
    assert plane.model_groups.change("cheap", ("a", "a"), "", ACTOR).version == 1
    assert plane.model_groups.change("cheap", ("b",), "", ACTOR).version == 2


def test_a_description_is_bounded(plane: ControlPlane) -> None:
    long = "x" * (groups.DESCRIPTION_CHARACTERS_MAX + 1)
    with pytest.raises(Invalid) as caught:
        plane.model_groups.create(Group("cheap", ("a",), long), ACTOR)
    assert [fault.path for fault in caught.value.faults] == ["/description"]
    assert plane.model_groups.create(Group("cheap", ("a",), long[1:]), ACTOR).description == long[1:]


def test_there_is_a_bound(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GROUPS_MAX", 1)
    plane.model_groups.create(Group("one", ("a",)), ACTOR)
    with pytest.raises(TollwayError, match="at most 1 groups"):
        plane.model_groups.create(Group("two", ("a",)), ACTOR)
