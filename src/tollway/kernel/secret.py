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


class SecretRing:
    """The keys of one purpose, by generation: the current one makes, all of them are accepted.

    Whoever holds the ring sees a change at once: `replace` swaps what is in it, in one step, for all threads.
    """

    __slots__ = ("_secrets",)

    def __init__(self, *secrets: tuple[int, Secret[bytes]]) -> None:
        self._secrets = secrets

    @property
    def generation(self) -> int:
        """The generation of the current key."""
        return self._secrets[0][0]

    def current(self) -> Secret[bytes]:
        """Return the key that makes what is made from now on."""
        return self._secrets[0][1]

    def all(self) -> tuple[Secret[bytes], ...]:
        """Return every key that is accepted, the current one first."""
        return tuple(secret for _, secret in self._secrets)

    def find(self, generation: int) -> Secret[bytes] | None:
        """Return the key of a generation; None when it was retired or never was."""
        return next((secret for number, secret in self._secrets if number == generation), None)

    def replace(self, *secrets: tuple[int, Secret[bytes]]) -> None:
        """Take other keys from now on, the current one first."""
        self._secrets = secrets

    def __repr__(self) -> str:
        return f"SecretRing(generations {', '.join(str(number) for number, _ in self._secrets)})"
