"""Reads YAML into a tree that knows where each value stands.

Only plain data: the safe loader composes nodes, and nothing is constructed from tags. Duplicate keys,
custom tags, several documents and texts that explode or nest without end are refused. Numbers stay exact
(integers and decimals, never binary floats); what YAML 1.1 would turn into dates, sexagesimal or octal
numbers stays text.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Union

import yaml

from tollway.control.configuration.errors import not_a_document
from tollway.control.faults import Fault, Invalid

DOCUMENT_CHARACTERS_MAX = 1_000_000
NODES_MAX = 100_000
DEPTH_MAX = 20

Value = Union[None, bool, int, Decimal, str, "list[Node]", "dict[str, Node]"]

_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}", re.ASCII)
_TRUE = frozenset({"yes", "true", "on"})


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place; lines and columns count from 1."""

    value: Value
    line: int
    column: int


def read_tree(text: str) -> Node:
    """Read one document. Raises management.invalid (Invalid) with places, and nothing else, for any text."""
    if len(text) > DOCUMENT_CHARACTERS_MAX:
        raise not_a_document(f"a document has at most {DOCUMENT_CHARACTERS_MAX} characters")
    try:
        composed = _compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise not_a_document(f"this is not YAML: {error.problem or error.context}", *place) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # A character that YAML forbids, or an escape beyond Unicode.
        raise not_a_document(f"this is not YAML: {type(error).__name__}") from error
    if composed is None:
        raise not_a_document("the document is empty")
    reading = _Reading()
    tree = reading.read(composed, 0)
    if reading.faults:
        raise Invalid(reading.faults)
    return tree


def locate(tree: Node, fault: Fault) -> Fault:
    """Return the fault with the place of the value it points at, or of the nearest value around that."""
    node = tree
    for part in fault.path.split("/")[1:]:
        match node.value:
            case dict() as fields if part in fields:
                node = fields[part]
            case list() as items if part.isdecimal() and int(part) < len(items):
                node = items[int(part)]
            case _:
                break
    return Fault(fault.path, fault.message, node.line, node.column)


class _Loader(yaml.SafeLoader):
    """Stops at the depth that is refused anyway, before the composer's recursion costs anything."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node, counting how deep it is."""
        self.depth += 1
        if self.depth > DEPTH_MAX + 1:
            raise not_a_document("the document is too deep", self.line + 1, self.column + 1)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


class _Reading:
    """Counts what it reads, since aliases can stand for the same node many times."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._nodes = 0

    def read(self, node: yaml.Node, depth: int) -> Node:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self._nodes += 1
        if self._nodes > NODES_MAX or depth > DEPTH_MAX:
            raise not_a_document("the document is too large or too deep", line, column)
        match node:
            case yaml.MappingNode():
                return Node(self._mapping(node, depth), line, column)
            case yaml.SequenceNode():
                return Node([self.read(item, depth + 1) for item in node.value], line, column)
            case _:
                return Node(self._scalar(node), line, column)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Node]:
        if not node.tag.startswith(_TAG):
            self._fault(node, "tags are not supported")
        fields: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None:
                self._fault(key, "a key is a word")
            elif name in fields:
                self._fault(key, f"{name!r} is given twice")
            else:
                fields[name] = self.read(value, depth + 1)
        return fields

    def _scalar(self, node: yaml.Node) -> Value:
        text = str(node.value)
        match node.tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() in _TRUE
            case "int" if _INTEGER.fullmatch(text):
                return int(text)
            case "float" if _DECIMAL.fullmatch(text):
                return Decimal(text)
            case "str" | "int" | "float" | "timestamp" | "merge" | "value":
                return text
            case _:
                self._fault(node, "tags are not supported")
                return None

    def _fault(self, node: yaml.Node, message: str) -> None:
        self.faults.append(Fault("", message, node.start_mark.line + 1, node.start_mark.column + 1))
