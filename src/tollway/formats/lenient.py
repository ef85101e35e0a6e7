"""One level of a JSON object in plain JSON, read leniently: what an answer says.

Null is absence; nested values keep their bytes until they are read. Nothing here raises: a value of the wrong kind
counts as absent, because vendors change answers and an answer that was paid for must arrive.
"""

from typing import Self, TypeVar

import msgspec

T = TypeVar("T")

COUNT_MAX = 2**40
"""More than any call can consume; larger statements are nonsense and are cut to it."""

_NULL = b"null"
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_fields: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_text: msgspec.json.Decoder[str] = msgspec.json.Decoder(str)
_texts: msgspec.json.Decoder[list[str]] = msgspec.json.Decoder(list[str])
_flag: msgspec.json.Decoder[bool] = msgspec.json.Decoder(bool)
_number: msgspec.json.Decoder[int | float] = msgspec.json.Decoder(int | float)


class Fields:
    """The fields of one object."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, msgspec.Raw]) -> None:
        self._values = values

    @classmethod
    def parse(cls, raw: bytes | msgspec.Raw) -> Self | None:
        """Read an object; None for anything else."""
        values = _decode(_fields, raw)
        return None if values is None else cls(values)

    def __contains__(self, name: str) -> bool:
        value = self._values.get(name)
        return value is not None and not (memoryview(value).nbytes == 4 and bytes(value) == _NULL)

    def raw(self, name: str) -> bytes:
        """Return a field's bytes, b"" when it is absent."""
        value = self._values.get(name)
        raw = b"" if value is None else bytes(value)
        return b"" if raw == _NULL else raw

    def text(self, name: str) -> str:
        """Return a string, "" when it is absent."""
        return self._read(_text, name) or ""

    def texts(self, name: str) -> list[str]:
        """Return a list of strings; empty when anything else is among them."""
        return self._read(_texts, name) or []

    def is_true(self, name: str) -> bool:
        """Whether the field is true."""
        return self._read(_flag, name) is True

    def number(self, name: str) -> float | None:
        """Return a finite number."""
        value = self._read(_number, name)
        try:
            return None if value is None else float(value)
        except OverflowError:
            return None

    def count(self, name: str) -> int:
        """Return a count, 0 when it is absent, cut to [0, COUNT_MAX]."""
        number = self._read(_number, name)
        return 0 if number is None else int(min(max(number, 0), COUNT_MAX))

    def child(self, name: str) -> Self | None:
        """Return an object."""
        value = self._values.get(name)
        return None if value is None else self.parse(value)

    def children(self, name: str) -> list[Self]:
        """Return the objects of a list; what is no object is left out."""
        found = (self.parse(item) for item in self._read(_items, name) or ())
        return [item for item in found if item is not None]

    def _read(self, decoder: msgspec.json.Decoder[T], name: str) -> T | None:
        value = self._values.get(name)
        return None if value is None else _decode(decoder, value)


def _decode(decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw) -> T | None:
    try:
        return decoder.decode(raw)
    except _FAULTS:
        return None
