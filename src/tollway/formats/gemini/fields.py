"""One level of a JSON object in protobuf's JSON form, read leniently: what an answer says.

https://protobuf.dev/programming-guides/json/ — as plain JSON (`formats/lenient.py`), but names are camelCase and
snake_case is accepted too, null is absence, and numbers may be written as strings. Nothing here raises.
"""

import re

import msgspec

from tollway.formats import lenient
from tollway.formats.lenient import COUNT_MAX

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_UNDERSCORE = re.compile(r"_([a-z0-9])")
_NULL = b"null"

_number: msgspec.json.Decoder[int | float | str] = msgspec.json.Decoder(int | float | str)
_numbers: msgspec.json.Decoder[list[int | float | str]] = msgspec.json.Decoder(list[int | float | str])


def camel_case(name: str) -> str:
    """Return protobuf's JSON name of a field written in either spelling."""
    return _UNDERSCORE.sub(lambda match: match.group(1).upper(), name) if "_" in name[1:] else name


def to_number(value: int | float | str) -> float | None:
    """Return a finite number that may be written as a string, as protobuf writes 64-bit integers; else None."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) < float("inf") else None


class Fields(lenient.Fields):
    """The fields of one object by their camelCase names."""

    __slots__ = ()

    def __init__(self, values: dict[str, msgspec.Raw]) -> None:
        super().__init__({camel_case(name): value for name, value in values.items() if not _is_null(value)})

    def number(self, name: str) -> float | None:
        """Return a finite number."""
        value = self._read(_number, name)
        return None if value is None else to_number(value)

    def count(self, name: str) -> int:
        """Return a count, 0 when it is absent, cut to [0, COUNT_MAX]."""
        return _to_count(self.number(name))

    def counts(self, name: str) -> list[int]:
        """Return a list of counts, each cut as `count` cuts it."""
        return [_to_count(to_number(value)) for value in self._read(_numbers, name) or ()]


def _is_null(value: msgspec.Raw) -> bool:
    return memoryview(value).nbytes == len(_NULL) and bytes(value) == _NULL


def _to_count(number: float | None) -> int:
    return 0 if number is None else int(min(max(number, 0), COUNT_MAX))
