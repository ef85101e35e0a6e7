"""The root key file: 32 random bytes in hex, readable by its owner only.

Everything secret on this installation hangs on it, so a file that others can read, that is short or that is
trivial is refused. It is written once, whole and synced, and never changed.
"""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from tollway.kernel.secret import Secret

ROOT_KEY_BYTES = 32


class RootKeyError(Exception):
    """The root key cannot be used; the text says why and what to do, and never holds any of the key."""


def load_or_create_root_key(path: Path) -> Secret[bytes]:
    """Return the root key, making the file at the first start. Safe when several processes do so at once."""
    with contextlib.suppress(FileExistsError):
        if not path.exists():
            create_root_key(path)
    return load_root_key(path)


def create_root_key(path: Path) -> None:
    """Write a fresh root key to `path`, mode 0600, durably. Raises FileExistsError, else RootKeyError."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, secrets.token_hex(ROOT_KEY_BYTES).encode() + b"\n")
            os.fsync(fd)
        finally:
            os.close(fd)
        # A link, not a rename: it never replaces a key that is already there.
        os.link(draft, path)
        _sync_directory(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise RootKeyError(f"cannot write the root key {path}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def load_root_key(path: Path) -> Secret[bytes]:
    """Read the root key. Raises RootKeyError when it is missing, unsafe or not a key."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise RootKeyError(f"cannot read the root key {path}: {error.strerror}") from error
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        text = file.read(1024)
    if not stat.S_ISREG(status.st_mode):
        raise RootKeyError(f"the root key {path} is not a regular file")
    if status.st_mode & 0o077:
        raise RootKeyError(f"others can read the root key {path} (mode {status.st_mode & 0o777:04o}): chmod 600 {path}")
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        key = b""
    # A key of one repeated byte was typed, not drawn.
    if len(key) != ROOT_KEY_BYTES or len(set(key)) < ROOT_KEY_BYTES // 4:
        raise RootKeyError(f"the root key {path} is not {ROOT_KEY_BYTES} random bytes in hex")
    return Secret(key)


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
