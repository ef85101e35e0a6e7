"""Lines for this connection alone are understood and not passed on."""

import pytest

from tollway.edge.upstream.faults import Violation
from tollway.edge.upstream.head_notes import HeadNotes
from tollway.edge.upstream.plain_head import HEADERS_MAX


def noted(*lines: tuple[bytes, bytes]) -> HeadNotes:
    notes = HeadNotes()
    for name, value in lines:
        notes.add(name, value)
    return notes


def test_headers_are_passed_on_in_order_but_those_connection_names() -> None:
    notes = noted((b"b", b"1"), (b"x", b"2"), (b"connection", b"X , close"), (b"content-length", b"3"), (b"b", b"4"))
    assert notes.passed_on() == [(b"b", b"1"), (b"content-length", b"3"), (b"b", b"4")]
    assert (notes.content_bytes, notes.is_persistent, notes.named) == (3, False, {b"x", b"close"})


def test_hop_by_hop_lines_are_understood() -> None:
    notes = noted((b"transfer-encoding", b"Chunked"), (b"upgrade", b"websocket"), (b"keep-alive", b"timeout=5"))
    assert (notes.is_chunked, notes.upgrade, notes.idle_seconds) == (True, b"websocket", 5.0)
    assert notes.passed_on() == []


@pytest.mark.parametrize(
    "lines",
    [
        [(b"content-length", b"+1")],
        [(b"transfer-encoding", b"gzip")],
        [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
        [(b"a", b"b")] * (HEADERS_MAX + 1),
    ],
)
def test_what_leaves_a_doubt_is_a_violation(lines: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Violation):
        noted(*lines)


def test_an_older_version_ends_the_connection_and_knows_no_chunks() -> None:
    notes = HeadNotes()
    notes.check_version("1.1")
    assert notes.is_persistent
    notes.check_version("1.0")
    assert not notes.is_persistent
    for version, lines in (("2.0", []), ("1.0", [(b"transfer-encoding", b"chunked")])):
        with pytest.raises(Violation):
            noted(*lines).check_version(version)
