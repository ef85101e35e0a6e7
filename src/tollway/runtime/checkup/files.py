"""The data directory: who can read it, whether the root key is sound, how much room there is."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tollway.adapters.secrets import RootKeyError, load_root_keys
from tollway.runtime.checkup.finding import Finding

FREE_BYTES_HIGH = 100 * 1_048_576
FREE_BYTES_WARNING = 1_073_741_824


def check_files(data: Path) -> Iterator[Finding]:
    """Look at the directory and the key. Of a directory that is not there yet, only that is said."""
    if not data.is_dir():
        yield Finding("data directory", "info", f"{data} does not exist yet; the first start makes it")
        return
    yield _directory(data)
    yield _root_key(data / "root.key")
    yield _room(data)


def _directory(data: Path) -> Finding:
    found = data.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        return Finding("data directory", "high", f"{data} is open to others (mode {mode:04o})", f"chmod 700 {data}")
    if found.st_uid != os.geteuid():
        return Finding("data directory", "warning", f"{data} belongs to another user than the one asking")
    if not os.access(data, os.W_OK | os.X_OK):
        return Finding("data directory", "high", f"{data} cannot be written", f"chmod u+rwx {data}")
    return Finding("data directory", "ok", f"{data} is private")


def _root_key(path: Path) -> Finding:
    if not path.exists():
        return Finding("root key", "info", f"{path} does not exist yet; the first start makes it")
    try:
        keys = load_root_keys(path)
    except RootKeyError as error:
        text = str(error)
        fix = text.rpartition(": ")[2] if "chmod" in text else "restore root.key from its copy"
        return Finding("root key", "high", text, fix)
    if len(keys) == 1:
        return Finding("root key", "ok", f"{path} is sound; keep a copy of it in another place")
    older = len(keys) - 1
    return Finding(
        "root key",
        "info",
        f"generation {keys[0].generation} is in use, with {older} older or newer beside it that still open; what hangs"
        " on each: tollway key show",
        "tollway key retire, once nothing needs the older ones",
    )


def _room(data: Path) -> Finding:
    found = os.statvfs(data)
    free = found.f_bavail * found.f_frsize
    text = f"{free / 1_073_741_824:.1f} GiB free for {data}"
    if free < FREE_BYTES_HIGH:
        return Finding("disk space", "high", text, "make room: a call that cannot be recorded is not made")
    if free < FREE_BYTES_WARNING:
        return Finding("disk space", "warning", text, "make room, or shorten `retention.calls_days`")
    if found.f_files and found.f_favail < 1_000:
        return Finding("disk space", "warning", f"{found.f_favail} inodes left for {data}", "remove files")
    return Finding("disk space", "ok", text)
