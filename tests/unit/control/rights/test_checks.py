"""Faults of rights carry the place they are at; what is right has none."""

from tollway.contract.rights import (
    HourRights,
    NameRights,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
    Window,
)
from tollway.control.faults import Faults
from tollway.control.rights.checks import (
    ENTRIES_MAX,
    WINDOWS_MAX,
    find_faults,
    find_group_faults,
    name_services,
)


def test_everything_wrong_is_found_at_once() -> None:
    rights = Rights(
        scopes=("generate", "dance"),
        models=NameRights(("group:gone", " a"), ("group:there",)),
        routes=RouteRights(("GET /caf\u00e9",), ("GET /a/{id}/b",)),
        networks=NetworkRights(("10.0.0.0/33",), (), "perhaps"),  # type: ignore[arg-type]
        hours=HourRights("Nowhere", (Window(7, 0, 10), Window(0, 10, 10), Window(0, 0, 1_440))),
        parameters=ParameterRights(output_tokens_max=0),
    )
    assert [fault.path for fault in find_faults(rights, {"there"})] == [
        "/scopes/1",
        "/models/allow/0",
        "/models/allow/1",
        "/routes/allow/0",
        "/networks/allow/0",
        "/networks/mode",
        "/hours/zone",
        "/hours/windows/0",
        "/hours/windows/1",
        "/parameters/output_tokens_max",
    ]


def test_lists_and_windows_are_bounded() -> None:
    """Each is read at every call."""
    names = tuple(f"m{number}" for number in range(ENTRIES_MAX + 1))
    windows = tuple(Window(0, 0, 1 + number) for number in range(WINDOWS_MAX + 1))
    faults = find_faults(Rights(models=NameRights(names, names[1:]), hours=HourRights("UTC", windows)), set())
    assert [fault.path for fault in faults] == ["/models/allow", "/hours/windows"]


def test_what_is_right_has_no_fault() -> None:
    rights = Rights(
        scopes=(),
        models=NameRights(("gpt-*", "group:there"), ("*",)),
        services=NameRights(("svc_1",)),
        routes=RouteRights(("* /**", "GET /", "POST /v1beta/models/{model}:generateContent"), ("GET /caf%C3%A9",)),
        networks=NetworkRights(("::ffff:10.0.0.0/104", "1.2.3.4")),
        hours=HourRights("Europe/Paris", (Window(6, 1_439, 1_440),)),
    )
    assert find_faults(rights, {"there"}) == []


def test_services_become_ids_each_once() -> None:
    faults = Faults()
    ids = {"weather": "svc_1", "svc_1": "svc_1"}
    named = name_services(NameRights(("weather", "svc_1"), ("gone",)), ids.get, faults)
    assert named == NameRights(("svc_1",))
    assert [fault.path for fault in faults.found] == ["/services/deny/0"]


def test_groups_have_members_and_no_groups() -> None:
    assert [fault.path for fault in find_group_faults(())] == ["/models"]
    assert [fault.path for fault in find_group_faults(("a", "group:b"))] == ["/models/1"]
