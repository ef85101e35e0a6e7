"""Load for the bench: wrk for requests, a raw client for event streams, a closed loop of one for latency."""

import asyncio
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.rig import LOAD_CORE, Group


@dataclass
class Result:
    """What a run showed. CPU in microseconds a request (or event), by process."""

    name: str
    count: int
    seconds: float
    errors: int
    cpu_us: dict[str, float]

    @property
    def total_us(self) -> float:
        """All processes together."""
        return sum(self.cpu_us.values())


def in_turns(*loads: Callable[[], Result], rounds: int = 2) -> list[Result]:
    """Run the loads in turns and return the least of each, with the errors of all its runs.

    A machine that is slower for some seconds would otherwise slow one side of a ratio and not the other.
    """
    runs = [[load() for load in loads] for _ in range(rounds)]
    least = []
    for results in zip(*runs, strict=True):
        best = min(results, key=lambda result: result.total_us)
        least.append(replace(best, errors=sum(result.errors for result in results)))
    return least


def wrk(group: Group, path: str, body: str, token: str, *, seconds: int = 6, connections: int = 64) -> Result:
    """POST the same body as fast as it goes over keep-alive connections, after a second of warming up."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("the bench loads with wrk: apt-get install wrk")
    quoted = body.replace("\\", "\\\\").replace('"', '\\"')
    script = (
        f'wrk.method="POST" wrk.body="{quoted}" wrk.headers["Content-Type"]="application/json" '
        f'wrk.headers["Authorization"]="Bearer {token}"'
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = [
            "taskset", "-c", str(LOAD_CORE), program, "-t", "1", "-c", str(connections), "-s", file.name,
            f"http://127.0.0.1:{group.port}{path}",
        ]  # fmt: skip
        subprocess.run([*command, "-d", "1s"], capture_output=True, check=True)
        before = group.cpu_seconds()
        done = subprocess.run([*command, "-d", f"{seconds}s"], capture_output=True, text=True, check=True)
        time.sleep(1.2)  # The ledger takes in the rest; its work counts.
        after = group.cpu_seconds()
    count = int(re.search(r"(\d+) requests in", done.stdout)[1])  # type: ignore[index]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    cpu = {name: (after[name] - before[name]) / count * 1e6 for name in after}
    return Result(group.name, count, seconds, int(bad[1]) if bad else 0, cpu)


def latency(port: int, path: str, body: str, token: str, count: int = 2000) -> float:
    """Median seconds of one request at a time over one connection."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    times = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            began = time.perf_counter()
            connection.sendall(head)
            _read_answer(connection)
            times.append(time.perf_counter() - began)
    times.sort()
    return times[len(times) // 2]


def _read_answer(connection: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, rest = data.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
    have = len(rest)
    while have < length:
        have += len(connection.recv(65536))


def streams(group: Group, path: str, body: str, token: str, *, count: int, rounds: int = 3) -> Result:
    """Open `count` event streams at a time and read them to their end, `rounds` times."""
    before = group.cpu_seconds()
    began = time.monotonic()
    events, errors = asyncio.run(_streams(group.port, path, body, token, count, rounds))
    seconds = time.monotonic() - began
    time.sleep(1.2)
    after = group.cpu_seconds()
    cpu = {name: (after[name] - before[name]) / max(1, events) * 1e6 for name in after}
    return Result(group.name, events, seconds, errors, cpu)


async def _streams(port: int, path: str, body: str, token: str, count: int, rounds: int) -> tuple[int, int]:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()

    async def one() -> tuple[int, int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        data = await reader.read()
        while True:
            more = await reader.read(65536)
            if not more:
                break
            data += more
        writer.close()
        return data.count(b"data: "), int(b"data: [DONE]" not in data)

    total = errors = 0
    for _ in range(rounds):
        for events, wrong in await asyncio.gather(*(one() for _ in range(count))):
            total += events
            errors += wrong
    return total, errors


def write_report(path: Path, text: str) -> None:
    """Keep the last report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
