"""The one canonical path of a request, used by routing, rights, limits and logs alike.

A path that two programs could read in two ways is refused, never repaired. The only rewriting is the
one RFC 3986 section 6.2.2 calls equivalent: escapes of unreserved characters are decoded, the hex digits
of the others are put in upper case; and below `/v1/models/`, `%2F` is a slash. The result is ASCII and a fixed point
of this function.
"""

import re
from typing import NoReturn

from tollway.kernel.errors import TollwayError

# No possessive groups: CPython up to 3.11.4 loses their place when they fail (gh-106052). Segments cannot be split in
# two ways, so that plain repetition is linear as well.
_PLAIN = re.compile(rb"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9\-._~!$&'()*+,=:@]++)*/?")
_ESCAPED = re.compile(rb"(?:/(?!\.{1,2}(?:/|\Z))(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+)*/?")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_QUERY = re.compile(rb"[!-~]*")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")
_DOUBLE = re.compile(rb"%25[0-9A-Fa-f]{2}")
_SLASH = re.compile(rb"%2[fF]")
_NAMES_BELOW = b"/v1/models/"
"""Here the official clients escape the slashes of a model's name. It is the gateway's own path: no upstream gets it."""
_FORBIDDEN_ESCAPE = re.compile(rb"%(?:2[fF]|5[cC]|2[eE]|[01][0-9A-Fa-f]|7[fF])")


def canonical_path(raw_target: bytes) -> tuple[str, str]:
    """Split an origin-form target into its canonical path and its raw query (without `?`).

    Raises request.path for everything ambiguous: fragments, empty and dot segments, backslashes, path
    parameters (`;`), controls, raw non-ASCII bytes, characters RFC 3986 does not allow in a path, broken or
    double escapes, and escapes of `/`, `\\`, `.` and controls or of bytes that are not UTF-8.
    """
    path, mark, query = raw_target.partition(b"?")
    if not path or _PLAIN.fullmatch(path) is None:
        path = _canonical_escapes(path)
    if mark and (b"#" in query or _QUERY.fullmatch(query) is None):
        _refuse("the query has a fragment, or a byte that must be escaped")
    return path.decode("ascii"), query.decode("ascii")


def _canonical_escapes(path: bytes) -> bytes:
    if not path.startswith(b"/"):
        _refuse("the target must start with a slash")
    if b"#" in path:
        _refuse("a target has no fragment")
    if path.startswith(_NAMES_BELOW):
        path = _SLASH.sub(b"/", path)
    if _FORBIDDEN_ESCAPE.search(path) is not None:
        _refuse("it escapes a slash, a backslash, a dot or a control character")
    if _DOUBLE.search(path) is not None:
        _refuse("it is escaped twice")
    if _ESCAPED.fullmatch(path) is None:
        _refuse("it has an empty or dot segment, a broken escape, or a character that is not allowed in a path")
    try:
        _ESCAPE.sub(_decode_any, path).decode("utf-8")
    except UnicodeDecodeError:
        # An overlong form such as %C0%AF is a slash to a careless decoder.
        _refuse("its escapes are not UTF-8")
    return _ESCAPE.sub(_decode_unreserved, path)


def _decode_any(escape: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escape[1].decode("ascii"))


def _decode_unreserved(escape: re.Match[bytes]) -> bytes:
    byte = int(escape[1], 16)
    return bytes((byte,)) if byte in _UNRESERVED else escape[0].upper()


def _refuse(reason: str) -> NoReturn:
    raise TollwayError("request.path", public=f"The path cannot be read in exactly one way: {reason}.")
