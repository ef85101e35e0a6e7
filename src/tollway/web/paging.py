"""Keyset paging: opaque cursors that only we can make.

A cursor is the sort key of the last item, MessagePack-encoded and authenticated, bound to the list
and its filters. The MAC is checked before the bytes are decoded, so nothing but our own encoding is
ever parsed; the types are checked after it. Pages stay stable when items are inserted in between.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Generic, TypeVar

import msgspec
from pydantic import Field

from tollway.control.faults import refuse
from tollway.kernel.secret import Secret, SecretRing
from tollway.web.fields import Output, Query

T = TypeVar("T")
K = TypeVar("K")

_MAC_BYTES = 16
_CURSOR_CHARS_MAX = 512

Limit = Annotated[int, Field(ge=1, le=200)]


class PageQuery(Query):
    """How much of a list to return, and from where."""

    limit: Limit = 50
    cursor: Annotated[str, Field(max_length=_CURSOR_CHARS_MAX, pattern=r"^[A-Za-z0-9_-]*$")] | None = None


class SearchQuery(Query):
    """Which of a list are meant. `search` is the beginning of a name, whatever its case."""

    search: Annotated[str, Field(max_length=200)] | None = None


class NamedQuery(SearchQuery, PageQuery):
    """Which of a list to return. `search` is the beginning of a name, whatever its case."""


class Page(Output, Generic[T]):
    """One page; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


class Cursors:
    """Makes cursors under the current key, and reads those of every accepted one."""

    def __init__(self, keys: SecretRing) -> None:
        self._keys = keys

    def write(self, place: str, key: object) -> str:
        """Return the cursor of sort key `key` in the list `place` (the path and its filters)."""
        body = msgspec.msgpack.encode(key)
        return urlsafe_b64encode(_mac(self._keys.current(), place, body) + body).rstrip(b"=").decode()

    def read(self, cursor: str, place: str, type_: type[K]) -> K:
        """Return the sort key in a cursor. Raises management.invalid when it is not one of ours for this list."""
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError as error:
            raise refuse("query/cursor", "not a cursor of this list") from error
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, place, body)) for key in self._keys.all()):
            raise refuse("query/cursor", "not a cursor of this list")
        try:
            return msgspec.msgpack.decode(body, type=type_)
        except msgspec.MsgspecError as error:
            raise refuse("query/cursor", "a cursor of an older version; start from the first page") from error


def place_of(path: str, query: PageQuery) -> str:
    """Name a list for its cursors: its path and every filter, so that a cursor cannot move to another list."""
    filters = query.model_dump(mode="json", exclude={"cursor", "limit"}, exclude_none=True)
    return path + "?" + msgspec.json.encode(filters, order="sorted").decode()


def _mac(key: Secret[bytes], place: str, body: bytes) -> bytes:
    name = place.encode()
    message = len(name).to_bytes(4, "big") + name + body
    return hmac.digest(key.reveal(), message, hashlib.sha256)[:_MAC_BYTES]
