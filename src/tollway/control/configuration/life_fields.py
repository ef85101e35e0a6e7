"""The fields of rotation policies and of rules of lifetimes, typed. What is not stated reads as UNSET."""

from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from tollway.control.configuration.fields import Fields
from tollway.control.limits.parse import parse_duration_seconds

INSTALLATION = "installation"
DURATION = "use a duration such as 12h or 90d"
Delivery = Literal["link", "mail", "webhook"]


@dataclass(frozen=True, slots=True)
class RotationFields:
    """What a policy's entry states. `scope` and `owner` say which tokens; `webhook` is a name."""

    scope: str | UnsetType
    owner: str
    every_seconds: int | UnsetType
    overlap_seconds: int | UnsetType
    delivery: Delivery | UnsetType
    webhook: str | UnsetType | None
    mail_to: str | UnsetType


@dataclass(frozen=True, slots=True)
class LifetimeFields:
    """What a rule's entry states; None: the rule says nothing of it."""

    scope: str
    owner: str
    default_seconds: int | UnsetType | None
    max_seconds: int | UnsetType | None
    idle_seconds: int | UnsetType | None


def read_rotation(fields: Fields) -> RotationFields:
    """Read the fields of a policy beside its name and state."""
    of = fields.text("of")
    scope, owner = (UNSET, "") if of is UNSET else split_owner(fields, "of", of, ("team", "application", "token"))
    delivery = fields.text("delivery")
    found: Delivery | UnsetType = UNSET
    match delivery:
        case "link" | "mail" | "webhook":
            found = delivery
        case str():
            fields.faults.add(f"{fields.path}/delivery", "use link, mail or webhook")
    return RotationFields(
        scope,
        owner,
        fields.parsed("every", parse_duration_seconds, DURATION),
        fields.parsed("overlap", parse_duration_seconds, DURATION),
        found,
        fields.optional_text("webhook"),
        fields.text("mail_to"),
    )


def read_lifetime(fields: Fields, name: str) -> LifetimeFields:
    """Read a rule, whose name says whose tokens it is for: `installation`, `team payments` or `role developer`."""
    scope, owner = split_owner(fields, "name", name, ("team", "role"))
    return LifetimeFields(scope, owner, *(_duration(fields, field) for field in ("default", "max", "idle")))


def split_owner(fields: Fields, field: str, text: str, scopes: tuple[str, ...]) -> tuple[str, str]:
    """Return the scope and the owner's name in `team payments`; the owner is "" for the installation."""
    scope, _, owner = text.partition(" ")
    owner = owner.strip()
    if not (text == INSTALLATION or (scope in scopes and owner)):
        written = ", ".join(f"`{each} NAME`" for each in scopes)
        fields.faults.add(f"{fields.path}/{field}", f"write `installation`, {written}")
    return scope, owner


def _duration(fields: Fields, name: str) -> int | UnsetType | None:
    return None if fields.is_null(name) else fields.parsed(name, parse_duration_seconds, DURATION)
