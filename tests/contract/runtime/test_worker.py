"""A worker ends within its bound, whatever its callers do: `timeouts.drain_seconds`, and a moment to clean up."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit.instance import Tollway
from tollway.adapters.telemetry.counters import read_counters

pytestmark = pytest.mark.timeout(120)
DRAIN_SECONDS = 1
SPARE_SECONDS = 7
"""Two to clean up, which the supervisor grants, and what a busy machine needs to end three other processes."""


@pytest.fixture
def tollway(tmp_path: Path) -> Iterator[Tollway]:
    """Tollway with one worker and a short drain."""
    tollway = Tollway(tmp_path)
    tollway.environment["TOLLWAY_TIMEOUTS_DRAIN_SECONDS"] = str(DRAIN_SECONDS)
    tollway.start()
    try:
        yield tollway
    finally:
        tollway.destroy()


def request(secret: str, *, content_length: int | None = None, **headers: object) -> bytes:
    body = json.dumps({"model": "sandbox-small", "stream": True, "messages": [{"role": "user", "content": "Hi"}]})
    fields = {
        "host": "x",
        "authorization": f"Bearer {secret}",
        "content-type": "application/json",
        "content-length": content_length or len(body),
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST /v1/chat/completions HTTP/1.1\r\n{head}\r\n{body}".encode()


def test_callers_who_neither_read_nor_close_delay_the_end_by_no_more_than_the_drain(tollway: Tollway) -> None:
    secret = tollway.token()
    endless = {"x-sandbox-tokens": 16_384, "x-sandbox-interval-ms": 100}
    whole = {"x-sandbox-tokens": 16_384}
    said = [
        b"",
        b"POST /v1/chat",
        request(secret, content_length=1_000),
        request(secret, **endless),
        request(secret, **whole),
        request(secret, **whole) * 5,
    ]
    with ExitStack() as stack:
        for words in said:
            stack.enter_context(connected(tollway.listen)).sendall(words)
        for words in (b"", b"GET /heal", b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 8):
            stack.enter_context(connected(tollway.console_listen)).sendall(words)
        wait_for_calls(tollway, 3)
        worker, began = tollway.pids()["worker"], time.monotonic()
        assert tollway.stop() == 0
        took = time.monotonic() - began
    assert DRAIN_SECONDS <= took < DRAIN_SECONDS + SPARE_SECONDS
    assert not Path(f"/proc/{worker}").exists()
    assert "is killed" not in (tollway.root / "log").read_text()


def connected(address: str) -> socket.socket:
    """A connection that takes little before it is read."""
    host, _, port = address.rpartition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.connect((host, int(port)))
    return connection


def wait_for_calls(tollway: Tollway, count: int) -> None:
    deadline = time.monotonic() + 30
    while sum(one["upstream_attempts_total"] for one in read_counters(tollway.data / "run").values()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
