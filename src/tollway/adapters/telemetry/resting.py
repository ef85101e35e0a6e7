"""The files in which workers say which provider keys rest (layout: contract/resting.py), and reading them all.

They only inform people: a file that cannot be written is said and left, one that cannot be read is nothing.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tollway.contract.resting import Resting, RestingKey, decode, encode
from tollway.control.gateway.ports import RestingSource

log = logging.getLogger(__name__)


class RestingFile:
    """One worker's file. It does not exist until something rests."""

    def __init__(self, directory: Path, number: int) -> None:
        self._path = directory / f"resting-{number}.json"
        self._told: tuple[RestingKey, ...] | None = None

    def tell(self, keys: Sequence[RestingKey]) -> None:
        """Replace the file unless it says so already; readers see the old or the new one. Never raises OSError."""
        wanted = tuple(sorted(keys))
        if wanted == self._told or not (wanted or self._path.exists()):
            return
        draft = self._path.with_suffix(".new")
        try:
            draft.write_bytes(encode(Resting(wanted)))
            draft.replace(self._path)
        except OSError as error:
            log.warning("which keys rest cannot be written: %s", error)
        self._told = wanted


class RestingFiles:
    """All workers' files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, now_ns: int) -> tuple[RestingKey, ...]:
        """Return the keys that still rest, each once with the latest end any worker knows."""
        until: dict[tuple[str, str], int] = {}
        for path in self._directory.glob("resting-*.json"):
            for key in _read(path):
                name = (key.provider_id, key.key_id)
                until[name] = max(until.get(name, 0), key.until_seconds)
        return tuple(
            RestingKey(*name, seconds) for name, seconds in sorted(until.items()) if seconds * 1_000_000_000 > now_ns
        )


def _read(path: Path) -> tuple[RestingKey, ...]:
    try:
        return decode(path.read_bytes()).keys
    except (OSError, msgspec.MsgspecError):
        return ()


_: type[RestingSource] = RestingFiles
