"""Whether a request body is what an official client's own parameter types allow: no other fields, the right types.

The clients of OpenAI and Anthropic state their parameters as TypedDicts, which nothing checks at run time.
"""

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

from typing_extensions import ReadOnly, get_type_hints, is_typeddict


def faults(value: Any, expected: Any, at: str = "") -> list[str]:
    """Return what is wrong with the value, each with its place; empty: nothing."""
    origin = get_origin(expected)
    if expected in (Any, object):
        return []
    if origin in (Required, NotRequired, ReadOnly, typing.Annotated):
        return faults(value, get_args(expected)[0], at)
    if origin in (Union, types.UnionType):
        found = [faults(value, option, at) for option in get_args(expected)]
        return [] if [] in found else _closest(value, get_args(expected), found)
    if origin is Literal:
        return [] if value in get_args(expected) else [f"{at}: {value!r} is none of {get_args(expected)[:12]}"]
    if is_typeddict(expected):
        return _fields(value, expected, at)
    if origin in (list, Iterable, Sequence) or _is_sequence(origin):
        if not isinstance(value, list):
            return [f"{at}: is no list"]
        return [
            fault
            for number, item in enumerate(value)
            for fault in faults(item, get_args(expected)[0], f"{at}/{number}")
        ]
    if origin in (dict, Mapping):
        return [] if isinstance(value, dict) else [f"{at}: is no object"]
    return _simple(value, expected, at)


def _simple(value: Any, expected: Any, at: str) -> list[str]:
    if expected in (None, type(None)):
        return [] if value is None else [f"{at}: is not null"]
    if expected is float:
        expected = (int, float)
    if not isinstance(expected, type | tuple):
        return []
    is_fine = isinstance(value, expected) and (expected is bool or not isinstance(value, bool))
    return [] if is_fine else [f"{at}: {str(value)[:60]!r} is no {expected}"]


@cache
def _hints(expected: Any) -> dict[str, Any]:
    return get_type_hints(expected, include_extras=True)


def _fields(value: Any, expected: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: is no object"]
    hints = _hints(expected)
    found = [f"{at}/{name}: unknown to {expected.__name__}" for name in value if name not in hints]
    found += [f"{at}/{name}: missing" for name in _required(expected) if name not in value]
    for name in value.keys() & hints.keys():
        found += faults(value[name], hints[name], f"{at}/{name}")
    return found


def _required(expected: Any) -> set[str]:
    """Return what must be there: where annotations are strings, the class itself does not know."""
    hints = _hints(expected)
    marked = {name for name, hint in hints.items() if get_origin(hint) is Required}
    return marked | {name for name in expected.__required_keys__ if get_origin(hints[name]) is not NotRequired}


def _is_sequence(origin: Any) -> bool:
    return getattr(origin, "__name__", "") == "SequenceNotStr"


def _closest(value: Any, options: tuple[Any, ...], found: list[list[str]]) -> list[str]:
    """Return the faults of the option whose `type` or `role` the value names, else the fewest."""
    if isinstance(value, dict):
        for option, faults_of in zip(options, found, strict=True):
            if not is_typeddict(option):
                continue
            for name in ("type", "role"):
                hint = _hints(option).get(name)
                if hint is not None and name in value and not faults(value[name], hint):
                    return faults_of
    return min(found, key=len)
