"""What a change of the root key needs from outside."""

from typing import Protocol

from tollway.control.keys.model import KeyName, Uses


class KeyFile(Protocol):
    """The file of the root keys. The first is in use; one that is newer than it waits to be. Changes are durable.

    Every method raises management.unavailable when the file cannot be read or written.
    """

    def names(self) -> tuple[KeyName, ...]:
        """Return the keys in the file's order."""
        ...

    def add(self) -> KeyName:
        """Draw a new key and put it behind the others: accepted, and not in use yet."""
        ...

    def promote(self) -> None:
        """Put the newest key first: it is used from now on."""
        ...

    def retire(self) -> None:
        """Remove every key but the first."""
        ...


class KeysInUse(Protocol):
    """The keys that this process, and with `hand_over` every process, works with."""

    def generations(self) -> tuple[int, ...]:
        """Return the generations this process accepts, the one in use first."""
        ...

    def hand_over(self) -> None:
        """Let every process use the keys that the file holds. Raises management.unavailable when one does not."""
        ...


class SealedPlace(Protocol):
    """One kind of thing that is kept sealed. Every method raises management.unavailable."""

    @property
    def name(self) -> str:
        """What is sealed there, in plain words and in the plural."""
        ...

    def count_old(self) -> int:
        """Return how many values an older key has sealed. What opens with no key is not counted: nothing helps it."""
        ...

    def reseal(self, limit: int) -> int:
        """Seal up to `limit` of them with the key in use; return how many. Each counts by itself, also in a crash."""
        ...


class KeyUses(Protocol):
    """What is kept as a keyed hash, and so hangs on its key until its owner shows the secret again."""

    def tokens(self, generation: int) -> Uses:
        """Return the tokens of that generation that are neither revoked nor expired."""
        ...

    def passwords(self, generation: int) -> Uses:
        """Return the people who may sign in and whose password was hashed with that generation."""
        ...
