"""One level of a request in protobuf's JSON form, read strictly: what a caller asks for.

https://protobuf.dev/programming-guides/json/ — as plain JSON (`formats/asked.py`), but names are camelCase or
snake_case, numbers may be strings, and one object may stand for a list of one. Every value knows its place in the
body as the caller spells it, so that every refusal names it.
"""

import re

import msgspec

from tollway.formats import asked
from tollway.formats.asked import INTEGER_MAX, invalid, untranslatable
from tollway.formats.gemini.fields import camel_case, to_number

__all__ = ["INTEGER_MAX", "Asked", "invalid", "untranslatable"]

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_EXACT_MAX = 2**53

_number: msgspec.json.Decoder[int | float | str] = msgspec.json.Decoder(int | float | str)


class Asked(asked.Asked):
    """The fields of one object by their camelCase names; `at` is its place in the body, "" for the body itself."""

    __slots__ = ("_spelled",)

    def __init__(self, values: dict[str, msgspec.Raw], at: str = "") -> None:
        self._spelled: dict[str, str] = {}
        known: dict[str, msgspec.Raw] = {}
        super().__init__(values, at)
        for name, value in self._values.items():
            camel = camel_case(name)
            if camel in known:
                invalid(self._under(name), f"is given twice, also as `{self._spelled[camel]}`")
            self._spelled[camel] = name
            known[camel] = value
        self._values = known

    def place(self, name: str) -> str:
        """Return a field's place in the body, as the caller spells it."""
        return self._under(self._spelled.get(name, name))

    def number(self, name: str) -> float | None:
        """Return a finite number."""
        value = self._read(_number, name, "must be a number")
        number = None if value is None else to_number(value)
        if value is not None and number is None:
            invalid(self.place(name), "must be a finite number")
        return number

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        value = self._read(_number, name, "must be an integer")
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, float) and abs(value) <= _EXACT_MAX and value == int(value):
            value = int(value)
        if value is not None and not (isinstance(value, int) and abs(value) <= INTEGER_MAX):
            invalid(self.place(name), "must be an integer")
        return value

    def children(self, name: str) -> "list[Asked]":
        """Return a list of objects, empty when it is absent; one object counts as a list of it."""
        value = self._values.get(name)
        if value is None or bytes(memoryview(value)[:1]) != b"{":
            return super().children(name)
        return [Asked.parse(self._take(name) or b"", self.place(name))]

    def _under(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name
