"""Typed reading of one mapping: every fault is noted with its pointer, and reading goes on.

A field that is absent, or that has a fault, reads as UNSET.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from msgspec import UNSET, UnsetType

from tollway.control.configuration.tree import Node
from tollway.control.faults import Faults
from tollway.kernel.money import parse_usd

T = TypeVar("T")


class Fields:
    """The fields of one mapping at a JSON pointer. `close` faults those that nobody asked for."""

    def __init__(self, node: Node, path: str, faults: Faults) -> None:
        self.path = path
        self.faults = faults
        self._asked: set[str] = set()
        self._fields: dict[str, Node] = {}
        if isinstance(node.value, dict):
            self._fields = node.value
        else:
            faults.add(path, "this should be a mapping of fields")

    def find(self, name: str) -> Node | None:
        """Return the field's node."""
        self._asked.add(name)
        return self._fields.get(name)

    def text(self, name: str) -> str | UnsetType:
        """Read a text; a number is taken as it is written."""
        return self._read(name, _text, "use a text (in quotes, if YAML takes it for something else)")

    def optional_text(self, name: str) -> str | UnsetType | None:
        """Read a text, or null."""
        return None if self._is_null(name) else self.text(name)

    def flag(self, name: str) -> bool | UnsetType:
        """Read true or false."""
        return self._read(name, lambda node: node.value if isinstance(node.value, bool) else None, "use true or false")

    def integer(self, name: str) -> int | UnsetType:
        """Read a whole number."""
        return self._read(name, _integer, "use a whole number")

    def seconds(self, name: str) -> float | UnsetType:
        """Read a number of seconds."""
        return self._read(name, _seconds, "use a number of seconds")

    def usd(self, name: str) -> int | UnsetType:
        """Read an amount of money into nano-USD, exactly."""
        return self._read(name, lambda node: _parsed(node, parse_usd), "use an amount in USD such as 5 or 0.25")

    def parsed(self, name: str, parse: Callable[[str], T], hint: str) -> T | UnsetType:
        """Read a text by a function that raises ValueError."""
        return self._read(name, lambda node: _parsed(node, parse), hint)

    def texts(self, name: str) -> tuple[str, ...] | UnsetType:
        """Read a list of texts."""
        node = self.find(name)
        if node is None:
            return UNSET
        if not isinstance(node.value, list):
            self.faults.add(f"{self.path}/{name}", "use a list")
            return UNSET
        texts = [_text(item) for item in node.value]
        for index, text in enumerate(texts):
            if text is None:
                self.faults.add(f"{self.path}/{name}/{index}", "use a text")
        return tuple(text for text in texts if text is not None)

    def items(self, name: str) -> tuple[tuple[str, Node], ...]:
        """Read a list of anything: (pointer, node) each; empty when absent."""
        node = self.find(name)
        if node is None or node.value is None:
            return ()
        if not isinstance(node.value, list):
            self.faults.add(f"{self.path}/{name}", "use a list")
            return ()
        return tuple((f"{self.path}/{name}/{index}", item) for index, item in enumerate(node.value))

    def mapping(self, name: str) -> "Fields | None":
        """Read a mapping; None when absent."""
        node = self.find(name)
        return None if node is None else Fields(node, f"{self.path}/{name}", self.faults)

    def names(self) -> tuple[str, ...]:
        """Return the names of all fields, for mappings with free keys."""
        return tuple(self._fields)

    def close(self) -> None:
        """Fault every field that was not asked for."""
        for name in self._fields.keys() - self._asked:
            self.faults.add(f"{self.path}/{name}", f"there is no field {name!r} here")

    def is_null(self, name: str) -> bool:
        """Whether the field is given as null."""
        return self._is_null(name)

    def _is_null(self, name: str) -> bool:
        node = self.find(name)
        return node is not None and node.value is None

    def _read(self, name: str, read: Callable[[Node], T | None], hint: str) -> T | UnsetType:
        node = self.find(name)
        if node is None:
            return UNSET
        value = read(node)
        if value is None:
            self.faults.add(f"{self.path}/{name}", hint)
            return UNSET
        return value


def _text(node: Node) -> str | None:
    match node.value:
        case bool():
            return None
        case str() | int():
            return str(node.value)
        case Decimal():
            return format(node.value, "f")
        case _:
            return None


def _integer(node: Node) -> int | None:
    return node.value if isinstance(node.value, int) and not isinstance(node.value, bool) else None


def _seconds(node: Node) -> float | None:
    number = node.value
    return float(number) if isinstance(number, int | Decimal) and not isinstance(number, bool) else None


def _parsed(node: Node, parse: Callable[[str], T]) -> T | None:
    text = _text(node)
    try:
        return None if text is None else parse(text)
    except ValueError:
        return None
