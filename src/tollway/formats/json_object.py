"""One level of a JSON object, with every nested value kept as the bytes it came in.

What a decision reads is what is sent: a body is either passed on byte for byte or re-emitted from the
very values that were checked. Duplicate keys are refused, because two readers could see two values.
"""

import json
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from tollway.kernel.errors import TollwayError

LONG_BYTES, FEW_MAX = 4_096, 32

T = TypeVar("T")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Fields = dict[str, msgspec.Raw]

_decoder = msgspec.json.Decoder(Fields)
_text: msgspec.json.Decoder[str | None] = msgspec.json.Decoder(str | None)
_integer: msgspec.json.Decoder[int | None] = msgspec.json.Decoder(int | None)
_encode = msgspec.json.Encoder().encode
_encode_name = lru_cache(maxsize=4_096)(_encode)


class JSONObject:
    """A parsed object whose fields can be read, replaced and written out again.

    Not safe for use by two tasks at once. `encode` returns the bytes given to `parse` until `set` or `drop` was called.
    """

    __slots__ = ("_is_shared", "_raw", "fields")

    def __init__(self, raw: bytes | None, fields: Fields, is_shared: bool = False) -> None:
        self._raw = raw
        self.fields = fields
        """Each field's bytes; for reading alone."""
        self._is_shared = is_shared
        """Whether a copy may hold the same fields, so that they are copied before one is changed."""

    @classmethod
    def parse(cls, raw: bytes) -> "JSONObject":
        """Read one object. Raises request.body_invalid for anything else, also for duplicate keys."""
        try:
            fields = _decoder.decode(raw)
        except _UNREADABLE as error:
            raise TollwayError("request.body_invalid", public=f"The body is not a JSON object: {error}.") from error
        if not _is_compact(raw, fields) and _has_duplicate_keys(raw):
            raise TollwayError("request.body_invalid", public="The body names a key twice.")
        return cls(raw, fields)

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def raw(self, name: str) -> bytes:
        """Return a field's bytes, b"" when it is absent."""
        value = self.fields.get(name)
        return b"" if value is None else bytes(value)

    def size(self, name: str) -> int:
        """Return how many bytes a field has, 0 when it is absent."""
        value = self.fields.get(name)
        return 0 if value is None else memoryview(value).nbytes

    def text(self, name: str) -> str | None:
        """Return a string field; None when it is absent or null. Raises request.field_invalid."""
        value = self.fields.get(name)
        if value is None:
            return None
        try:
            return _text.decode(value)
        except _UNREADABLE as error:
            raise _unreadable(name, error) from error

    def says(self, name: str, text: str) -> bool:
        """Whether a field is `text` in its plainest spelling."""
        value = self.fields.get(name)
        return value is not None and bytes(value) == _encode_name(text)

    def integer(self, name: str) -> int | None:
        """Return an integer field; None when it is absent or null. Raises request.field_invalid."""
        value = self.fields.get(name)
        if value is None:
            return None
        try:
            return _integer.decode(value)
        except _UNREADABLE as error:
            raise _unreadable(name, error) from error

    def read(self, name: str, kind: type[T]) -> T | None:
        """Return a field as `kind`; None when it is absent or null. Raises request.field_invalid."""
        value = self.fields.get(name)
        if value is None:
            return None
        decoder: msgspec.json.Decoder[T | None] = msgspec.json.Decoder(kind | None)
        try:
            return decoder.decode(value)
        except _UNREADABLE as error:
            raise _unreadable(name, error) from error

    def set(self, name: str, value: Any) -> None:
        """Replace or add a field; its place in the order is kept, a new one comes last."""
        self._unshare()[name] = msgspec.Raw(_encode(value))
        self._raw = None

    def drop(self, name: str) -> None:
        """Remove a field, if there is one."""
        if name in self.fields:
            del self._unshare()[name]
            self._raw = None

    def encode(self) -> bytes:
        """Return the object's bytes."""
        return _encode(self.fields) if self._raw is None else self._raw

    def copy(self) -> "JSONObject":
        """Return an independent copy, for a candidate that needs other changes."""
        self._is_shared = True
        return JSONObject(self._raw, self.fields, True)

    def _unshare(self) -> Fields:
        if self._is_shared:
            self.fields = dict(self.fields)
            self._is_shared = False
        return self.fields


def count_name(raw: bytes, name: bytes) -> int:
    """Return how often `name`, or a part of one with a `_` in it, occurs in `raw`.

    In a long text its `_` is looked for, one after the other: where those are few, as in prose and in pictures, that
    is thirty times as fast as looking for the name.
    """
    if len(raw) < LONG_BYTES:
        return raw.count(name)
    offset = name.index(b"_")
    found = 0
    at = raw.find(b"_", offset)
    for _ in range(FEW_MAX):
        if at < 0:
            return found
        found += raw.startswith(name, at - offset)
        at = raw.find(b"_", at + 1)
    return raw.count(name)


def _is_compact(raw: bytes, fields: Fields) -> bool:
    """Whether `raw` is an object of these fields without blanks between them and without escapes in its keys.

    Such an object has no key twice, since the second would add to its length: four marks a field (two quotes, a
    colon, a comma), two braces, and no comma after the last. A short one is written out to see.
    """
    size = len(raw)
    if size < LONG_BYTES:
        return len(_encode(fields)) == size
    values = sum([memoryview(value).nbytes for value in fields.values()])
    return size == 1 + 4 * len(fields) + sum(map(len, fields)) + values


def _unreadable(name: str, error: Exception) -> TollwayError:
    return TollwayError("request.field_invalid", public=f"`{name}`: {error}.", param=name)


def _has_duplicate_keys(raw: bytes) -> bool:
    """Whether the top level names a key twice. Any nested object is judged by its own reader, not here."""
    counts: list[tuple[int, int]] = []

    def pairs(items: list[tuple[str, Any]]) -> int:
        counts.append((len(items), len({key for key, _ in items})))
        return 0

    try:
        json.loads(raw, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        # The two parsers disagree about this text, so an upstream's may too.
        return True
    total, distinct = counts[-1]  # The outermost object is closed last.
    return total != distinct
