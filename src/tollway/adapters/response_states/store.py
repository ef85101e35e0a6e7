"""Keeps responses in an LMDB file of their own, sealed, for all workers of a node.

Reading is a look at the last commit, without a lock; writing goes through one thread of this process. Opened after
fork, once per process. What cannot be opened with this installation's key is not there.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import lmdb
import msgspec

from tollway.adapters.response_states.changes import Changes, Limits
from tollway.adapters.response_states.layout import (
    HASH_BYTES,
    Entry,
    Key,
    build_key,
    decode_entry,
    digest,
    open_environment,
    state_aad,
)
from tollway.adapters.response_states.writing import WritingThread
from tollway.contract.response_states import ResponseState, decode, encode
from tollway.gateway.response_states import ResponseStates
from tollway.kernel.errors import TollwayError

ITEMS_MAX = 1_024
"""Items of one response that can be referred to; further ones are found by their response only."""
LOOKS_SECONDS = (0.0, 0.02, 0.08, 0.2)
"""When `find_patiently` looks, each after the last."""
_SPARE_BYTES = 67_108_864

log = logging.getLogger(__name__)


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """How much is kept, how long, and how long writing may take.

    The file grows to at most twice `bytes_max` and 64 MiB, since pages that were freed are used again only when they
    fit. One owner has at most a quarter of it, so that none pushes all others out.
    """

    bytes_max: int = 1_073_741_824
    age_seconds_max: int = 30 * 86_400
    """OpenAI keeps responses 30 days: https://platform.openai.com/docs/guides/your-data"""
    state_bytes_max: int = 33_554_432
    write_seconds: float = 5.0

    @property
    def owner_bytes_max(self) -> int:
        """What one owner may have of it."""
        return self.bytes_max // 4

    @property
    def map_bytes(self) -> int:
        """How large the file may grow."""
        return 2 * self.bytes_max + _SPARE_BYTES


class Box(Protocol):
    """Seals with a key of this store alone."""

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Encrypt so that `open` with the same `aad` gives it back."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises TollwayError when they were not sealed with this key and `aad`."""
        ...


