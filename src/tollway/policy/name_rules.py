"""Which names a list means: exact names, globs and groups, compiled once.

A deny is read loosely and an allow to the letter, because a name that an upstream reads in two ways must not slip past
a deny, nor into an allow. A glob has `*` alone, for any run of characters; its cost is linear in the name for each of
its parts, so that no list can be written that is slow.
"""

from collections.abc import Iterable, Mapping

import msgspec

from tollway.contract.rights import GROUP_PREFIX, NameRights


class Glob(msgspec.Struct, frozen=True, gc=False):
    """A pattern with at least one `*`, as the texts between its stars."""

    first: str
    middle: tuple[str, ...]
    last: str

    def matches(self, name: str) -> bool:
        """Whether the whole name has this form."""
        end = len(name) - len(self.last)
        at = len(self.first)
        if at > end or not name.startswith(self.first) or not name.endswith(self.last):
            return False
        for part in self.middle:
            found = name.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


class Names(msgspec.Struct, frozen=True, gc=False):
    """A compiled list. `texts` are its entries as written, in order, beside the globs among them."""

    exact: frozenset[str]
    globs: tuple[tuple[str, Glob], ...]
    groups: tuple[str, ...]

    def find(self, name: str, groups: Mapping[str, "Names"]) -> str | None:
        """Return the entry that `name` falls under, as it was written; None when there is none."""
        if name in self.exact:
            return name
        for text, glob in self.globs:
            if glob.matches(name):
                return text
        for group in self.groups:
            members = groups.get(group)
            if members is not None and members.find(name, groups) is not None:
                return GROUP_PREFIX + group
        return None

    def find_missing_group(self, groups: Mapping[str, "Names"]) -> str | None:
        """Return a group of this list that there is none of."""
        return next((GROUP_PREFIX + group for group in self.groups if group not in groups), None)


class GroupBook(msgspec.Struct, frozen=True, gc=False):
    """The model groups of an installation, to the letter and folded."""

    exact: dict[str, Names]
    folded: dict[str, Names]


NO_GROUPS = GroupBook({}, {})


class NameRules(msgspec.Struct, frozen=True, gc=False):
    """Allow and deny, compiled."""

    allow: Names | None
    deny: Names | None

    def find_denied(self, names: Iterable[str], groups: GroupBook) -> str | None:
        """Return the deny entry that one of the names falls under.

        A group that is not there denies every name: what it was to keep out is not known.
        """
        if self.deny is None:
            return None
        for name in names:
            found = self.deny.find(fold(name), groups.folded)
            if found is not None:
                return found
        return self.deny.find_missing_group(groups.folded)

    def allows(self, names: Iterable[str], groups: GroupBook) -> bool:
        """Whether one of the names is on the allow list, or there is no such list."""
        allow = self.allow
        return allow is None or any(allow.find(name, groups.exact) is not None for name in names)


def compile_groups(groups: Mapping[str, tuple[str, ...]]) -> GroupBook:
    """Compile groups from their members."""
    return GroupBook(
        {name: compile_names(models) for name, models in groups.items()},
        {name: compile_names(map(fold, models)) for name, models in groups.items()},
    )


def compile_rules(rights: NameRights) -> NameRules | None:
    """Compile one level's list; None when it says nothing."""
    if rights.allow is None and not rights.deny:
        return None
    allow = None if rights.allow is None else compile_names(rights.allow)
    return NameRules(allow, compile_names(map(_fold_entry, rights.deny)) if rights.deny else None)


def compile_names(texts: Iterable[str]) -> Names:
    """Compile a list of names, globs and groups."""
    exact, globs, groups = set(), [], []
    for text in texts:
        if text.startswith(GROUP_PREFIX):
            groups.append(text[len(GROUP_PREFIX) :])
        elif "*" in text:
            first, *middle, last = text.split("*")
            globs.append((text, Glob(first, tuple(part for part in middle if part), last)))
        else:
            exact.add(text)
    return Names(frozenset(exact), tuple(globs), tuple(groups))


def fold(name: str) -> str:
    """Return what names that an upstream may take for one another have in common: case and blanks around them."""
    return name.strip().casefold()


def _fold_entry(text: str) -> str:
    return text if text.startswith(GROUP_PREFIX) else fold(text)
