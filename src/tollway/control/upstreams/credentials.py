"""Credentials of upstreams: sealed when they come in, kept when they are given again, never shown.

Law: the clear text of a key lives only inside this module's calls. AAD is `table|column|row`, so that a
sealed key that was copied into another row does not open.
"""

import hmac
import re

from tollway.control.faults import Faults
from tollway.control.upstreams.model import STORED, Key, KeySource
from tollway.control.upstreams.ports import Sealer
from tollway.kernel.clock import Clock
from tollway.kernel.ids import new_id
from tollway.kernel.secret import Secret

KEYS_MAX = 20
KEY_CHARACTERS_MAX = 8_000
_ENV = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,199}", re.ASCII)
_FILE = re.compile(r"file:[^\x00-\x1f]{1,1000}")
_KEY = re.compile(rf"[\x21-\x7e][\x20-\x7e]{{0,{KEY_CHARACTERS_MAX}}}", re.ASCII)
_NOT_STORED = "no key is stored for where this leads: write the key, env:NAME or file:PATH"
_SHOWN = 4
_SHOWN_FROM = 12
"""Keys shorter than this show nothing of themselves."""


def key_aad(key_id: str) -> bytes:
    """Return the associated data of a key's row."""
    return f"upstream_keys|sealed|{key_id}".encode()


class Credentials:
    """Turns what people enter into keys."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def build(self, wanted: tuple[Secret[str], ...], existing: tuple[Key, ...], faults: Faults) -> tuple[Key, ...]:
        """Return the keys that `wanted` stands for, in its order, without repetitions.

        A key or reference that exists keeps its row; `stored` stands for all stored keys that exist, of which there
        must be one. Faults are added at /credentials/<index>.
        """
        if len(wanted) > KEYS_MAX:
            faults.add("/credentials", f"at most {KEYS_MAX} keys")
            return existing
        keys: dict[str, Key] = {}
        for index, secret in enumerate(wanted):
            for key in self._keys(secret.reveal().strip(), (*existing, *keys.values()), index, faults):
                keys[key.id] = key
        return tuple(keys.values())

    def _keys(self, text: str, known: tuple[Key, ...], index: int, faults: Faults) -> tuple[Key, ...]:
        if text == STORED:
            stored = tuple(key for key in known if key.source == "stored")
            if not stored:
                faults.add(f"/credentials/{index}", _NOT_STORED)
            return stored
        if text.startswith(("env:", "file:")):
            return self._reference(text, known, index, faults)
        if not _KEY.fullmatch(text):
            faults.add(f"/credentials/{index}", "a key has printable ASCII characters; or write env:NAME or file:PATH")
            return ()
        for key in known:
            if key.source == "stored" and self._is_same(key, text):
                return (key,)
        return (self._sealed(text),)

    def _reference(self, text: str, known: tuple[Key, ...], index: int, faults: Faults) -> tuple[Key, ...]:
        if not (_ENV.fullmatch(text) or _FILE.fullmatch(text)):
            faults.add(f"/credentials/{index}", "write env:NAME or file:PATH")
            return ()
        for key in known:
            if key.reference == text:
                return (key,)
        key_id = new_id("key")
        source: KeySource = "env" if text.startswith("env:") else "file"
        return (Key(key_id, source, text, text, b"", key_aad(key_id), self._clock.now_ns()),)

    def _sealed(self, text: str) -> Key:
        key_id = new_id("key")
        aad = key_aad(key_id)
        masked = "…" + (text[-_SHOWN:] if len(text) >= _SHOWN_FROM else "")
        return Key(key_id, "stored", "", masked, self._sealer.seal(text.encode(), aad), aad, self._clock.now_ns())

    def _is_same(self, key: Key, text: str) -> bool:
        return hmac.compare_digest(self._sealer.open(key.sealed, key.aad), text.encode())
