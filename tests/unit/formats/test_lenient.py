"""Lenient reading never raises: what has the wrong kind counts as absent."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from tollway.formats.lenient import COUNT_MAX, Fields

KINDS = ("raw", "text", "texts", "is_true", "number", "count", "child", "children")


def fields(raw: bytes) -> Fields:
    found = Fields.parse(raw)
    assert found is not None
    return found


def test_values_are_read_by_their_kind() -> None:
    found = fields(b'{"a":"x","b":["y"],"c":true,"d":1.5,"e":7,"f":{"g":"h"},"i":[{"j":1},3,{}],"k":null}')
    assert found.text("a") == "x" and found.texts("b") == ["y"] and found.is_true("c")
    assert found.number("d") == 1.5 and found.count("e") == 7 and found.count("d") == 1
    child = found.child("f")
    assert child is not None and child.text("g") == "h"
    assert [item.count("j") for item in found.children("i")] == [1, 0]
    assert "a" in found and "k" not in found and "z" not in found
    assert found.raw("k") == b"" and found.raw("f") == b'{"g":"h"}'


@pytest.mark.parametrize("raw", [b'"x"', b"1.5", b"{}", b'["x"]', b"true", b"null", b"[1]"])
def test_the_wrong_kind_counts_as_absent(raw: bytes) -> None:
    found = fields(b'{"a":' + raw + b"}")
    assert found.text("a") == ("x" if raw == b'"x"' else "")
    assert found.texts("a") == (["x"] if raw == b'["x"]' else [])
    assert found.is_true("a") is (raw == b"true")
    assert found.number("a") == (1.5 if raw == b"1.5" else None)
    assert (found.child("a") is None) is (raw != b"{}")
    assert found.children("a") == []


def test_counts_are_cut() -> None:
    found = fields(b'{"a":-5,"b":%d,"c":1%s}' % (COUNT_MAX + 1, b"0" * 400))
    assert (found.count("a"), found.count("b"), found.count("c")) == (0, COUNT_MAX, COUNT_MAX)
    assert found.number("c") is None


@given(st.binary() | VALUES.map(lambda value: msgspec.json.encode({"a": value})))
def test_nothing_is_raised(raw: bytes) -> None:
    found = Fields.parse(raw)
    if found is not None:
        for name in KINDS:
            getattr(found, name)("a")
