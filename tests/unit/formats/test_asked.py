"""Strict reading names every place, and nothing that was not taken passes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from tollway.formats.asked import INTEGER_MAX, Asked, invalid, untranslatable
from tollway.kernel.errors import TollwayError


def refused(reads) -> TollwayError:
    with pytest.raises(TollwayError) as caught:
        reads()
    return caught.value


def test_values_are_read_by_their_kind() -> None:
    asked = Asked.parse(
        b'{"a":"x","b":["y","z"],"c":true,"d":1.5,"e":7,"f":{"g":"h"},"i":[{"j":1},{}],"k":null,"l":3.0,"m":{"n":1}}'
    )
    assert asked.text("a") == "x"
    assert asked.texts("b") == ("y", "z")
    assert asked.flag("c") is True
    assert asked.number("d") == 1.5
    assert asked.integer("e") == 7
    assert asked.integer("l") == 3
    assert asked.raw("f") == b'{"g":"h"}'
    assert asked.document("m") == b'{"n":1}'
    child = asked.child("f")
    assert child is not None and child.text("g") == "h" and child.at == "f"
    assert [item.at for item in asked.children("i")] == ["i[0]", "i[1]"]
    assert "k" not in asked and asked.text("k") is None and asked.raw("k") is None
    asked.nothing_else()


def test_absent_values_are_none_or_empty() -> None:
    asked = Asked.parse(b"{}")
    assert asked.text("a") is None and asked.flag("a") is None and asked.number("a") is None
    assert asked.integer("a") is None and asked.child("a") is None and asked.document("a") is None
    assert asked.texts("a") == () and asked.children("a") == []


@pytest.mark.parametrize("name", ["text", "texts", "flag", "number", "integer", "child", "children", "document"])
@pytest.mark.parametrize("raw", [b'"x"', b"1.5", b"{}", b'["x"]', b"true", b"[1]"])
def test_the_wrong_kind_is_refused_at_its_place(name: str, raw: bytes) -> None:
    fits = {
        "text": [b'"x"'],
        "texts": [b'["x"]'],
        "flag": [b"true"],
        "number": [b"1.5"],
        "child": [b"{}"],
        "document": [b"{}"],
    }
    asked = Asked.parse(b'{"a":{"b":' + raw + b"}}").child("a")
    assert asked is not None
    if raw in fits.get(name, []):
        getattr(asked, name)("b")
        return
    error = refused(lambda: getattr(asked, name)("b"))
    assert error.code.name == "request.field_invalid"
    assert error.param in ("a.b", "a.b[0]")


def test_whole_numbers_are_bounded_and_whole() -> None:
    asked = Asked.parse(b'{"a":%d,"b":%d,"c":1e300,"d":1.5,"e":"7"}' % (INTEGER_MAX, INTEGER_MAX + 1))
    assert asked.integer("a") == INTEGER_MAX
    for name in "bcde":
        assert refused(lambda name=name: asked.integer(name)).param == name
    assert refused(lambda: Asked.parse(b'{"a":1%s}' % (b"0" * 400)).number("a")).param == "a"


def test_what_was_not_taken_is_refused_by_name() -> None:
    asked = Asked.parse(b'{"a":{"known":1,"strange":2,"empty":[ ],"off":false,"none":{},"blank":"","null":null}}')
    child = asked.child("a")
    assert child is not None
    child.integer("known")
    assert child.others() == ["strange", "empty", "off", "none", "blank"]
    error = refused(child.nothing_else)
    assert error.code.name == "request.untranslatable" and error.param == "a.strange"
    child.integer("strange")
    child.nothing_else()


def test_a_name_that_was_taken_in_vain_hides_no_other() -> None:
    asked = Asked.parse(b'{"strange":2}')
    asked.text("absent")
    assert refused(asked.nothing_else).param == "strange"


def test_documents_are_utf_8() -> None:
    assert refused(lambda: Asked.parse(b'{"a":{"b":"\xff"}}').document("a")).param == "a"


def test_what_is_no_object_is_refused() -> None:
    assert refused(lambda: Asked.parse(b"[]")).param == "body"
    assert refused(lambda: Asked.parse(b"[]", "messages[0]")).param == "messages[0]"
    assert refused(lambda: invalid("a", "is wrong")).public == "`a` is wrong."
    assert refused(lambda: untranslatable("a", "is odd")).code.name == "request.untranslatable"


@given(st.binary() | VALUES.map(lambda value: msgspec.json.encode({"a": value})))
def test_nothing_but_a_refusal_is_raised(raw: bytes) -> None:
    try:
        asked = Asked.parse(raw)
        for name in ("text", "texts", "flag", "number", "integer", "child", "children", "raw", "document"):
            try:
                getattr(asked, name)("a")
            except TollwayError as error:
                assert error.param is not None and error.param.startswith("a")
    except TollwayError as error:
        assert error.param == "body"


def test_a_fields_kind_is_told_by_its_first_byte_without_taking_it() -> None:
    asked = Asked.parse(b'{"a": "x", "b": [1]}')
    assert (asked.first("a"), asked.first("b"), asked.first("c")) == (b'"', b"[", b"")
    assert asked.others() == ["a", "b"]


def test_whether_any_of_some_fields_is_there_takes_nothing() -> None:
    asked = Asked.parse(b'{"a": 1, "b": null}')
    assert asked.has_any(frozenset({"a", "x"})) and not asked.has_any(frozenset({"b", "x"}))
    assert asked.others() == ["a"]
