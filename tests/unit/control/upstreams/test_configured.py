"""What providers and services have in common is done in one way."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.services.model import NewService
from tollway.control.upstreams.configured import Configured
from tollway.control.upstreams.model import ConnectionChange, NewProvider
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
