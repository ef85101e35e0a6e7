"""The root key file: one or more root keys of 32 random bytes in hex, readable by its owner only.

Everything secret on this installation hangs on it, so a file that others can read, that is short or that is trivial
is refused. Each line is a generation and its key; the first line is the one in use, the others are still accepted.
A key that was never changed is the first generation, alone on its line without a number.

Law: the file is only ever replaced whole and synced, so that at any instant it holds every key that is needed.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tollway.kernel.secret import Secret

ROOT_KEY_FILE = "root.key"
ROOT_KEY_BYTES = 32
KEYS_MAX = 16
_FILE_BYTES_MAX = 2_048
_LINE = re.compile(r"(?:([1-9][0-9]{0,5}) )?([0-9a-fA-F]{64})", re.ASCII)
_FINGERPRINT_CHARACTERS = 8


class RootKeyError(Exception):
    """The root key cannot be used; the text says why and what to do, and never holds any of the key."""


@dataclass(frozen=True, slots=True)
class RootKey:
    """One generation of the root key."""

    generation: int
    key: Secret[bytes]

    @property
    def fingerprint(self) -> str:
        """A name for the key that says nothing about it."""
        return hashlib.sha256(b"tollway root key" + self.key.reveal()).hexdigest()[:_FINGERPRINT_CHARACTERS]


RootKeys = tuple[RootKey, ...]
"""The keys of an installation: the one in use first, never empty, no generation twice."""


def load_or_create_root_keys(path: Path) -> RootKeys:
    """Return the root keys, making the file at the first start. Safe when several processes do so at once."""
    with contextlib.suppress(FileExistsError):
        if not path.exists():
            create_root_key(path)
    return load_root_keys(path)


def create_root_key(path: Path) -> None:
    """Write a fresh root key to `path`, mode 0600, durably. Raises FileExistsError, else RootKeyError."""
    # A link, not a rename: it never replaces a key that is already there.
    _write(path, secrets.token_hex(ROOT_KEY_BYTES) + "\n", os.link)


def replace_root_keys(path: Path, keys: RootKeys) -> None:
    """Put other keys into the file, durably: after a crash it holds the old ones or the new. Raises RootKeyError."""
    text = "".join(f"{one.generation} {one.key.reveal().hex()}\n" for one in keys)
    _write(path, text, os.replace)


def generate_root_key(generation: int) -> RootKey:
    """Draw a new key."""
    return RootKey(generation, Secret(secrets.token_bytes(ROOT_KEY_BYTES)))


def load_root_keys(path: Path) -> RootKeys:
    """Read the root keys. Raises RootKeyError when the file is missing, unsafe or holds no keys."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise RootKeyError(f"cannot read the root key {path}: {error.strerror}") from error
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        text = file.read(_FILE_BYTES_MAX + 1) if stat.S_ISREG(status.st_mode) else b""
    if not stat.S_ISREG(status.st_mode):
        raise RootKeyError(f"the root key {path} is not a regular file")
    if status.st_mode & 0o077:
        raise RootKeyError(f"others can read the root key {path} (mode {status.st_mode & 0o777:04o}): chmod 600 {path}")
    try:
        return parse_root_keys(text)
    except ValueError as error:
        raise RootKeyError(f"the root key {path} is not {ROOT_KEY_BYTES} random bytes in hex: {error}") from error


def parse_root_keys(text: bytes) -> RootKeys:
    """Read the content of a root key file. Raises ValueError without any of the content."""
    if len(text) > _FILE_BYTES_MAX:
        raise ValueError("it is too long")
    lines = text.decode("ascii", "replace").strip().splitlines()
    if not 1 <= len(lines) <= KEYS_MAX:
        raise ValueError("it is empty" if not lines else "it has too many lines")
    keys = tuple(_parse_line(line, number, alone=len(lines) == 1) for number, line in enumerate(lines, start=1))
    if len({one.generation for one in keys}) < len(keys) or len({one.key.reveal() for one in keys}) < len(keys):
        raise ValueError("a key or a generation is in it twice")
    return keys


def _parse_line(line: str, number: int, *, alone: bool) -> RootKey:
    found = _LINE.fullmatch(line.strip())
    if found is None or not (found[1] or alone):
        raise ValueError(f"line {number} is not a key")
    key = bytes.fromhex(found[2])
    # A key of one repeated byte was typed, not drawn.
    if len(set(key)) < ROOT_KEY_BYTES // 4:
        raise ValueError(f"the key of line {number} was not drawn at random")
    return RootKey(int(found[1] or 1), Secret(key))


def _write(path: Path, text: str, put: Callable[[Path, Path], None]) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, text.encode())
            os.fsync(fd)
        finally:
            os.close(fd)
        put(draft, path)
        _sync_directory(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise RootKeyError(f"cannot write the root key {path}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
