"""Services: prefixes are unique and never the gateway's own; keys go nowhere but where they were entered for."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.faults import Invalid
from tollway.control.services.model import Behaviour, NewService, ServiceChange
from tollway.control.upstreams.model import ConnectionChange
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

HERE = ConnectionChange("https://a.example/api")
NEW = NewService("orders", "/orders", HERE, Secret("a-long-service-key"))


def test_service_is_published_as_it_is_described(plane: ControlPlane) -> None:
    behaviour = Behaviour(strip_prefix=False, methods=("GET", "GET"), credential_header="X-Key", credential_scheme="")
    service = plane.services.create(NewService("orders", "/orders", HERE, behaviour=behaviour), ACTOR)
    record = plane.policy.read_snapshot().services[0]
    assert (record.id, record.path_prefix, record.methods) == (service.id, "/orders", ("GET",))
    assert (record.credential_header, record.credential_scheme, record.strip_prefix) == ("x-key", "", False)


def test_name_and_prefix_are_taken_once(plane: ControlPlane) -> None:
    plane.services.create(NEW, ACTOR)
    for new in (NewService("Orders", "/other", HERE), NewService("other", "/orders", HERE)):
        with pytest.raises(TollwayError, match=r"^management\.conflict"):
            plane.services.create(new, ACTOR)


def test_new_host_clears_the_key(plane: ControlPlane) -> None:
    service = plane.services.create(NEW, ACTOR)
    same = ServiceChange(connection=ConnectionChange(base_url="https://a.example/v2"))
    assert plane.services.change(service.id, same, ACTOR).service.keys == service.keys
    elsewhere = ConnectionChange(base_url="https://b.example")
    with pytest.raises(Invalid, match="/credential: no key is stored for where this leads"):
        plane.services.change(service.id, ServiceChange(credential=Secret("stored"), connection=elsewhere), ACTOR)
    changed = plane.services.change(service.id, ServiceChange(connection=elsewhere), ACTOR)
    assert changed.credentials_cleared and changed.service.keys == ()


def test_key_is_removed_by_none_and_kept_by_silence(plane: ControlPlane) -> None:
    service = plane.services.create(NEW, ACTOR)
    assert plane.services.change(service.id, ServiceChange(name="x"), ACTOR).service.keys == service.keys
    assert plane.services.change(service.id, ServiceChange(credential=None), ACTOR).service.keys == ()


def test_all_faults_are_reported_together(plane: ControlPlane) -> None:
    behaviour = Behaviour(
        methods=("get", "CONNECT"),
        credential_header="a b",
        credential_scheme="a b",
        query_token_parameter="a=b",
        body_bytes_max=-1,
    )
    with pytest.raises(Invalid) as caught:
        plane.services.create(NewService("", "/v1", ConnectionChange("x"), behaviour=behaviour), ACTOR)
    assert sorted(fault.path for fault in caught.value.faults) == [
        "/base_url",
        "/body_bytes_max",
        "/credential_header",
        "/credential_scheme",
        "/methods/0",
        "/methods/1",
        "/name",
        "/path_prefix",
        "/query_token_parameter",
    ]
    with pytest.raises(Invalid, match="/credential: "):
        plane.services.create(NewService("s", "/s", HERE, Secret("env:")), ACTOR)


def test_switching_and_deleting(plane: ControlPlane) -> None:
    service = plane.services.create(NEW, ACTOR)
    plane.services.disable(service.id, ACTOR)
    assert plane.policy.read_snapshot().services[0].state == "disabled"
    plane.services.enable(service.id, ACTOR)
    assert plane.services.find_named("ORDERS") is not None
    plane.services.delete(service.id, ACTOR)
    assert plane.policy.read_snapshot().services == ()
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.services.get(service.id)
    assert plane.services.names([service.id]) == {service.id: "orders"}
