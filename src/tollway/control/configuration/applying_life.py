"""Bring rotation policies, and rules of how long tokens live, to what the document says.

A policy's tokens are named by whose they are (`of: team payments`); which they are is said once, when it is made. A
rule is named by whose tokens it is for. A role is named by its id.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.control.actor import Actor
from tollway.control.applications.service import Applications
from tollway.control.configuration.entries import LifetimeEntry, RotationEntry
from tollway.control.configuration.life_fields import INSTALLATION
from tollway.control.configuration.shown import Shown
from tollway.control.faults import refuse
from tollway.control.notices.service import Webhooks
from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy, RotationPolicyChange
from tollway.control.rotations.service import RotationPolicies
from tollway.control.teams.service import Teams
from tollway.control.tokens.lifetimes import Lifetimes
from tollway.control.tokens.model import LifetimeRule
from tollway.control.tokens.service import Tokens

OVERLAP_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class LifeParts:
    """Whose services are called, and who is named."""

    policies: RotationPolicies
    lifetimes: Lifetimes
    webhooks: Webhooks
    teams: Teams
    applications: Applications
    tokens: Tokens


class RotationStep:
    """Implements Step for rotation policies."""

    def __init__(self, parts: LifeParts) -> None:
        self._parts = parts

    def find(self, entry: RotationEntry) -> RotationPolicy | None:
        """Return the policy of that name."""
        return next((each for each in self._parts.policies.all() if each.name == entry.name), None)

    def create(self, entry: RotationEntry, actor: Actor) -> tuple[RotationPolicy, None]:
        """Make the policy."""
        stated = entry.fields
        if stated.every_seconds is UNSET:
            raise refuse("/every", "a new policy needs `every`")
        scope = INSTALLATION if stated.scope is UNSET else stated.scope
        new = NewRotationPolicy(
            entry.name,
            scope,  # type: ignore[arg-type]  # one of these words, as it was read
            stated.every_seconds,
            self._owner_id(scope, stated.owner),
            OVERLAP_SECONDS if stated.overlap_seconds is UNSET else stated.overlap_seconds,
            "link" if stated.delivery is UNSET else stated.delivery,
            self._webhook_id(entry),
            "" if stated.mail_to is UNSET else stated.mail_to,
        )
        return self._switch(self._parts.policies.create(new, actor), entry, actor), None

    def change(self, found: RotationPolicy, entry: RotationEntry, actor: Actor) -> RotationPolicy:
        """Bring the policy to what the entry states; another delivery drops what only the one before had."""
        stated = entry.fields
        owner_id = self._owner_id(found.scope if stated.scope is UNSET else stated.scope, stated.owner)
        if stated.scope is not UNSET and (stated.scope, owner_id) != (found.scope, found.scope_id):
            raise refuse("/of", "the tokens of a policy are said when it is made: delete it and make another")
        change = RotationPolicyChange(
            every_seconds=stated.every_seconds,
            overlap_seconds=stated.overlap_seconds,
            delivery=stated.delivery,
            webhook_id=UNSET if stated.webhook is UNSET else self._webhook_id(entry),
            mail_to=stated.mail_to,
        )
        if stated.delivery is not UNSET and stated.delivery != "webhook" and stated.webhook is UNSET:
            change = replace(change, webhook_id=None)
        if stated.delivery is not UNSET and stated.delivery != "mail" and stated.mail_to is UNSET:
            change = replace(change, mail_to="")
        return self._switch(self._parts.policies.change(found.id, change, actor), entry, actor)

    def remove(self, found: RotationPolicy, actor: Actor) -> None:
        """Delete the policy."""
        self._parts.policies.remove(found.id, actor)

    def show(self, item: RotationPolicy) -> Shown:
        """Return the entry."""
        shown: Shown = {"name": item.name}
        if item.scope != INSTALLATION:
            shown["of"] = f"{item.scope} {self._find_owner_name(item) or item.scope_id}"
        shown |= {"every": f"{item.every_seconds}s", "overlap": f"{item.overlap_seconds}s", "delivery": item.delivery}
        if item.webhook_id is not None:
            hooks = {each.id: each.name for each in self._parts.webhooks.all()}
            shown["webhook"] = hooks.get(item.webhook_id, item.webhook_id)
        if item.mail_to:
            shown["mail_to"] = item.mail_to
        return shown if item.state == "active" else shown | {"state": "disabled"}

    def show_all(self) -> Iterator[Shown]:
        """Return all policies but those whose team or application is gone: nothing could name it."""
        policies = self._parts.policies.all()
        return (self.show(each) for each in policies if each.scope == INSTALLATION or self._find_owner_name(each))

    def _owner_id(self, scope: str, name: str) -> str:
        parts = self._parts
        match scope:
            case "team":
                found: object = parts.teams.find_named(name)
            case "application":
                found = parts.applications.find_named(name)
            case "token":
                found = parts.tokens.find_named(name)
            case _:
                return ""
        if name and found is None:
            raise refuse("/of", f"there is no {scope} {name!r}")
        return "" if found is None else str(found.id)  # type: ignore[attr-defined]  # all of them have one

    def _find_owner_name(self, item: RotationPolicy) -> str | None:
        wanted = [item.scope_id]
        match item.scope:
            case "team":
                named = self._parts.teams.names(wanted)
            case "application":
                named = self._parts.applications.names(wanted)
            case _:
                named = self._parts.tokens.names(wanted)
        return named.get(item.scope_id)

    def _webhook_id(self, entry: RotationEntry) -> str | None:
        name = entry.fields.webhook
        if name is UNSET or name is None:
            return None
        for each in self._parts.webhooks.all():
            if name in (each.name, each.id):
                return each.id
        raise refuse("/webhook", f"there is no webhook {name!r}")

    def _switch(self, item: RotationPolicy, entry: RotationEntry, actor: Actor) -> RotationPolicy:
        if entry.state is UNSET or entry.state == "absent" or entry.state == item.state:
            return item
        return self._parts.policies.change(item.id, RotationPolicyChange(state=entry.state), actor)


class LifetimeStep:
    """Implements Step for rules of lifetimes."""

    def __init__(self, parts: LifeParts) -> None:
        self._parts = parts

    def find(self, entry: LifetimeEntry) -> LifetimeRule | None:
        """Return the rule of that scope. Raises management.invalid when there is no such team."""
        scope_id = self._scope_id(entry)
        wanted = (entry.fields.scope, scope_id)
        return next((each for each in self._parts.lifetimes.all() if (each.scope, each.scope_id) == wanted), None)

    def create(self, entry: LifetimeEntry, actor: Actor) -> tuple[LifetimeRule, None]:
        """Make the rule."""
        blank = LifetimeRule(entry.fields.scope, self._scope_id(entry))  # type: ignore[arg-type]  # one of these words
        return self._parts.lifetimes.put(_stated(blank, entry), actor), None

    def change(self, found: LifetimeRule, entry: LifetimeEntry, actor: Actor) -> LifetimeRule:
        """Bring the rule to what the entry states; a change of nothing leaves it."""
        after = _stated(found, entry)
        return found if after == found else self._parts.lifetimes.put(after, actor)

    def remove(self, found: LifetimeRule, actor: Actor) -> None:
        """Drop the rule; what was issued under it keeps its bounds."""
        self._parts.lifetimes.remove(found.scope, found.scope_id, actor)

    def show(self, item: LifetimeRule) -> Shown:
        """Return the entry."""
        owner = self._find_team_name(item) or item.scope_id
        shown: Shown = {"name": f"{item.scope} {owner}".strip()}
        for name, seconds in (
            ("default", item.default_seconds),
            ("max", item.max_seconds),
            ("idle", item.idle_seconds),
        ):
            if seconds is not None:
                shown[name] = f"{seconds}s"
        return shown

    def show_all(self) -> Iterator[Shown]:
        """Return all rules but those of teams that are gone."""
        rules = self._parts.lifetimes.all()
        return (self.show(each) for each in rules if each.scope != "team" or self._find_team_name(each))

    def _find_team_name(self, rule: LifetimeRule) -> str | None:
        return self._parts.teams.names([rule.scope_id]).get(rule.scope_id) if rule.scope == "team" else None

    def _scope_id(self, entry: LifetimeEntry) -> str:
        if entry.fields.scope != "team":
            return entry.fields.owner
        found = self._parts.teams.find_named(entry.fields.owner)
        if found is None:
            raise refuse("/name", f"there is no team {entry.fields.owner!r}")
        return found.id


def _stated(rule: LifetimeRule, entry: LifetimeEntry) -> LifetimeRule:
    fields = entry.fields
    return replace(
        rule,
        default_seconds=rule.default_seconds if fields.default_seconds is UNSET else fields.default_seconds,
        max_seconds=rule.max_seconds if fields.max_seconds is UNSET else fields.max_seconds,
        idle_seconds=rule.idle_seconds if fields.idle_seconds is UNSET else fields.idle_seconds,
    )
