"""What /readyz reports (port: web/ports.py Readiness)."""

from collections.abc import Sequence

from tollway.adapters.ledger_client import LedgerClient
from tollway.adapters.policy_store import PolicyStoreWriter
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.contract.ledger_api import HealthAnswer, HealthQuery
from tollway.control.publication.service import Publisher
from tollway.kernel.errors import TollwayError
from tollway.web.ports import Check, Readiness


class ProcessReadiness:
    """Looks at the parts the console can see."""

    def __init__(
        self, *, ledger: LedgerClient, store: PolicyStoreWriter, database: ConfigDatabase, publisher: Publisher
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._database = database
        self._publisher = publisher

    def checks(self) -> Sequence[Check]:
        """Look at the parts now. Does not raise."""
        return (self._check_ledger(), self._check_store(), self._check_database(), self._check_publication())

    def _check_ledger(self) -> Check:
        try:
            answer = self._ledger.ask(HealthQuery())
        except TollwayError as error:
            return Check("ledger", False, error.public)
        if isinstance(answer, HealthAnswer):
            return Check("ledger", not answer.problem, answer.problem)
        return Check("ledger", False, "it gave no health")

    def _check_store(self) -> Check:
        try:
            return Check("policy store", self._store.revision() > 0)
        except TollwayError as error:
            return Check("policy store", False, error.public)

    def _check_database(self) -> Check:
        try:
            with self._database.reading():
                return Check("config database", True)
        except TollwayError as error:
            return Check("config database", False, error.public)

    def _check_publication(self) -> Check:
        waiting = self._publisher.has_unpublished()
        return Check("publication", not waiting, "changes wait to be published" if waiting else "")


_: type[Readiness] = ProcessReadiness