class LMDBResponseStates:
    """Implements ResponseStates for the event loop of one process. Raises gateway.states_unavailable at opening."""

    def __init__(self, path: Path, *, box: Box, bounds: Bounds, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._box = box
        self._bounds = bounds
        self._now_ns = now_ns
        self._age_ns = bounds.age_seconds_max * 1_000_000_000
        environment, self._tables = open_environment(path, bounds.map_bytes)
        self._environment: Any = environment  # lmdb has no types.
        limits = Limits(bytes_max=bounds.bytes_max, owner_bytes_max=bounds.owner_bytes_max, age_ns=self._age_ns)
        self._thread = WritingThread(environment, self._tables, limits)
        self._is_closed = False

    def put_soon(self, owner: str, state: ResponseState, item_ids: tuple[str, ...] = ()) -> bool:
        """Hand a state over to be kept; never blocks. False when it is too large or too much waits."""
        return self._hand_over_state(owner, state, item_ids, None)

    async def put(self, owner: str, state: ResponseState, item_ids: tuple[str, ...] = ()) -> bool:
        """Keep a state; True when it is committed. Raises gateway.states_unavailable."""
        future = asyncio.get_running_loop().create_future()
        if not self._hand_over_state(owner, state, item_ids, future):
            return False
        return await self._await(future)

    async def delete(self, owner: str, response_id: str) -> bool:
        """Forget a response; whether there was one. Raises gateway.states_unavailable."""
        key = build_key(owner, response_id)
        future = asyncio.get_running_loop().create_future()
        if not self._thread.hand_over(lambda changes: changes.forget(key), 0, future.get_loop(), future):
            raise TollwayError("gateway.states_unavailable", internal="response states: too many changes wait")
        return await self._await(future)

    def find(self, owner: str, response_id: str) -> ResponseState | None:
        """Return what is kept under an id for this owner. Raises gateway.states_unavailable."""
        return self._read(build_key(owner, response_id))

    def find_by_item(self, owner: str, item_id: str) -> ResponseState | None:
        """Return the state that was kept with this item. Raises gateway.states_unavailable."""
        owned_by = digest(owner)
        response = self._get(owned_by + digest(item_id), self._tables.items)
        return None if response is None or len(response) != HASH_BYTES else self._read(Key(owned_by, response))

    async def find_patiently(self, owner: str, response_id: str) -> ResponseState | None:
        """As `find`; what is not there is looked for again. Raises gateway.states_unavailable."""
        for seconds in LOOKS_SECONDS:
            if seconds:
                await asyncio.sleep(seconds)
            state = self.find(owner, response_id)
            if state is not None:
                return state
        return None

    async def find_items_patiently(self, owner: str, item_ids: tuple[str, ...]) -> dict[str, ResponseState]:
        """Return the states that were kept with these items, by item. Raises gateway.states_unavailable."""
        found: dict[str, ResponseState] = {}
        for seconds in LOOKS_SECONDS:
            missing = [item_id for item_id in item_ids if item_id not in found]
            if not missing:
                break
            if seconds:
                await asyncio.sleep(seconds)
            states = {item_id: self.find_by_item(owner, item_id) for item_id in missing}
            found |= {item_id: state for item_id, state in states.items() if state is not None}
        return found

    def sweep_soon(self) -> None:
        """Let a batch of what is too old be forgotten, and slots of dead readers be freed. Never blocks or raises."""
        self._thread.hand_over(self._sweep, 0)

    def close(self) -> None:
        """Write what waits and let the file go; views are void. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        # A thread that is stuck in the file's lock still uses the map: it is left to the end of the process.
        if self._thread.close():
            self._environment.close()

    def _hand_over_state(
        self, owner: str, state: ResponseState, item_ids: tuple[str, ...], future: "asyncio.Future[bool] | None"
    ) -> bool:
        raw = encode(state)
        if len(raw) > min(self._bounds.state_bytes_max, self._bounds.owner_bytes_max // 2):
            return False
        key = build_key(owner, state.id)
        items = tuple(dict.fromkeys(map(digest, item_ids[:ITEMS_MAX])))

        def keep(changes: Changes) -> bool:
            changes.keep(key, self._box.seal(raw, state_aad(key.joined())), items, self._now_ns())
            return True

        loop = None if future is None else future.get_loop()
        return self._thread.hand_over(keep, len(raw), loop, future)

    async def _await(self, future: "asyncio.Future[bool]") -> bool:
        try:
            async with asyncio.timeout(self._bounds.write_seconds):
                return await future
        except TimeoutError as error:
            raise TollwayError("gateway.states_unavailable", internal="response states: writing takes long") from error

    def _sweep(self, changes: Changes) -> bool:
        self._environment.reader_check()
        return changes.sweep(self._now_ns()) > 0

    def _read(self, key: Key) -> ResponseState | None:
        raw = self._get(key.joined(), self._tables.states)
        entry = None if raw is None else _decode(raw)
        if entry is None or entry.kept_ns + self._age_ns < self._now_ns():
            return None
        try:
            return decode(self._box.open(entry.sealed, state_aad(key.joined())))
        except (TollwayError, ValueError, msgspec.DecodeError) as error:
            log.warning("a kept response cannot be read and counts as gone: %s", error)
            return None

    def _get(self, key: bytes, table: object) -> bytes | None:
        try:
            with self._environment.begin() as transaction:
                found: bytes | None = transaction.get(key, db=table)
                return found
        except lmdb.Error as error:
            raise TollwayError("gateway.states_unavailable", internal=f"response states: {error}") from error


def _decode(raw: bytes) -> Entry | None:
    try:
        return decode_entry(raw)
    except msgspec.DecodeError as error:
        log.warning("a kept response cannot be read and counts as gone: %s", error)
        return None


_: type[ResponseStates] = LMDBResponseStates
