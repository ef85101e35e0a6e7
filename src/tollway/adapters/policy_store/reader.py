"""Reads the policy store in a worker; the answer is that of the last commit.

Nothing is remembered but the revision, and that for as long as nothing more was committed.

A view is a read transaction and lives as long as the object: take one, ask, let it go before the next await.
While it lives the console cannot reuse the pages it sees. Opened after fork, once per process and path.
"""

from pathlib import Path

import lmdb
import msgspec

from tollway.adapters.policy_store.layout import (
    APPLICATION_PREFIX,
    REVISION_KEY,
    SNAPSHOT_KEY,
    TOKEN_PREFIX,
    open_environment,
)
from tollway.gateway.ports import PolicyStore, PolicyView
from tollway.kernel.errors import TollwayError


class LMDBPolicyView(msgspec.Struct, gc=False):
    """One consistent look. What it returns are copies, which outlive it."""

    transaction: lmdb.Transaction
    commit: int
    """The number of the transaction that this look sees last."""
    revision: int

    def find_token(self, token_id: str) -> bytes | None:
        """Return the stored bytes of a token record. Raises gateway.policy_unavailable."""
        return self._get(TOKEN_PREFIX + token_id.encode())

    def find_application(self, application_id: str) -> bytes | None:
        """Return the stored bytes of an application record. Raises gateway.policy_unavailable."""
        return self._get(APPLICATION_PREFIX + application_id.encode())

    def snapshot(self) -> bytes | None:
        """Return the stored bytes of the snapshot. Raises gateway.policy_unavailable."""
        return self._get(SNAPSHOT_KEY)

    def _get(self, key: bytes) -> bytes | None:
        try:
            return self.transaction.get(key)  # type: ignore[return-value]  # without buffers=True it is bytes
        except lmdb.Error as error:
            raise _unavailable(error) from error


class LMDBPolicyStore:
    """Read access for one thread of one process. Raises gateway.policy_unavailable when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        # Size 0 takes over the writer's size, so that the map need not grow unless the writer's does.
        self.read(open_environment(path, readonly=True, create=False, map_size=0))

    def read(self, environment: lmdb.Environment) -> None:
        """Look into this environment from now on."""
        self._environment = environment
        self._begin = environment.begin
        self._commit, self._revision = -1, 0

    def view(self) -> LMDBPolicyView:
        """Begin a look at what was committed last. Raises gateway.policy_unavailable."""
        try:
            begin = self._begin
            transaction = begin()
            commit = transaction.id()
            if commit != self._commit:
                self._note(transaction, commit)
            return LMDBPolicyView(transaction, commit, self._revision)
        except lmdb.Error as error:
            return self._view_after(error)

    def _note(self, transaction: lmdb.Transaction, commit: int) -> None:
        raw = transaction.get(REVISION_KEY)
        self._revision = 0 if raw is None else int.from_bytes(raw, "big")
        self._commit = commit

    def _view_after(self, error: lmdb.Error) -> LMDBPolicyView:
        """Try once more after what can be mended here: a map that grew, or reader slots left by the dead."""
        try:
            if isinstance(error, lmdb.MapResizedError):
                self._environment.set_mapsize(0)
            else:
                self._environment.reader_check()
            transaction = self._begin()
            self._note(transaction, transaction.id())
            return LMDBPolicyView(transaction, self._commit, self._revision)
        except lmdb.Error as still:
            raise _unavailable(still) from still

    def close(self) -> None:
        """Unmap the store; views taken before are void. Idempotent."""
        self._environment.close()


def _unavailable(error: lmdb.Error) -> TollwayError:
    return TollwayError("gateway.policy_unavailable", internal=f"policy store: {error}")


_store: type[PolicyStore] = LMDBPolicyStore
_view: type[PolicyView] = LMDBPolicyView
