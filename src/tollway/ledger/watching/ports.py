"""What the watch keeps in the ledger database."""

from collections.abc import Collection, Mapping
from typing import Protocol


class WatchStore(Protocol):
    """Profiles of tokens and the policy, by name. Methods block and raise usage.unavailable.

    Findings are written by `LedgerStore.apply`, in the transaction of the calls they follow from.
    """

    def find_states(self, keys: Collection[str]) -> dict[str, bytes]:
        """Return what is stored under these keys."""
        ...

    def put_states(self, states: Mapping[str, bytes]) -> None:
        """Store each under its key, in one transaction."""
        ...

    def delete_findings(self, before_ns: int, limit: int) -> int:
        """Delete the oldest findings from before, at most `limit`; return how many."""
        ...
