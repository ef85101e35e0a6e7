"""How structs behave that are filled in along the way."""

from typing import TypeVar

Kind = TypeVar("Kind", bound=type)


def filled_in(kind: Kind) -> Kind:
    """Let fields of a struct be set as those of any class with slots, at a third of the cost.

    msgspec stores by a function of its own, which knows which structs are frozen and which the garbage collector has
    to look at; with it CPython never learns where a field is. For structs that are neither: not frozen, and gc=False.
    Subclasses need it again.
    """
    kind.__setattr__ = object.__setattr__  # type: ignore[method-assign, assignment]  # that is what it is for
    kind.__delattr__ = object.__delattr__  # type: ignore[method-assign, assignment]  # as above
    return kind
