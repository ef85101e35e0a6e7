"""What backup and restore need from the databases."""

from pathlib import Path
from typing import Protocol

from tollway.control.backups.model import DatabaseKind


class Dumper(Protocol):
    """Copies the databases while they are used."""

    @property
    def kind(self) -> DatabaseKind:
        """The kind of database this installation has."""
        ...

    def dump(self, folder: Path) -> dict[str, str]:
        """Write a consistent copy of each database into the folder; return their schemas' revisions.

        Raises management.unavailable.
        """
        ...


class Restorer(Protocol):
    """Puts copies of the databases back."""

    @property
    def kind(self) -> DatabaseKind:
        """The kind of database copies are put into."""
        ...

    def newest(self, database: str) -> str:
        """Return the newest schema this program knows of a database. Raises KeyError for an unknown one."""
        ...

    def check(self, folder: Path) -> None:
        """Read the copies whole. Raises management.invalid when one is damaged."""
        ...

    def load(self, folder: Path, data: Path) -> None:
        """Put the copies where the program finds them. Raises management.conflict when something is there."""
        ...
