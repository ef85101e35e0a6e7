"""Header lines of a request hold what was given, and nothing that could end a line or a head."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.wire.request_fields import WITHHELD, write_fields, write_passed_fields

_part = st.binary(max_size=8)


def test_lines_are_written_in_order() -> None:
    assert write_fields([(b"a", b"1"), (b"b", b"2")]) == b"a: 1\r\nb: 2\r\n"
    assert write_fields([]) == b""


@given(st.lists(st.tuples(_part, _part), max_size=4))
def test_what_could_end_a_line_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    is_safe = not any(mark in part for header in headers for part in header for mark in (b"\r", b"\n", b"\0"))
    if is_safe:
        assert write_fields(headers).split(b"\r\n")[:-1] == [b": ".join(header) for header in headers]
    else:
        with pytest.raises(ValueError, match="line break or NUL"):
            write_fields(headers)


def test_framing_and_hop_by_hop_fields_are_not_passed_on() -> None:
    assert write_passed_fields([(b"accept", b"x"), *((name, b"1") for name in sorted(WITHHELD))]) == b"accept: x\r\n"
