"""One level of a request in plain JSON, read strictly: what a caller asks for.

Null is absence. Every value knows its place in the body, so that every refusal names it (`messages[2].content`). Law:
what no reader took is refused by `nothing_else`; nothing is dropped in silence.
"""

from typing import NoReturn, Self, TypeVar

import msgspec

from tollway.kernel.errors import TollwayError

T = TypeVar("T")

INTEGER_MAX = 2**63 - 1
"""The largest whole number of any dialect's schema (OpenAI's `seed` is an int64)."""

_EXACT_MAX = 2**53
"""Up to here a number with a fraction point is still exactly the whole number it looks like."""

_EMPTY = (b"[]", b"{}", b'""', b"false")
_EMPTY_BYTES_MAX = 64
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_fields: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_text: msgspec.json.Decoder[str] = msgspec.json.Decoder(str)
_texts: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])
_flag: msgspec.json.Decoder[bool] = msgspec.json.Decoder(bool)
_number: msgspec.json.Decoder[int | float] = msgspec.json.Decoder(int | float)


def invalid(at: str, rule: str) -> NoReturn:
    """Refuse a value whose form is wrong."""
    raise TollwayError("request.field_invalid", public=f"`{at}` {rule}.", param=at)


def untranslatable(at: str, advice: str) -> NoReturn:
    """Refuse a value that no other dialect can be asked for."""
    raise TollwayError("request.untranslatable", public=f"`{at}` {advice}.", param=at)


class Asked:
    """The fields of one object; `at` is its place in the body, "" for the body itself."""

    __slots__ = ("_taken", "_values", "at")

    def __init__(self, values: dict[str, msgspec.Raw], at: str = "") -> None:
        self.at = at
        self._values = {name: value for name, value in values.items() if not _is_null(value)}
        self._taken: set[str] = set()

    @classmethod
    def parse(cls, raw: bytes | msgspec.Raw, at: str = "") -> Self:
        """Read an object. Raises request.field_invalid for anything else."""
        return cls(_decode(_fields, raw, at, "must be an object"), at)

    def place(self, name: str) -> str:
        """Return a field's place in the body."""
        return f"{self.at}.{name}" if self.at else name

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def has_any(self, names: frozenset[str]) -> bool:
        """Whether any of the fields is there."""
        return not names.isdisjoint(self._values)

    def first(self, name: str) -> bytes:
        """Return the first byte of a field, which tells its kind, b"" when it is absent; this takes nothing."""
        value = self._values.get(name)
        return b"" if value is None else bytes(memoryview(value)[:1])

    def raw(self, name: str) -> bytes | None:
        """Return a field's bytes, None when it is absent. What is inside is checked by whoever reads it."""
        value = self._take(name)
        return None if value is None else bytes(value)

    def document(self, name: str) -> bytes | None:
        """Return the bytes of an object that is passed on unread, such as a schema: UTF-8, as the rest of a body."""
        value = self._take(name)
        if value is None:
            return None
        raw = bytes(value)
        if not raw.startswith(b"{"):
            invalid(self.place(name), "must be an object")
        try:
            raw.decode()
        except UnicodeDecodeError:
            invalid(self.place(name), "must be UTF-8")
        return raw

    def text(self, name: str) -> str | None:
        """Return a string."""
        return self._read(_text, name, "must be a string") if name in self._values else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings, empty when it is absent."""
        return self._read(_texts, name, "must be a list of strings") or () if name in self._values else ()

    def flag(self, name: str) -> bool | None:
        """Return a boolean."""
        return self._read(_flag, name, "must be a boolean") if name in self._values else None

    def number(self, name: str) -> float | None:
        """Return a finite number."""
        if name not in self._values:
            return None
        value = self._read(_number, name, "must be a number")
        try:
            return None if value is None else float(value)
        except OverflowError:
            invalid(self.place(name), "must be a finite number")

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        if name not in self._values:
            return None
        value = self._read(_number, name, "must be an integer")
        if isinstance(value, float) and abs(value) <= _EXACT_MAX and value == int(value):
            value = int(value)
        if value is not None and not (isinstance(value, int) and abs(value) <= INTEGER_MAX):
            invalid(self.place(name), "must be an integer")
        return value

    def child(self, name: str) -> Self | None:
        """Return an object."""
        value = self._take(name)
        return None if value is None else self.parse(value, self.place(name))

    def children(self, name: str) -> list[Self]:
        """Return a list of objects, empty when it is absent."""
        items = self._read(_items, name, "must be a list of objects") or ()
        place = self.place(name)
        return [self.parse(item, f"{place}[{index}]") for index, item in enumerate(items)]

    def others(self) -> list[str]:
        """Return the names of the fields that were not taken."""
        return [name for name in self._values if name not in self._taken]

    def nothing_else(self, advice: str = "cannot be said in another vendor's dialect: leave it out") -> None:
        """Refuse the first field that was not taken. Empty lists, objects and strings and false mean: as without it."""
        if len(self._taken) < len(self._values):
            for name in self.others():
                if not _is_empty(self._values[name]):
                    untranslatable(self.place(name), advice)

    def _take(self, name: str) -> msgspec.Raw | None:
        value = self._values.get(name)
        if value is not None:
            self._taken.add(name)
        return value

    def _read(self, decoder: msgspec.json.Decoder[T], name: str, rule: str) -> T | None:
        value = self._take(name)
        return None if value is None else _decode(decoder, value, self.place(name), rule)


def _is_null(value: msgspec.Raw) -> bool:
    return memoryview(value).nbytes == 4 and bytes(value) == b"null"


def _is_empty(value: msgspec.Raw) -> bool:
    """Whether a value says nothing; blanks inside the brackets do not count."""
    return memoryview(value).nbytes <= _EMPTY_BYTES_MAX and b"".join(bytes(value).split()) in _EMPTY


def _decode(decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw, at: str, rule: str) -> T:
    try:
        return decoder.decode(raw)
    except _FAULTS:
        invalid(at or "body", rule)
