"""Instants on the command line."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.cli.instants import parse_expiry, parse_since

NOW = datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("24h", "2026-11-23T02:00:00Z"),
        ("7d", "2026-11-17T02:00:00Z"),
        ("90", "2026-11-24T01:58:30Z"),
        ("2026-11-01", "2026-11-01T00:00:00Z"),
        ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
        ("2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00Z"),
    ],
)
def test_since(text: str, instant: str) -> None:
    assert parse_since(text, NOW) == instant


@pytest.mark.parametrize(
    ("text", "instant"), [("90d", "2027-02-22T02:00:00Z"), ("never", None), ("2027-01-31", "2027-01-31T00:00:00Z")]
)
def test_expiry(text: str, instant: str | None) -> None:
    assert parse_expiry(text, NOW) == instant


@pytest.mark.parametrize("text", ["", "soon", "2026-11-01T12:00:00", "-1d", "1.5h", "999999999w", "2026-13-01"])
def test_other_texts_are_refused_with_advice(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|too far"):
        parse_since(text, NOW)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        instant = parse_since(text, NOW)
    except ValueError:
        return
    assert parse_since(instant, NOW) == instant
