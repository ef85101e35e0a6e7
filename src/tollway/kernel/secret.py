"""A value that must never be printed.

`Secret` shows as `***` in reprs, logs, tracebacks and f-strings. `reveal()` is the
one way to the value, so every use can be found by searching for that word.
"""

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")


class Secret(Generic[T]):
    """Holds a value that no representation shows; equality is by identity on purpose."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value itself. The caller promises not to log or store it in clear."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")
