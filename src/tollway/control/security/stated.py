"""Rules as people write them: a field that is left out has its built-in value, at every depth. Pure."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tollway.control.faults import Faults
from tollway.control.security.model import DEFAULT_RULES, SecurityRules

_PLACED = re.compile(r"(?P<message>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)


def read_rules(stated: Mapping[str, Any]) -> SecurityRules:
    """Return the rules that are stated. Raises management.invalid (Invalid) with every fault and its pointer."""
    faults, whole = Faults(), _merged(show_fields(DEFAULT_RULES), stated)
    rules = DEFAULT_RULES
    while True:
        try:
            rules = msgspec.convert(whole, SecurityRules)
            break
        except msgspec.ValidationError as error:
            names, message = _place(str(error))
            faults.add("".join(f"/{name}" for name in names), message)
            # The decoder stops at the first fault: the next one is found without it.
            if not _drop(whole, names):
                break
    faults.check()
    return rules


def show_fields(value: msgspec.Struct) -> dict[str, Any]:
    """Return a rule with every field, also those that are as they are built in."""
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    return {name: show_fields(each) if isinstance(each, msgspec.Struct) else each for name, each in fields.items()}


def show_own(rules: SecurityRules) -> dict[str, Any]:
    """Return what differs from the built-in rules; `read_rules` makes the same of it."""
    return _own(show_fields(rules), show_fields(DEFAULT_RULES))


def _merged(below: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in stated.items():
        under = below.get(name)
        is_deeper = isinstance(under, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(under, value) if is_deeper else value  # type: ignore[arg-type]  # both are, see above
    return merged


def _own(fields: dict[str, Any], built_in: dict[str, Any]) -> dict[str, Any]:
    own = {}
    for name, value in fields.items():
        if value != built_in[name]:
            own[name] = _own(value, built_in[name]) if isinstance(value, dict) else value
    return own


def _place(text: str) -> tuple[list[str], str]:
    """Return where a fault is, and what msgspec says of it."""
    found = _PLACED.fullmatch(text)
    assert found is not None, "the pattern matches any text"
    names = [name for name in (found["path"] or "").split(".") if name]
    unknown = _UNKNOWN.fullmatch(found["message"])
    if unknown is not None:
        return [*names, unknown["name"]], f"there is no field {unknown['name']!r} here"
    return names, found["message"]


def _drop(whole: dict[str, Any], names: list[str]) -> bool:
    """Take a field away; False when it cannot be found."""
    *above, last = names or [""]
    for name in above:
        below = whole.get(name)
        if not isinstance(below, dict):
            return False
        whole = below
    return whole.pop(last, _MISSING) is not _MISSING


_MISSING = object()
