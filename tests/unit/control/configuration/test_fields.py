"""Fields are read with their type, or faulted at their place."""

from msgspec import UNSET

from tollway.control.configuration.fields import Fields
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults


def read(text: str) -> Fields:
    return Fields(read_tree(text), "", Faults())


def test_absent_fields_are_unset() -> None:
    fields = read("{}")
    values = (fields.text("a"), fields.flag("a"), fields.integer("a"), fields.usd("a"), fields.texts("a"))
    assert set(values) == {UNSET} and fields.mapping("a") is None and fields.items("a") == ()
    assert fields.faults.found == []


def test_types_are_not_mixed_up() -> None:
    fields = read("{t: true, i: 1, d: 0.1, s: x, n: null, l: [a, [b]], m: {}}")
    assert fields.text("i") == "1" and fields.text("d") == "0.1" and fields.seconds("d") == 0.1
    assert fields.usd("d") == 100_000_000
    assert fields.optional_text("n") is None and fields.items("n") == ()
    refused = (fields.text("t"), fields.integer("t"), fields.integer("d"), fields.flag("i"), fields.seconds("t"))
    assert set(refused) == {UNSET}
    assert fields.texts("l") == ("a",) and fields.texts("m") is UNSET and fields.usd("s") is UNSET
    assert fields.parsed("s", int, "a number") is UNSET
    assert [fault.path for fault in fields.faults.found] == ["/t", "/t", "/d", "/i", "/t", "/l/1", "/m", "/s", "/s"]


def test_unknown_fields_and_other_shapes_are_faults() -> None:
    fields = read("{a: 1, b: 2}")
    fields.integer("a")
    fields.close()
    assert [str(fault) for fault in fields.faults.found] == ["/b: there is no field 'b' here"]
    assert read("[1]").faults.found
