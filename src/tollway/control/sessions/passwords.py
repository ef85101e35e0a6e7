"""argon2id in a bounded pool.

Two hashes run at a time and sixteen wait; whoever comes after that is refused, so that sign-ins
cannot exhaust memory (64 MiB each) or the processor. A password is normalised (NFC) and keyed with
a pepper from the root key first, so that a stolen database alone cannot be searched offline. A hash says by
its mark which generation of the root key that was; the first has none.
"""

import hashlib
import hmac
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import argon2

from tollway.control.sessions import errors
from tollway.kernel.secret import Secret, SecretRing

RUNNING_MAX = 2
WAITING_MAX = 16


class Argon2Hasher:
    """argon2id, m = 64 MiB, t = 3, p = 1 (RFC 9106 section 4, second recommendation's memory, one lane)."""

    def __init__(self, peppers: SecretRing, *, memory_kib: int = 65_536, passes: int = 3) -> None:
        self._peppers = peppers
        self._argon2 = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._places = threading.BoundedSemaphore(RUNNING_MAX + WAITING_MAX)
        self._running = threading.BoundedSemaphore(RUNNING_MAX)
        # Written instead of computed: it costs as much to compare with, and nothing to have in every command.
        self._dummy = f"$argon2id$v=19$m={memory_kib},t={passes},p=1${'A' * 22}${'A' * 43}"

    def hash(self, password: str) -> str:
        """Return the hash to store."""
        with self._place():
            generation = self._peppers.generation
            hashed = self._argon2.hash(_keyed(self._peppers.current(), password))
        return hashed if generation == 1 else f"{generation}{hashed}"

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Return whether they match; without a hash the same work is done against one that nothing matches."""
        generation, hashed = split_mark(password_hash or self._dummy)
        pepper = self._peppers.find(generation)
        with self._place():
            try:
                matches = self._argon2.verify(hashed, _keyed(pepper or self._peppers.current(), password))
            except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
                return False
        return matches and password_hash is not None and pepper is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """Return whether the hash was made with other parameters or another root key than today's."""
        generation, hashed = split_mark(password_hash)
        return generation != self._peppers.generation or self._argon2.check_needs_rehash(hashed)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise errors.busy()
        try:
            with self._running:
                yield
        finally:
            self._places.release()


def split_mark(password_hash: str) -> tuple[int, str]:
    """Return the generation of the root key that a hash was made with, and the hash proper."""
    mark, separator, rest = password_hash.partition("$")
    return (int(mark) if mark.isdecimal() else 1), separator + rest


def _keyed(pepper: Secret[bytes], password: str) -> bytes:
    normal = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return b64encode(hmac.digest(pepper.reveal(), normal, hashlib.sha256))
