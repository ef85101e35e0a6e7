"""The port through which a service notes which published records its transaction touched."""

from typing import Protocol


class Touching(Protocol):
    """Notes are part of the transaction; after its commit the records are written to the policy store.

    So when a service's method returns, every worker's next call sees the change; when it raises
    management.unavailable the change may be stored but not yet published, and is published by the next
    change or start. Only inside `Transactions.write()`.
    """

    def touch_token(self, token_id: str) -> None:
        """The token was made or changed."""
        ...

    def touch_application(self, application_id: str) -> None:
        """The application was made, changed or deleted."""
        ...

    def touch_snapshot(self) -> None:
        """A provider, model or service was made, changed or deleted."""
        ...
