"""A million different tokens call one after another: what a first call costs, and what a worker remembers of it.

A real gateway with one worker, its database filled beside it, its policy store built at start. `make scale` prints the
figures.
"""

import asyncio
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from kit.instance import Tollway
from tollway.adapters.secrets.key_ring import KeyRing
from tollway.adapters.secrets.root_key import load_root_keys
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import tokens
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.tokens import SQLTokenStore, token_values
from tollway.policy.token import RANDOM_BYTES, generate_token, parse_token

pytestmark = [pytest.mark.scale, pytest.mark.timeout(1_800)]

MILLION = 1_000_000
BATCH = 20_000
CONNECTIONS = 16
ALONE = 2_000
"""Calls made one at a time, for their latency."""
FIRST_SEEN_MS_MAX = 1.0
GROWTH_MB_MAX = 20.0


class Place:
    """A running gateway, its many tokens, and one of them that is known."""

    def __init__(self, tollway: Tollway, callers: list[bytes], known: bytes) -> None:
        self.callers, self.known = callers, known
        self.pid = tollway.pids()["worker"]
        host, port = tollway.gateway_url.partition("://")[2].split(":")
        self.address = host, int(port)

    def call(self, callers: Sequence[bytes], connections: int = CONNECTIONS) -> list[float]:
        """Call once with each token, in order, over so many connections; return how many ms each took."""
        return asyncio.run(self._call(callers, connections))

    def processor_ms(self) -> float:
        """Return the processor time that the worker has had."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return 1_000 * (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def own_mb(self) -> float:
        """Return the memory of the worker that no file and no other process shares."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no RssAnon")

    async def _call(self, callers: Sequence[bytes], connections: int) -> list[float]:
        took: list[float] = []
        rest = iter(callers)
        await asyncio.gather(*(self._call_in_turn(rest, took) for _ in range(connections)))
        return took

    async def _call_in_turn(self, rest: Iterator[bytes], took: list[float]) -> None:
        reader, writer = await asyncio.open_connection(*self.address)
        for caller in rest:
            began = time.perf_counter()
            writer.write(b"GET /v1/models HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %b\r\n\r\n" % caller)
            head = await reader.readuntil(b"\r\n\r\n")
            took.append(1_000 * (time.perf_counter() - began))
            assert head.startswith(b"HTTP/1.1 200 "), head
            length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
        writer.close()
        await writer.wait_closed()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    tollway = Tollway(tmp_path_factory.mktemp("callers"))
    tollway.start()
    try:
        issued = json.loads(tollway.run("token", "issue", "--name", "known", "--rpm", "100000000", "--json"))
        assert tollway.stop() == 0
        began = time.perf_counter()
        callers = build(tollway.data, str(issued["id"]))
        # Without its policy store the gateway builds one from the database, before it is ready.
        shutil.rmtree(tollway.data / "policy")
        print(f"\n{MILLION} tokens made in {time.perf_counter() - began:.0f} s", flush=True)
        tollway.start()
        print(f"{MILLION} tokens published, and ready, in {tollway.seconds_to_ready:.0f} s", flush=True)
        yield Place(tollway, callers, str(issued["token"]).encode())
        assert tollway.stop() == 0
    finally:
        tollway.destroy()


def build(data: Path, model_id: str) -> list[bytes]:
    """Store a million tokens like the one of that id, each with a rate limit; return their secrets."""
    ring = KeyRing(load_root_keys(data / "root.key"))
    engine = open_engine(data / "config.db", database="config", writer=True)
    database = ConfigDatabase(engine, engine)
    model = SQLTokenStore(database).find(model_id)
    assert model is not None
    callers = []
    for _ in range(0, MILLION, BATCH):
        rows = []
        for _ in range(BATCH):
            credential = generate_token("s", secrets.token_bytes(RANDOM_BYTES)).reveal().encode()
            parsed = parse_token(credential)
            assert parsed is not None
            callers.append(credential)
            mac = ring.mac(credential, model.pepper_version)
            assert mac is not None
            rows.append(token_values(replace(model, id=parsed.id, mac=mac)))
        with database.write():
            database.writing().execute(insert(tokens), rows)
    engine.dispose()
    return callers


def test_a_first_seen_token_costs_under_a_millisecond_and_a_million_grow_no_worker(place: Place) -> None:
    known = [place.known] * ALONE
    place.call(known * 5)
    base = sorted(place.call(known, connections=1))
    first = sorted(place.call(place.callers[:ALONE], connections=1))
    for at in (50, 99):
        print(f"one at a time, p{at}: known {base[len(base) * at // 100]:.2f} ms, "
              f"first seen {first[len(first) * at // 100]:.2f} ms")  # fmt: skip
    assert first[ALONE // 2] - base[ALONE // 2] <= FIRST_SEEN_MS_MAX
    before_ms = place.processor_ms()
    place.call(known * 10)
    known_ms = (place.processor_ms() - before_ms) / (10 * ALONE)
    before_mb, before_ms, began = place.own_mb(), place.processor_ms(), time.perf_counter()
    place.call(place.callers[ALONE:])
    spent_ms = (place.processor_ms() - before_ms) / (MILLION - ALONE)
    grown = place.own_mb() - before_mb
    print(f"{MILLION - ALONE} first calls in {time.perf_counter() - began:.0f} s: {1_000 * spent_ms:.0f} us "
          f"of processor time each, of a known token {1_000 * known_ms:.0f} us")  # fmt: skip
    print(f"the worker's own memory: {before_mb:.1f} MB before, {grown:+.1f} MB after", flush=True)
    assert spent_ms - known_ms <= FIRST_SEEN_MS_MAX
    assert grown <= GROWTH_MB_MAX
