"""The keys and tables of the store, and how it is opened.

Owners, ids and items are found by their hashes, so that keys have one length whatever a vendor's ids are, and the file
names nobody. All integers in keys are big-endian, so that their order is that of the numbers.
"""

from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import lmdb
import msgspec

from tollway.kernel.errors import TollwayError

HASH_BYTES = 16
TIME_BYTES = 8
TABLES_MAX = 8
READERS_MAX = 512


class Key(NamedTuple):
    """Where a state is: the hashes of its owner and of its id."""

    owner: bytes
    id: bytes

    def joined(self) -> bytes:
        """Return the key of the table of states."""
        return self.owner + self.id


class Entry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is stored of a state: when it was kept, how much it counts for, its items' hashes, and its sealed bytes."""

    kept_ns: int
    size: int
    items: tuple[bytes, ...]
    sealed: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def encode_entry(entry: Entry) -> bytes:
    """Return the bytes of an entry."""
    return _encoder.encode(entry)


def decode_entry(raw: bytes) -> Entry:
    """Read an entry. Raises msgspec.DecodeError for damaged bytes."""
    return _decoder.decode(raw)


def digest(text: str) -> bytes:
    """Return the hash by which a name is found."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()


def build_key(owner: str, response_id: str) -> Key:
    """Return where an owner's response is."""
    return Key(digest(owner), digest(response_id))


class Tables(NamedTuple):
    """The tables of one environment.

    `states`: owner + id to Entry. `ages`: time + owner + id, in order of age. `owned`: owner + time + id, in order of
    an owner's ages. `sums`: owner to how much it has in all. `items`: owner + item to the id of its response. `turns`:
    one row, written so that a transaction counts although it changes nothing else.
    """

    states: object
    ages: object
    owned: object
    sums: object
    items: object
    turns: object


def open_environment(path: Path, map_bytes: int) -> tuple[lmdb.Environment, Tables]:
    """Open the store, making it at the first start. Raises gateway.states_unavailable with the cause.

    A commit is flushed before it counts (`metasync=False` may lose the last ones in a power cut, never tear them).
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment = lmdb.open(
            str(path),
            map_size=map_bytes,
            max_dbs=TABLES_MAX,
            max_readers=READERS_MAX,
            max_spare_txns=4,
            mode=0o600,
            metasync=False,
        )
        environment.reader_check()
        return environment, Tables(*(environment.open_db(name.encode()) for name in Tables._fields))
    except (lmdb.Error, OSError) as error:
        raise TollwayError("gateway.states_unavailable", internal=f"{path}: {error}") from error


def state_aad(key: bytes) -> bytes:
    """Return the associated data of the state under a joined key: it opens in no other place."""
    return b"response-states|state|" + key
