"""Rights in a document: every part is read, and what is wrong is told by its place."""

import pytest

from tollway.contract.rights import (
    ALL_RIGHTS,
    HourRights,
    NameRights,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
    Window,
)
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.rights_fields import read_level, read_rights
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults


def read(text: str) -> tuple[Rights, list[str]]:
    """Return the rights of an entry, and the places of its faults."""
    faults = Faults()
    fields = Fields(read_tree(text), "", faults)
    fields.text("name")
    rights = read_rights(fields)
    fields.close()
    return rights, [fault.path for fault in faults.found]


def test_every_part_is_read() -> None:
    rights, faults = read("""
name: token ci
scopes: [generate]
models: {allow: [gpt-*], deny: [gpt-4]}
services: {deny: [weather]}
routes: {allow: ["GET /orders/{id}"]}
networks: {allow: [10.0.0.0/8], mode: watch}
hours: {zone: Europe/Berlin, windows: ["mon 09:00-17:30"]}
parameters: {output_tokens_max: 100, no_tools: true}
""")
    assert faults == []
    assert rights == Rights(
        scopes=("generate",),
        models=NameRights(("gpt-*",), ("gpt-4",)),
        services=NameRights(deny=("weather",)),
        routes=RouteRights(("GET /orders/{id}",)),
        networks=NetworkRights(("10.0.0.0/8",), (), "watch"),
        hours=HourRights("Europe/Berlin", (Window(0, 540, 1_050),)),
        parameters=ParameterRights(output_tokens_max=100, no_tools=True),
    )


def test_what_is_left_out_says_nothing_and_null_permits_all() -> None:
    assert read("name: token ci") == (ALL_RIGHTS, [])
    assert read("{name: token ci, models: {allow: null}, hours: {windows: null}}") == (ALL_RIGHTS, [])
    assert read("{name: token ci, models: {allow: []}}")[0].models.allow == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{name: x, colours: {}}", "/colours"),
        ("{name: x, models: [gpt-4]}", "/models"),
        ("{name: x, models: {allows: []}}", "/models/allows"),
        ("{name: x, hours: {windows: [monday]}}", "/hours/windows/0"),
        ("{name: x, parameters: {no_tools: maybe}}", "/parameters/no_tools"),
        ("{name: x, scopes: generate}", "/scopes"),
    ],
    ids=["part", "list", "field", "hours", "flag", "scopes"],
)
def test_what_is_wrong_is_told_by_its_place(text: str, place: str) -> None:
    assert place in read(text)[1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("installation", ("installation", "")),
        ("token ci", ("token", "ci")),
        ("team blue whales", ("team", "blue whales")),
    ],
)
def test_an_entry_names_a_level_and_an_owner(name: str, expected: tuple[str, str]) -> None:
    faults = Faults()
    assert read_level(name, Fields(read_tree("{}"), "", faults)) == expected
    assert faults.found == []


@pytest.mark.parametrize("name", ["token", "installation x", "everybody x", ""])
def test_a_name_that_says_neither_is_wrong(name: str) -> None:
    faults = Faults()
    read_level(name, Fields(read_tree("{}"), "/rights/0", faults))
    assert [fault.path for fault in faults.found] == ["/rights/0/name"]
