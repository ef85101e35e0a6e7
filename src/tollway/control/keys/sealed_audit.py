"""The seal of the audit log's end, as a place that a change of the root key looks after (implements SealedPlace)."""

from tollway.control.actor import SETUP
from tollway.control.audit.service import Audit
from tollway.control.keys.ports import SealedPlace


class SealedAudit:
    """Writes an entry, which seals the log with the key in use and says that everything before it was sealed again.

    So it comes last among the places.
    """

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    @property
    def name(self) -> str:
        """What is sealed there."""
        return "audit seals"

    def count_old(self) -> int:
        """Return 1 while an older key has sealed the end, else 0."""
        return int(self._audit.has_old_seal())

    def reseal(self, limit: int) -> int:
        """Seal the end."""
        if not self._audit.has_old_seal():
            return 0
        self._audit.seal_again(SETUP)
        return 1


_: type[SealedPlace] = SealedAudit
