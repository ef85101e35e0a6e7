"""What applying a configuration document changes."""

from dataclasses import dataclass
from typing import Literal

from tollway.kernel.secret import Secret

Action = Literal["create", "update", "delete", "unchanged"]
ObjectKind = Literal[
    "team",
    "application",
    "provider",
    "service",
    "token",
    "model_group",
    "rights",
    "webhook",
    "mail",
    "plan",
    "limits",
    "rotation",
    "lifetime",
    "role",
    "service_account",
    "security",
    "decoy",
]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, in the document's own words. None: absent. Credentials show as their reference or `stored`."""

    path: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one object of the document."""

    action: Action
    kind: ObjectKind
    name: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A token or a decoy that the document made, or the signing secret of a webhook, shown this once."""

    name: str
    id: str
    token: Secret[str]
    kind: ObjectKind = "token"


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between a document and what is stored. `applied` is false for a dry run."""

    changes: tuple[Change, ...]
    applied: bool
    secrets: tuple[IssuedSecret, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is already as the document says."""
        return all(change.action == "unchanged" for change in self.changes)
