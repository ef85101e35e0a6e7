"""Bring security rules and decoys to what the document says.

Rules are named by whose they are; an entry says all of them. A decoy's text is shown once, when the document makes it,
and never exported.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import UNSET

from tollway.control.actor import Actor
from tollway.control.configuration.life_fields import INSTALLATION
from tollway.control.configuration.security_fields import DecoyEntry, SecurityEntry
from tollway.control.configuration.shown import Shown
from tollway.control.faults import refuse
from tollway.control.model import name_key
from tollway.control.security.decoys import Decoys
from tollway.control.security.model import Decoy, TeamRules
from tollway.control.security.rules import WatchRules
from tollway.control.security.stated import show_own
from tollway.control.teams.service import Teams
from tollway.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class SecurityConfigurationParts:
    """Whose services are called, and who is named."""

    rules: WatchRules
    decoys: Decoys
    teams: Teams


class SecurityStep:
    """Implements Step for the security rules of the installation and of teams."""

    def __init__(self, parts: SecurityConfigurationParts) -> None:
        self._rules = parts.rules
        self._teams = parts.teams

    def find(self, entry: SecurityEntry) -> TeamRules | None:
        """Return the owner's own rules. Raises management.invalid when there is no such team."""
        team_id = self._team_id(entry)
        return next((each for each in self._own() if each.team_id == team_id), None)

    def create(self, entry: SecurityEntry, actor: Actor) -> tuple[TeamRules, None]:
        """Store the rules."""
        return self._rules.put(self._team_id(entry), entry.rules, actor), None

    def change(self, found: TeamRules, entry: SecurityEntry, actor: Actor) -> TeamRules:
        """Bring the rules to what the entry states."""
        return found if found.rules == entry.rules else self._rules.put(found.team_id, entry.rules, actor)

    def remove(self, found: TeamRules, actor: Actor) -> None:
        """Forget the rules: a team then has the installation's, the installation the built-in ones."""
        self._rules.remove(found.team_id, actor)

    def show(self, item: TeamRules) -> Shown:
        """Return the entry: what differs from the built-in rules."""
        name = f"team {self._teams.get(item.team_id).name}" if item.team_id else INSTALLATION
        return {"name": name, **show_own(item.rules)}

    def show_all(self) -> Iterator[Shown]:
        """Return the rules of everybody who has their own."""
        named = self._teams.names([each.team_id for each in self._own() if each.team_id])
        return (self.show(each) for each in self._own() if not each.team_id or each.team_id in named)

    def _own(self) -> tuple[TeamRules, ...]:
        return tuple(each for each in self._rules.all() if each.version)

    def _team_id(self, entry: SecurityEntry) -> str:
        if not entry.team:
            return ""
        found = self._teams.find_named(entry.team)
        if found is None:
            raise refuse("/name", f"there is no team {entry.team!r}")
        return found.id


class DecoyStep:
    """Implements Step for decoys."""

    def __init__(self, parts: SecurityConfigurationParts) -> None:
        self._decoys = parts.decoys

    def find(self, entry: DecoyEntry) -> Decoy | None:
        """Return the decoy of that name (case ignored). Raises management.invalid for several."""
        key = name_key(entry.name)
        found = [each for each in self._decoys.all() if name_key(each.name) == key]
        if len(found) > 1:
            raise refuse("/name", "several decoys have this name")
        return found[0] if found else None

    def create(self, entry: DecoyEntry, actor: Actor) -> tuple[Decoy, Secret[str]]:
        """Make the decoy; its text is shown once."""
        issued = self._decoys.issue(entry.name, "" if entry.place is UNSET else entry.place, actor)
        return issued.decoy, issued.secret

    def change(self, found: Decoy, entry: DecoyEntry, actor: Actor) -> Decoy:
        """Note where the decoy is now."""
        return found if entry.place is UNSET else self._decoys.move(found, entry.place, actor)

    def remove(self, found: Decoy, actor: Actor) -> None:
        """Watch for it no more; its token stays revoked."""
        self._decoys.remove(found.token_id, actor)

    def show(self, item: Decoy) -> Shown:
        """Return the entry, without anything of its text."""
        return {"name": item.name, "place": item.place} if item.place else {"name": item.name}

    def show_all(self) -> Iterator[Shown]:
        """Return all decoys."""
        return map(self.show, reversed(self._decoys.all()))
