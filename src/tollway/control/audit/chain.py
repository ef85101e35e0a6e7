"""How entries are chained and the end is sealed; and the check that finds whatever was done to them. Pure.

hash(n) = SHA-256(hash(n-1) ‖ canonical(entry n)), hash(0) = 32 zero bytes. The head (number and hash of the last
entry) is under HMAC-SHA-256 with a key from the root key. Whoever can write the database but has no root key can
compute a new chain, and cannot seal its head; so an edit, a removal, a move and a cut are all found. A copy of the
whole log *with its head* as they were earlier is found only against a head that was kept elsewhere (`since`).

Retention deletes a prefix behind a checkpoint: the number and hash of its last entry, under a seal of another kind
than the head's, so that an old head cannot pass for one. What is left is proven from there on.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import astuple, replace

import msgspec

from tollway.control.audit.model import Checkpoint, Entry, Head, Link, Verdict
from tollway.kernel.secret import Secret, SecretRing

Place = tuple[int, bytes]
"""A place in the log: the number and the hash of an entry."""
START = bytes(32)
_FORMAT = b"tollway audit 1"
_CHECKPOINT_FORMAT = b"tollway audit checkpoint 1"


def canonical(entry: Entry) -> bytes:
    """Return the one encoding of an entry: MessagePack of its fields in order, which no two different entries share.

    An entry that no token made is encoded without that field, as all were before there was one.
    """
    fields = astuple(entry)
    return _FORMAT + msgspec.msgpack.encode(fields if entry.token_id != "" else fields[:-1])


def link(entry: Entry, before: bytes) -> bytes:
    """Return the hash of an entry that follows the hash `before`."""
    return hashlib.sha256(before + canonical(entry)).digest()


def seal(seq: int, last_hash: bytes, key: Secret[bytes]) -> bytes:
    """Return the seal of a head."""
    return hmac.digest(key.reveal(), _FORMAT + seq.to_bytes(8, "big") + last_hash, hashlib.sha256)


def is_sealed(head: Head, keys: SecretRing) -> bool:
    """Whether one of the accepted keys made the head's seal."""
    return any(is_sealed_with(head, key) for key in keys.all())


def is_sealed_with(head: Head, key: Secret[bytes]) -> bool:
    """Whether this key made the head's seal."""
    return hmac.compare_digest(head.seal, seal(head.seq, head.hash, key))


def seal_checkpoint(seq: int, last_hash: bytes, key: Secret[bytes]) -> Checkpoint:
    """Return the checkpoint behind an entry."""
    message = _CHECKPOINT_FORMAT + seq.to_bytes(8, "big") + last_hash
    return Checkpoint(seq, last_hash, hmac.digest(key.reveal(), message, hashlib.sha256))


def is_checkpoint_sealed(found: Checkpoint, *keys: Secret[bytes]) -> bool:
    """Whether one of these keys made the checkpoint's seal."""
    return any(hmac.compare_digest(found.seal, seal_checkpoint(found.seq, found.hash, key).seal) for key in keys)


def behind(verdict: Verdict, start: Checkpoint | None) -> Verdict:
    """Return the verdict on a log that begins behind a checkpoint: what was deleted before it was not checked."""
    if start is None or not verdict.head_seq:
        return verdict
    return replace(verdict, checked=verdict.checked - start.seq, deleted_through=start.seq)


def find_begin(start: Checkpoint | None, keys: SecretRing, since: Place | None) -> Place | Verdict:
    """Return what the first entry has to follow; or what is wrong with the checkpoint."""
    if start is None:
        return 0, START
    if not is_checkpoint_sealed(start, *keys.all()):
        return _bad(0, START, "the seal of the log's beginning is not this installation's", None)
    if since is not None and since[0] == start.seq and since[1] != start.hash:
        return _bad(start.seq, start.hash, f"entry {start.seq} is another one than was kept elsewhere", start.seq)
    return start.seq, start.hash


def walk(links: Iterable[Link], begin: Place, since: Place | None) -> Place | Verdict:
    """Check entries that follow a place; return the last one, or what is wrong with the first that is not right."""
    seq, last = begin
    for one in links:
        if one.entry.seq != seq + 1:
            return _bad(seq, last, f"entry {seq + 1} is missing", seq + 1)
        seq, expected = one.entry.seq, link(one.entry, last)
        if expected != one.hash:
            return _bad(seq, last, f"entry {seq} is not as it was written, or not in its place", seq)
        if since is not None and since[0] == seq and since[1] != expected:
            return _bad(seq, expected, f"entry {seq} is another one than was kept elsewhere", seq)
        last = expected
    return seq, last


def check_end(reached: Place, head: Head | None, keys: SecretRing, since: Place | None) -> Verdict:
    """Check that a log which was right up to a place ends there, as its head says."""
    seq, last = reached
    if head is None:
        return _bad(seq, last, "the log has no head: it was removed", None)
    if not is_sealed(head, keys):
        return _bad(seq, last, "the seal of the log's head is not this installation's", None)
    if head.seq > seq:
        return _bad(seq, last, f"entries {seq + 1} to {head.seq} are missing from the end", seq + 1)
    if (head.seq, head.hash) != (seq, last):
        return _bad(seq, last, f"the log does not end with entry {head.seq} as it was sealed", head.seq)
    if since is not None and since[0] > seq:
        return _bad(seq, last, f"entries {seq + 1} to {since[0]} are missing: they were kept elsewhere", seq + 1)
    return Verdict(seq, seq, last.hex())


def _bad(seq: int, last: bytes, fault: str, at: int | None) -> Verdict:
    return Verdict(seq, seq, last.hex(), fault, at)
