"""Apply one YAML document, whole or not at all, and export everything as one.

Law: what an apply would change is found by changing it. A dry run does all the work, its checks included, in
a transaction that is rolled back; so it never says anything else than the apply after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from tollway.control.actor import Actor
from tollway.control.applications.service import Applications
from tollway.control.configuration.applying import ApplicationStep, ProviderStep, ServiceStep, Step, TeamStep
from tollway.control.configuration.applying_accounts import AccountConfigurationParts, RoleStep, ServiceAccountStep
from tollway.control.configuration.applying_life import LifeParts, LifetimeStep, RotationStep
from tollway.control.configuration.applying_limits import LevelParts, LevelStep, PlanStep
from tollway.control.configuration.applying_notices import MailStep, NoticesParts, WebhookStep
from tollway.control.configuration.applying_rights import GroupStep, RightsParts, RightsStep
from tollway.control.configuration.applying_security import DecoyStep, SecurityConfigurationParts, SecurityStep
from tollway.control.configuration.applying_tokens import TokenStep
from tollway.control.configuration.entries import VERSION, Document, read_document
from tollway.control.configuration.entry import Entry
from tollway.control.configuration.model import Change, Changes, FieldChange, IssuedSecret, ObjectKind
from tollway.control.configuration.shown import Shown, find_differences, find_hidden_differences
from tollway.control.configuration.tree import Node, locate, read_tree
from tollway.control.faults import Fault, Faults, Invalid
from tollway.control.limits.owners import LimitOwners
from tollway.control.model import name_key
from tollway.control.ports import Transactions
from tollway.control.rights.groups import ModelGroups
from tollway.control.services.service import RestServices
from tollway.control.teams.service import Teams
from tollway.control.tokens.service import Tokens
from tollway.control.upstreams.model import STORED
from tollway.control.upstreams.service import Providers
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError

AnyStep = Step[Any, Any]

_HEADER = """\
# Tollway configuration. `tollway apply -f FILE` brings these objects to what is written here.
# Secrets are never exported: `stored` leaves the keys, and the values of headers, that are stored as they
# are; write env:NAME or file:PATH to have the gateway read a key where it runs. `state: absent` deletes an object.
"""


@dataclass(frozen=True, slots=True)
class ConfigurationParts:
    """What configuration is built from."""

    teams: Teams
    applications: Applications
    providers: Providers
    services: RestServices
    tokens: Tokens
    transactions: Transactions
    clock: Clock
    rights: RightsParts
    model_groups: ModelGroups
    notices: NoticesParts
    limits: LimitOwners | None = None
    """None: the document says no limits of levels."""
    life: LifeParts | None = None
    """None: the document says nothing of rotation and lifetimes."""
    accounts: AccountConfigurationParts | None = None
    """None: the document says nothing of roles and service accounts."""
    security: SecurityConfigurationParts | None = None
    """None: the document says nothing of security rules and decoys."""


class Configuration:
    """Configuration as code. Thread-safe."""

    def __init__(self, parts: ConfigurationParts) -> None:
        self._parts = parts
        self._steps: dict[ObjectKind, AnyStep] = {
            "team": TeamStep(parts.teams),
            "plan": PlanStep(parts.rights.plans),
            "application": ApplicationStep(parts.applications, parts.teams, parts.rights.plans),
            "provider": ProviderStep(parts.providers, parts.teams),
            "service": ServiceStep(parts.services, parts.teams),
            "token": TokenStep(parts.tokens, parts.applications, parts.services, parts.rights.plans, clock=parts.clock),
            "model_group": GroupStep(parts.model_groups),
            "rights": RightsStep(parts.rights),
            "webhook": WebhookStep(parts.notices.webhooks),
            "mail": MailStep(parts.notices.mail),
        }
        if parts.limits is not None:
            whose = parts.rights
            levels = LevelParts(parts.limits, whose.teams, whose.users, whose.services, parts.providers)
            self._steps["limits"] = LevelStep(levels)
        if parts.life is not None:
            # Rules first: they hold for the tokens that the same document makes.
            rules: dict[ObjectKind, AnyStep] = {"team": self._steps["team"], "lifetime": LifetimeStep(parts.life)}
            self._steps = rules | self._steps | {"rotation": RotationStep(parts.life)}

        if parts.accounts is not None:
            self._steps["role"] = RoleStep(parts.accounts)
            self._steps["service_account"] = ServiceAccountStep(parts.accounts)
        if parts.security is not None:
            self._steps["security"] = SecurityStep(parts.security)
            self._steps["decoy"] = DecoyStep(parts.security)

    def apply(self, document: str, actor: Actor, *, dry_run: bool) -> Changes:
        """Bring the objects of the document to what it says; leave all others alone. Idempotent.

        One transaction; a dry run changes nothing. Raises management.invalid (Invalid) with all faults and
        their places, management.conflict when an object cannot be deleted, management.unavailable.
        """
        tree = read_tree(document)
        faults = Faults()
        entries = read_document(tree, faults)
        _check(tree, faults.found)
        run = _Run(self._steps, actor)
        try:
            with self._parts.transactions.write():
                run.apply(entries)
                _check(tree, run.faults)
                if dry_run:
                    raise _RollBack
        except _RollBack:
            return Changes(tuple(run.changes), applied=False)
        return Changes(tuple(run.changes), applied=True, secrets=tuple(run.secrets))

    def export(self) -> str:
        """Return everything configured as a YAML document that `apply` finds unchanged. Tokens: those not revoked.

        Tokens that share a name cannot be told apart by it; they are left out and named in a comment.
        """
        document: dict[str, object] = {"version": VERSION}
        notes = []
        for kind, step in self._steps.items():
            shown, repeated = _unique(step.show_all())
            if shown:
                document[_PLACES.get(kind, f"{kind}s")] = _without_name(shown[0]) if kind == "mail" else shown
            notes += [f"# left out, since several have this name: {kind} {name!r}\n" for name in repeated]
        text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
        return _HEADER + "".join(notes) + text


_PLACES: dict[ObjectKind, str] = {"rights": "rights", "mail": "mail", "limits": "limits", "security": "security"}
"""Where a kind stands in a document, if not at its plural."""


class _RollBack(Exception):
    """Ends the transaction of a dry run."""


class _Run:
    """One apply: first everything that is made or changed, owners first; then what is deleted, owners last."""

    def __init__(self, steps: dict[ObjectKind, AnyStep], actor: Actor) -> None:
        self._steps = steps
        self._actor = actor
        self.changes: list[Change] = []
        self.secrets: list[IssuedSecret] = []
        self.faults: list[Fault] = []

    def apply(self, document: Document) -> None:
        groups: dict[ObjectKind, tuple[Entry, ...]] = {
            "team": document.teams,
            "application": document.applications,
            "provider": document.providers,
            "service": document.services,
            "token": document.tokens,
            "model_group": document.model_groups,
            "rights": document.rights,
            "plan": document.plans,
            "limits": document.limits,
            "webhook": document.webhooks,
            "mail": document.mail,
            "rotation": document.rotations,
            "lifetime": document.lifetimes,
            "role": document.roles,
            "service_account": document.service_accounts,
            "security": document.security,
            "decoy": document.decoys,
        }
        every = [(kind, entry) for kind in self._steps for entry in groups[kind]]
        for kind, entry in every:
            if entry.state != "absent":
                self._try(kind, entry)
        for kind, entry in reversed(every):
            if entry.state == "absent":
                self._try(kind, entry)

    def _try(self, kind: ObjectKind, entry: Entry) -> None:
        """Do one entry; collect what is wrong with it, so that all faults are reported together."""
        try:
            self.changes.append(self._remove(kind, entry) if entry.state == "absent" else self._bring(kind, entry))
        except Invalid as error:
            self.faults += (Fault(entry.path + fault.path, fault.message) for fault in error.faults)
        except TollwayError as error:
            if error.code.name != "management.conflict":
                raise
            self.faults.append(Fault(entry.path, error.public))

    def _bring(self, kind: ObjectKind, entry: Entry) -> Change:
        step = self._steps[kind]
        found = step.find(entry)
        if found is None:
            made, secret = step.create(entry, self._actor)
            if secret is not None:
                self.secrets.append(IssuedSecret(entry.name, made.id, secret, kind))
            return Change("create", kind, entry.name, find_differences(None, step.show(made)))
        changed = step.change(found, entry, self._actor)
        if changed == found:
            return Change("unchanged", kind, entry.name)
        shown = step.show(changed)
        fields = find_differences(step.show(found), shown) + find_hidden_differences(found, changed)
        return Change("update", kind, entry.name, fields or _replaced(shown))

    def _remove(self, kind: ObjectKind, entry: Entry) -> Change:
        step = self._steps[kind]
        found = step.find(entry)
        if found is None:
            return Change("unchanged", kind, entry.name)
        shown = step.show(found)
        step.remove(found, self._actor)
        return Change("delete", kind, entry.name, find_differences(shown, None))


def _replaced(shown: Shown) -> tuple[FieldChange, ...]:
    """Return the fields that say `stored`, before and after: one of them is all that can have changed."""
    return tuple(FieldChange(name, STORED, f"{STORED} (another)") for name, value in shown.items() if value == STORED)


def _without_name(entry: Shown) -> Shown:
    return {name: value for name, value in entry.items() if name != "name"}


def _check(tree: Node, faults: list[Fault]) -> None:
    """Raise Invalid with the places of all faults, in the document's order."""
    if faults:
        placed = (locate(tree, fault) for fault in faults)
        raise Invalid(sorted(placed, key=lambda fault: (fault.line or 0, fault.column or 0)))


def _unique(entries: Iterable[Shown]) -> tuple[list[Shown], list[object]]:
    """Return the entries whose name (case ignored) no other has, by name, and the names that several have."""
    by_name: dict[str, list[Shown]] = {}
    for entry in entries:
        by_name.setdefault(name_key(str(entry["name"])), []).append(entry)
    groups = [found for _, found in sorted(by_name.items())]
    return [found[0] for found in groups if len(found) == 1], [found[0]["name"] for found in groups if len(found) > 1]
