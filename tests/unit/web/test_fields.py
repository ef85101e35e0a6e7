"""Instants and amounts as JSON writes them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from tollway.web.fields import Input, InstantInput, Name, Query, UsdInput, absent, format_instant, parse_instant


@given(st.integers(0, 9_214_646_399))
def test_an_instant_survives_the_way_there_and_back(seconds: int) -> None:
    assert parse_instant(format_instant(seconds * 10**9)) == seconds * 10**9


@given(st.datetimes(datetime(1970, 1, 2), datetime(2261, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_every_offset_means_the_same_instant(moment: datetime, minutes: int) -> None:
    sign, rest = "+" if minutes >= 0 else "-", abs(minutes)
    shifted = moment.replace(microsecond=0)
    text = f"{shifted.isoformat()}{sign}{rest // 60:02d}:{rest % 60:02d}"
    expected = int(shifted.replace(tzinfo=UTC).timestamp()) - minutes * 60
    if expected >= 0:
        assert parse_instant(text) == expected * 10**9


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-11-24", "2026-11-24T02:00:00", "2026-13-24T02:00:00Z", "1969-12-31T23:59:59Z"),
        *("9999-12-31T23:59:59Z", "2026-11-24T02:00:00.0000000001Z", "٢026-11-24T02:00:00Z", "2026-11-24T02:00:60Z"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_instant(text)


@pytest.mark.parametrize("value", [5, 5.0, True, None, "-1", "1e3", "0.0000000001"])
def test_an_amount_is_a_decimal_string_and_nothing_else(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(UsdInput).validate_python(value)


def test_an_amount_and_an_instant_are_read_exactly() -> None:
    assert TypeAdapter(UsdInput).validate_python("0.000000001") == 1
    assert TypeAdapter(InstantInput).validate_python("1970-01-01T00:00:00.000000001Z") == 1


@pytest.mark.parametrize("name", ["", " a", "a\n", "a\x00b", "\ud800", "x" * 201])
def test_a_name_is_one_clean_line(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(name)


def test_a_field_left_out_is_neither_null_nor_a_value() -> None:
    class Body(Input):
        name: str | None = absent()

    assert Body().model_fields_set == set()
    assert Body(name=None).name is None
    assert "default" not in Body.model_json_schema()["properties"]["name"]


class Nested(Input):
    names: list[str] = Field(default=[])
    facts: dict[str, str] = Field(default={})
    below: "Nested | None" = None


class Asked(Query):
    search: str = ""


@pytest.mark.parametrize(
    "body",
    [{"names": ["a", "b\0"]}, {"facts": {"a\0": ""}}, {"facts": {"a": "\0"}}, {"below": {"names": ["\0"]}}],
)
def test_no_body_and_no_query_has_a_character_that_not_every_database_stores(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"U\+0000"):
        Nested.model_validate(body)
    with pytest.raises(ValidationError, match=r"U\+0000"):
        Asked.model_validate({"search": "a\0"})
    assert Nested.model_validate({"names": ["a"], "below": {"facts": {"a": "b"}}}).below
