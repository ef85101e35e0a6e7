"""The entries of security rules and of decoys, typed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec import UnsetType

from tollway.control.configuration.entry import Entry, read_presence
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.life_fields import split_owner
from tollway.control.configuration.tree import Node
from tollway.control.faults import Invalid
from tollway.control.security.model import DEFAULT_RULES, SecurityRules
from tollway.control.security.stated import read_rules


@dataclass(frozen=True, slots=True)
class SecurityEntry(Entry):
    """All security rules of one owner; its name says whose: `installation`, or `team payments`, of which `team`."""

    team: str
    rules: SecurityRules


@dataclass(frozen=True, slots=True)
class DecoyEntry(Entry):
    """One decoy."""

    place: str | UnsetType


def read_security(fields: Fields, name: str) -> SecurityEntry:
    """Read the rules of the installation or of a team; what is left out has its built-in value."""
    _, team = split_owner(fields, "name", name, ("team",))
    found = {part: fields.find(part) for part in SecurityRules.__struct_fields__}
    rules = DEFAULT_RULES
    try:
        rules = read_rules({part: _plain(node) for part, node in found.items() if node is not None})
    except Invalid as error:
        fields.faults.extend(fields.path, error.faults)
    return SecurityEntry(name, fields.path, read_presence(fields, "a set of security rules"), team, rules)


def read_decoy(fields: Fields, name: str) -> DecoyEntry:
    """Read a decoy."""
    return DecoyEntry(name, fields.path, read_presence(fields, "a decoy"), fields.text("place"))


def _plain(node: Node) -> Any:
    """Return a value without its places; what is no whole number is a factor or a share, never money."""
    match node.value:
        case dict():
            return {name: _plain(each) for name, each in node.value.items()}
        case list():
            return [_plain(each) for each in node.value]
        case Decimal():
            return float(node.value)
        case _:
            return node.value
