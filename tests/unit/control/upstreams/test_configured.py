"""What providers and services have in common is done in one way."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access.model import Reach, Sight
from tollway.control.actor import Actor
from tollway.control.faults import Invalid
from tollway.control.services.model import NewService, Service, ServiceChange
from tollway.control.upstreams.configured import Configured, only_team
from tollway.control.upstreams.model import ConnectionChange, NewProvider, Provider, ProviderChange
from tollway.control.upstreams.service import Providers
from tollway.kernel.errors import TollwayError


@pytest.fixture(params=["provider", "service"])
def one(request: pytest.FixtureRequest, plane: ControlPlane) -> tuple[Configured, str]:
    """An object of either kind: its service and its id."""
    if request.param == "provider":
        new = NewProvider("one", "openai-compatible", base_url="https://a.example")
        return plane.providers, plane.providers.create(new, ACTOR).id
    service = plane.services.create(NewService("one", "/one", ConnectionChange("https://a.example")), ACTOR)
    return plane.services, service.id


def test_it_is_found_listed_and_named(one: tuple[Configured, str]) -> None:
    objects, object_id = one
    assert objects.get(object_id) == objects.find_named("one") == objects.page().items[0]
    assert objects.names([object_id, "gone"]) == {object_id: "one"}


def test_a_switch_to_what_it_is_changes_nothing(one: tuple[Configured, str]) -> None:
    objects, object_id = one
    before = objects.get(object_id)
    assert objects.enable(object_id, ACTOR) == before
    off = objects.disable(object_id, ACTOR)
    assert (off.state, off.version) == ("disabled", 2)
    assert objects.disable(object_id, ACTOR) == off


def test_another_version_than_expected_is_refused(one: tuple[Configured, str]) -> None:
    objects, object_id = one
    for act in (objects.disable, objects.enable, objects.delete):
        with pytest.raises(TollwayError) as caught:
            act(object_id, ACTOR, expected_version=9)
        assert caught.value.code.name == "management.precondition"


def test_what_was_deleted_is_not_found_and_keeps_its_name(one: tuple[Configured, str]) -> None:
    objects, object_id = one
    objects.delete(object_id, ACTOR, expected_version=1)
    assert objects.find_named("one") is None and objects.names([object_id]) == {object_id: "one"}
    for act in (objects.disable, objects.enable, objects.delete):
        with pytest.raises(TollwayError) as caught:
            act(object_id, ACTOR)
        assert caught.value.code.name == "management.not_found"


def _change(objects: Configured, object_id: str, actor: Actor, **fields: str | None) -> Provider | Service:
    if isinstance(objects, Providers):
        return objects.change(object_id, ProviderChange(**fields), actor).provider
    return objects.change(object_id, ServiceChange(**fields), actor).service


def test_it_is_its_teams_and_of_one_environment(one: tuple[Configured, str], plane: ControlPlane) -> None:
    objects, object_id = one
    red, blue = (plane.teams.create(name, ACTOR).id for name in ("red", "blue"))
    member = Actor("user_2", "user", sight=Sight(Reach.TEAM, "user_2", frozenset({red})))
    assert (objects.get(object_id).team_id, objects.get(object_id).environment) == (None, "live")
    with pytest.raises(TollwayError, match=r"management\.not_found"):
        objects.disable(object_id, member)
    _change(objects, object_id, ACTOR, team_id=red)
    assert _change(objects, object_id, member, environment="test").environment == "test"
    for fields in ({"team_id": blue}, {"team_id": None}, {"team_id": "team_gone"}, {"environment": "staging"}):
        with pytest.raises(Invalid, match=f"/{next(iter(fields))}"):
            _change(objects, object_id, member, **fields)
    objects.delete(object_id, member)


def test_what_is_made_without_a_team_is_the_only_one_of_its_maker_or_nobodys() -> None:
    sights = {
        None: Sight(Reach.ALL, "u", frozenset({"red"})),
        "red": Sight(Reach.TEAM, "u", frozenset({"red"})),
    }
    assert {team: only_team(sight) for team, sight in sights.items()} == {None: None, "red": "red"}
    assert only_team(Sight(Reach.TEAM, "u", frozenset({"red", "blue"}))) is None
