"""Reads the head of a plain answer without llhttp: HTTP/1.1, a final status, one length or chunks, nothing unusual.

Whatever is not plain, or not well-formed by this strict grammar, is left to llhttp, which decides what it means.
Nearly every line of a head was seen before, since only the date and a request id change; what a line says follows
from its bytes alone, so that it is remembered.
"""

import re
from collections.abc import Iterable

import msgspec

from tollway.gateway.ports import Headers
from tollway.wire.http1 import TOKEN

HEADERS_MAX = 200
REMEMBERED_MAX = 1_024
LINE_BYTES_MAX = 256
"""Longer lines are read each time."""

_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2}) [\t -~\x80-\xff]*+")
_FIELD = re.compile(rb"(" + TOKEN + rb"++):[\t ]*+([\t -~\x80-\xff]*+)")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_WITHOUT_BODY = (204, 304)
_UNUSUAL = frozenset(
    (
        b"connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"upgrade",
    )
)


CHUNKED = -1
"""In place of a length: the body comes in chunks."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """What a line says that is more, or less, than a header to pass on."""

    header: tuple[bytes, bytes] | None = None
    content_bytes: int | None = None
    """CHUNKED or more, where the line frames the body."""
    idle_seconds: float | None = None
    is_plain: bool = True


class PlainHead(msgspec.Struct, frozen=True, gc=False):
    """The head of an answer whose body has `content_bytes`, or is CHUNKED, and whose connection stays.

    `idle_seconds`: for how long the upstream says that it keeps the idle connection. It may serve many answers, so
    that nobody changes it.
    """

    status: int
    headers: Headers
    content_bytes: int
    idle_seconds: float | None
    facts: list[object] = []
    """Room for what a stage derives from the head alone, so that it is derived once for a head that repeats."""


_NOT_PLAIN = Line(is_plain=False)
_ordinary: dict[bytes, tuple[bytes, bytes]] = {}
_others: dict[bytes, Line] = {}
_passed_on: dict[bytes, tuple[bytes, bytes]] = {}
"""The header of each remembered line that has one."""
_statuses: dict[bytes, int] = {}


def read_plain_head(head: bytes) -> PlainHead | None:
    """Return what a head says that is given without its blank line; None when it is not plain."""
    lines = head.split(b"\r\n")
    start = lines.pop(0)
    status = _statuses.get(start) or _read_status(start)
    if not status or len(lines) >= HEADERS_MAX:
        return None
    # What is not ordinary is told apart as a whole; a line twice, or one that is new, is read in its place.
    others = set(lines).difference(_ordinary)
    if _others.keys() >= others:
        return _sum_up(status, lines, others)
    return _read_in_order(status, lines)


def _sum_up(status: int, lines: list[bytes], others: Iterable[bytes]) -> PlainHead | None:
    """Return a head whose lines were all seen before; `others` are those that are more, or less, than headers."""
    content_bytes = idle_seconds = None
    for text in others:
        line = _others[text]
        if line.content_bytes is not None:
            if content_bytes is not None or lines.count(text) > 1:
                return None
            content_bytes = line.content_bytes
        elif not line.is_plain:
            return None
        idle_seconds = line.idle_seconds or idle_seconds
    if content_bytes is None:
        return None
    return PlainHead(status, list(filter(None, map(_passed_on.get, lines))), content_bytes, idle_seconds)


def _read_in_order(status: int, lines: Iterable[bytes]) -> PlainHead | None:
    content_bytes: int | None = None
    idle_seconds = None
    headers: Headers = []
    for text in lines:
        header = _ordinary.get(text)
        if header is not None:
            headers.append(header)
            continue
        line = _others.get(text) or _read_line(text)
        if line.header is not None:
            headers.append(line.header)
        if line.content_bytes is not None:
            if content_bytes is not None:
                return None
            content_bytes = line.content_bytes
        elif not line.is_plain:
            return None
        idle_seconds = line.idle_seconds or idle_seconds
    return None if content_bytes is None else PlainHead(status, headers, content_bytes, idle_seconds)


def read_idle_seconds(value: bytes) -> float | None:
    """Return the timeout that a Keep-Alive header states."""
    for option in value.lower().split(b","):
        name, _, number = option.strip().partition(b"=")
        if name == b"timeout" and number.isdigit() and len(number) < 7:
            return float(number)
    return None


def _read_status(line: bytes) -> int:
    """Return the status of a status line, 0 when it is not plain."""
    match = _STATUS.fullmatch(line)
    if match is None or int(match[1]) in _WITHOUT_BODY:
        return 0
    if len(line) <= LINE_BYTES_MAX:
        if len(_statuses) >= REMEMBERED_MAX:
            _statuses.clear()
        _statuses[line] = int(match[1])
    return int(match[1])


def _read_line(line: bytes) -> Line:
    match = _FIELD.fullmatch(line)
    if match is None:
        return _NOT_PLAIN
    name, value = match[1].lower(), match[2].rstrip(b" \t")
    said = _NOT_PLAIN
    if name == b"content-length":
        if _LENGTH.fullmatch(value) is not None:
            said = Line((name, value), content_bytes=int(value))
    elif name == b"transfer-encoding":
        if value.lower() == b"chunked":
            said = Line(content_bytes=CHUNKED)
    elif name == b"keep-alive":
        said = Line(idle_seconds=read_idle_seconds(value))
    elif name == b"connection" and value.lower() == b"keep-alive":
        said = Line()
    elif name not in _UNUSUAL:
        _remember_line(line, said := Line((name, value)), is_ordinary=True)
        return said
    _remember_line(line, said, is_ordinary=False)
    return said


def _remember_line(line: bytes, said: Line, *, is_ordinary: bool) -> None:
    """Remember a line in every place it belongs to; what one of them forgets, all forget."""
    if len(line) > LINE_BYTES_MAX:
        return
    if len(_ordinary) + len(_others) >= REMEMBERED_MAX:
        for known in (_ordinary, _others, _passed_on):
            known.clear()
    if said.header is not None:
        _passed_on[line] = said.header
    if is_ordinary and said.header is not None:
        _ordinary[line] = said.header
    else:
        _others[line] = said
