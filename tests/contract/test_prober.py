"""A trial call says what is wrong with a provider in words a person can act on."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kit.scripted_upstream import Handler, ScriptedUpstream, script
from tollway.adapters.policy_store import PolicyStoreWriter
from tollway.adapters.prober import UpstreamProber
from tollway.contract import policy
from tollway.contract.policy import VERSION, ProviderRecord, SealedKey, Snapshot, Timeouts, Upstream

WANTED: Any = SimpleNamespace(id="p1")


class OpenBox:
    """Seals nothing."""

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        return sealed


@contextmanager
def served(handler: Handler) -> Iterator[ScriptedUpstream]:
    """Run an upstream in a thread of its own, since the prober runs its own loop in ours."""
    loop = asyncio.new_event_loop()
    server = ScriptedUpstream(handler)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        yield server
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Any]:
    """Publish a provider at an address and probe it."""
    store = PolicyStoreWriter(tmp_path / "policy", map_bytes=1 << 24)

    def go(base_url: str, *, keys: int = 1, wanted: Any = WANTED, **fields: Any):
        upstream = Upstream(base_url, allow_private=("*",), timeouts=Timeouts(connect_seconds=2.0), **fields)
        sealed = tuple(SealedKey(f"k{at}", b"sk-%d" % at, b"") for at in range(keys))
        record = ProviderRecord("p1", "p1", "openai", "active", upstream, sealed)
        store.publish_snapshot(policy.encode(Snapshot(VERSION, 1, 0, providers=(record,), models=(), services=())))
        return UpstreamProber(store, OpenBox()).probe(wanted)

    yield go
    store.close()


@pytest.mark.parametrize(
    ("status", "is_ok", "code"),
    [
        (200, True, None),
        (401, False, "upstream.auth"),
        (403, False, "upstream.auth"),
        (404, True, None),
        (500, False, "upstream.protocol"),
    ],
)
def test_each_answer_is_judged(probe: Any, status: int, is_ok: bool, code: str | None) -> None:
    with served(script(b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n{}" % status)) as server:
        found = probe(f"http://127.0.0.1:{server.port}/v1")
    assert (found.is_ok, found.status, found.code) == (is_ok, status, code)
    assert found.latency_ms > 0 and found.detail


def test_a_provider_that_is_not_there_is_said(probe: Any) -> None:
    with served(script(b"")) as server:
        port = server.port
    found = probe(f"http://127.0.0.1:{port}")
    assert (found.is_ok, found.status, found.code) == (False, None, "upstream.unreachable")


def test_the_sandbox_answers_without_a_call(probe: Any) -> None:
    assert probe("sandbox:").is_ok


def test_a_provider_that_is_not_published_is_said(probe: Any) -> None:
    found = probe("sandbox:", wanted=SimpleNamespace(id="other"))
    assert not found.is_ok and "switched off" in found.detail
