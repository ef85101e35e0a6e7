"""Builds the change of the root key: every place where something is sealed, and what hangs on each key."""

from collections.abc import Callable

import msgspec

from tollway.adapters.response_states import Bounds
from tollway.adapters.response_states.resealing import SealedResponses
from tollway.adapters.secrets import ROOT_KEY_FILE, KeyRing
from tollway.adapters.secrets.key_file import RootKeyFile
from tollway.adapters.storage.key_uses import SQLKeyUses
from tollway.adapters.storage.sealed import sealed_places
from tollway.compose.stores import Stores
from tollway.control.audit.service import Audit
from tollway.control.keys.ports import KeysInUse, SealedPlace
from tollway.control.keys.published import PublishedKeys
from tollway.control.keys.sealed_audit import SealedAudit
from tollway.control.keys.service import KeyParts, RootKeys
from tollway.control.publication.service import Publisher
from tollway.kernel.clock import SystemClock
from tollway.settings.model import Settings


class RingInUse:
    """This process's ring; `hand_over` reaches the others (implements KeysInUse)."""

    def __init__(self, keys: KeyRing, hand_over: Callable[[], None]) -> None:
        self._keys = keys
        self._hand_over = hand_over

    def generations(self) -> tuple[int, ...]:
        """Return the generations this process accepts, the one in use first."""
        return self._keys.generations

    def hand_over(self) -> None:
        """Let every process use the keys that the file holds."""
        self._hand_over()


class Sealing(msgspec.Struct, frozen=True):
    """What seals and publishes, and how the keys reach every process."""

    publisher: Publisher
    audit: Audit
    in_use: RingInUse


def build_root_keys(settings: Settings, keys: KeyRing, stores: Stores, sealing: Sealing) -> RootKeys:
    """Return the service."""
    database = stores.database
    # The published keys are copies of those in the database, and the entry in the audit log says that all is done.
    places: list[SealedPlace] = [
        *sealed_places(database, keys),
        SealedResponses(settings.data / "responses", keys.response_states, Bounds().map_bytes),
        PublishedKeys(sealing.publisher, database, keys.provider_secrets.is_old),
        SealedAudit(sealing.audit),
    ]
    file = RootKeyFile(settings.data / ROOT_KEY_FILE)
    return RootKeys(
        KeyParts(file, sealing.in_use, places, SQLKeyUses(database, SystemClock()), database, sealing.audit)
    )


_: type[KeysInUse] = RingInUse
