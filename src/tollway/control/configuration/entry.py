"""What every entry of a document has: a name, a place, and a state."""

from dataclasses import dataclass
from typing import Literal, cast

from msgspec import UNSET, UnsetType

from tollway.control.configuration.fields import Fields

EntryState = Literal["active", "disabled", "absent"]
_STATES = ("active", "disabled", "absent")


@dataclass(frozen=True, slots=True)
class Entry:
    """What every entry has: its name, its place in the document, and the state it asks for (UNSET: as it is)."""

    name: str
    path: str
    state: EntryState | UnsetType


def read_presence(fields: Fields, what: str) -> EntryState | UnsetType:
    """Read the state of something that cannot be switched off."""
    state = read_state(fields)
    if state == "disabled":
        fields.faults.add(f"{fields.path}/state", f"{what} is active or absent")
    return state


def read_state(fields: Fields) -> EntryState | UnsetType:
    """Read the state that an entry asks for."""
    state = fields.text("state")
    if state is not UNSET and state not in _STATES:
        fields.faults.add(f"{fields.path}/state", f"use one of {', '.join(_STATES)}")
        return UNSET
    return cast("EntryState | UnsetType", state)
