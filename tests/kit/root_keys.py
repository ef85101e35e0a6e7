"""A change of the root key on a control plane: the real places, with the key file in memory."""

from kit.control import ControlPlane
from tollway.adapters.secrets.root_key import RootKey, RootKeys, generate_root_key
from tollway.adapters.storage.key_uses import SQLKeyUses
from tollway.adapters.storage.sealed import sealed_places
from tollway.control.keys.model import KeyName
from tollway.control.keys.published import PublishedKeys
from tollway.control.keys.sealed_audit import SealedAudit
from tollway.control.keys.service import KeyParts
from tollway.control.keys.service import RootKeys as Service
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

FIRST = RootKey(1, Secret(bytes(range(32))))
"""The key that control planes of tests begin with."""


class MemoryKeyFile:
    """Implements KeyFile. What is written stays, as on a disk."""

    def __init__(self) -> None:
        self.keys: RootKeys = (FIRST,)

    def names(self) -> tuple[KeyName, ...]:
        """Return the keys in the file's order."""
        return tuple(KeyName(key.generation, key.fingerprint) for key in self.keys)

    def add(self) -> KeyName:
        """Put a new key behind the others."""
        self.keys = (*self.keys, generate_root_key(max(key.generation for key in self.keys) + 1))
        return self.names()[-1]

    def promote(self) -> None:
        """Put the newest first."""
        self.keys = tuple(sorted(self.keys, key=lambda key: -key.generation))

    def retire(self) -> None:
        """Keep the first."""
        self.keys = self.keys[:1]


class Ring:
    """Implements KeysInUse for a control plane's ring, which is the only process."""

    def __init__(self, plane: ControlPlane, file: MemoryKeyFile) -> None:
        self._plane = plane
        self._file = file
        self.handed_over = 0
        self.refuses = False

    def generations(self) -> tuple[int, ...]:
        """Return what the ring accepts."""
        return self._plane.keys.generations

    def hand_over(self) -> None:
        """Take the keys of the file."""
        if self.refuses:
            raise TollwayError("management.unavailable", public="A process does not answer.")
        self.handed_over += 1
        self._plane.keys.adopt(self._file.keys)


class KeyChange:
    """The service on a control plane, and what it works on."""

    def __init__(self, plane: ControlPlane, file: MemoryKeyFile | None = None) -> None:
        self.file = file or MemoryKeyFile()
        self.ring = Ring(plane, self.file)
        places = [
            *sealed_places(plane.database, plane.keys),
            PublishedKeys(plane.publisher, plane.database, plane.keys.provider_secrets.is_old),
            SealedAudit(plane.audit),
        ]
        uses = SQLKeyUses(plane.database, plane.clock)
        self.service = Service(KeyParts(self.file, self.ring, places, uses, plane.database, plane.audit))

    def finish(self) -> None:
        """Take every step that is left."""
        for _ in range(1_000):
            if not self.service.advance():
                return
        raise AssertionError("a change of the root key does not end")
