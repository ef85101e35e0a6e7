"""The keys of the policy store, and how it is opened, shared by reader and writer."""

from pathlib import Path
from typing import Any

import lmdb

from tollway.kernel.errors import TollwayError

TOKEN_PREFIX = b"token:"
APPLICATION_PREFIX = b"application:"
SNAPSHOT_KEY = b"snapshot"
REVISION_KEY = b"revision"
"""Eight bytes, big-endian; moves in the transaction that replaces the snapshot."""

READERS_MAX = 512


def open_environment(path: Path, **options: Any) -> lmdb.Environment:
    """Open the LMDB environment in the directory. Raises gateway.policy_unavailable with the cause."""
    try:
        return lmdb.open(str(path), max_readers=READERS_MAX, max_spare_txns=4, mode=0o600, **options)
    except lmdb.Error as error:
        raise TollwayError("gateway.policy_unavailable", internal=f"{path}: {error}") from error
