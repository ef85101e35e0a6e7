"""What a token may do at most, and the one rule of giving: nobody grants more than they have.

Law: every way to make or widen a token goes through `excess`. Pure.
"""

from dataclasses import dataclass

from tollway.contract.policy import Environment


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights of a token or of whoever makes one. None means all (`expires_ns`: for ever); empty means none."""

    models: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    expires_ns: int | None = None
    environments: tuple[Environment, ...] = ("live", "test")


EVERYTHING = Grant()
"""What the operator may give."""


def excess(asked: Grant, bound: Grant) -> tuple[str, ...]:
    """Return the fields in which `asked` goes beyond `bound`; empty when asked ⊆ bound."""
    found = []
    if not _is_within(asked.models, bound.models):
        found.append("models")
    if not _is_within(asked.services, bound.services):
        found.append("services")
    if bound.expires_ns is not None and (asked.expires_ns is None or asked.expires_ns > bound.expires_ns):
        found.append("expires_at")
    if not set(asked.environments) <= set(bound.environments):
        found.append("environment")
    return tuple(found)


def _is_within(asked: tuple[str, ...] | None, bound: tuple[str, ...] | None) -> bool:
    if bound is None:
        return True
    return asked is not None and set(asked) <= set(bound)
