"""Finds the price of a model by its name in a vendor's price list. Pure; what was found is kept by name.

Law: a name has the price that the `genai-prices` package itself would give it (`find_model` of its Provider);
`test_genai.py` compares the two over all its names and those that were recorded.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import assert_never

from tollway.contract.policy import NamedPrice, NameRule, PriceBook

NAMES_KEPT_MAX = 4_096
"""Names come from callers, so that those kept are bounded; a full memory is emptied."""

_NOT_ASKED = NamedPrice(NameRule("any"))

Test = Callable[[str], bool]

_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


class PricesByName:
    """One price book, ready to be asked."""

    __slots__ = ("_book", "_found", "_lists")

    def __init__(self, book: PriceBook) -> None:
        self._book = book
        self._lists = {name: _List(entries) for name, entries in book.lists.items()}
        self._found: dict[str, NamedPrice | None] = {}

    def find(self, name: str) -> NamedPrice | None:
        """Return the entry of a model's name, always the same one; None when no entry is about it."""
        found = self._found.get(name, _NOT_ASKED)
        if found is not _NOT_ASKED:
            return found
        if len(self._found) >= NAMES_KEPT_MAX:
            self._found.clear()
        found = self._found[name] = self._find(name)
        return found

    def _find(self, name: str) -> NamedPrice | None:
        name = name.removeprefix(self._book.prefix)
        list_name = ""
        if self._book.separator:
            name, _, list_name = name.rpartition(self._book.separator)
        listed = self._lists.get(list_name)
        if listed is None or not name:
            return None
        name = name.lower()
        return listed.find(name) or listed.find(with_dashed_date(name))


class _List:
    """The entries of one list: those of whole names by name, the others one after the other."""

    __slots__ = ("_entries", "_others", "_whole")

    def __init__(self, entries: Sequence[NamedPrice]) -> None:
        self._entries = entries
        self._whole: dict[str, int] = {}
        self._others: list[tuple[int, Test]] = []
        for at, entry in enumerate(entries):
            names = _whole_names(entry.rule)
            if names is None:
                self._others.append((at, build_test(entry.rule)))
            else:
                for name in names:
                    self._whole.setdefault(name, at)

    def find(self, name: str) -> NamedPrice | None:
        at = self._whole.get(name, len(self._entries))
        for place, test in self._others:
            if place > at:
                break
            if test(name):
                at = place
                break
        return self._entries[at] if at < len(self._entries) else None


def build_test(rule: NameRule) -> Test:
    """Return the rule as a function of a name in lower case. Raises ValueError for a pattern that is none."""
    text = rule.text
    match rule.test:
        case "equals":
            return lambda name: name == text
        case "starts_with":
            return lambda name: name.startswith(text)
        case "ends_with":
            return lambda name: name.endswith(text)
        case "contains":
            return lambda name: text in name
        case "pattern":
            return _build_search(text)
        case "any":
            tests = [build_test(each) for each in rule.rules]
            return lambda name: any(test(name) for test in tests)
        case "all":
            tests = [build_test(each) for each in rule.rules]
            return lambda name: all(test(name) for test in tests)
        case _:
            assert_never(rule.test)


def with_dashed_date(name: str) -> str:
    """Return the name with its dates as `-2025-12-11` where they are written `-20251211`, as some gateways do."""
    return _COMPACT_DATE.sub(_dashed, name)


def _dashed(found: re.Match[str]) -> str:
    year, month, day = (int(text) for text in found.groups())
    try:
        date(year, month, day)
    except ValueError:
        return found[0]
    return f"-{year:04}-{month:02}-{day:02}"


def _build_search(pattern: str) -> Test:
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from error
    return lambda name: search(name) is not None


def _whole_names(rule: NameRule) -> list[str] | None:
    """Return the names that the rule lists; None when it is about more than whole names."""
    if rule.test == "equals":
        return [rule.text]
    if rule.test == "any" and all(each.test == "equals" for each in rule.rules):
        return [each.text for each in rule.rules]
    return None
