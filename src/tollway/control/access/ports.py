"""What roles need from outside."""

from typing import Protocol

from tollway.control.access.model import Role


class RoleStore(Protocol):
    """Custom roles in the config database. Every method raises management.unavailable."""

    def add(self, role: Role) -> None:
        """Store a new role. Only inside a transaction, like `put` and `remove`."""
        ...

    def put(self, role: Role) -> None:
        """Store a changed role."""
        ...

    def remove(self, role_id: str) -> None:
        """Delete the role."""
        ...

    def find(self, role_id: str) -> Role | None:
        """Return the role."""
        ...

    def find_named(self, name: str) -> Role | None:
        """Return the role of that name (case ignored)."""
        ...

    def all(self) -> tuple[Role, ...]:
        """Return every custom role, oldest first."""
        ...

    def count_holders(self) -> dict[str, int]:
        """Return how many people, who are not deleted, hold each role; roles that nobody holds are left out."""
        ...
