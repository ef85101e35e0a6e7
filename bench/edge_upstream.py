"""CPU per round trip and per streamed event of the upstream client, against nginx on loopback.

Run: `python bench/edge_upstream.py [--seconds 3] [--profile]`. CPU is this process's own, by `getrusage`.
"""

import argparse
import asyncio
import cProfile
import pstats
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from tollway.contract.policy import Upstream
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.edge.upstream.destination import build_destination
from tollway.gateway.ports import Destination

REQUEST = b'{"model":"m","messages":[{"role":"user","content":"' + b"x" * 206 + b'"}]}'
ANSWER = '{"id":"c","choices":[{"message":{"role":"assistant","content":"' + "y" * 800 + '"}}]}'
HEADERS = [
    (b"content-type", b"application/json"),
    (b"accept", b"application/json"),
    (b"authorization", b"Bearer sk-0123456789012345678901234567890123456789"),
    (b"user-agent", b"bench"),
    (b"x-request-id", b"0123456789abcdef"),
]
EVENTS = 52
EVENT = b'data: {"id":"c","choices":[{"delta":{"content":"' + b"z" * 120 + b'"}}]}\n\n'


class SinkExchange:
    """Takes a relayed answer and counts what it was given."""

    def __init__(self) -> None:
        self.writes = 0
        self.is_writable = True

    def write(self, chunk: bytes) -> None:
        self.writes += 1

    def watch_writable(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None:
        pass


class CountingTap:
    """Stands for what accounting does with each chunk."""

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def finish(self, error_code: str | None) -> bytes:
        return b""


def start_nginx(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start nginx answering every request with 900 bytes; return it and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {folder};\n"
        f"proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n"
        f"server {{ listen 127.0.0.1:{port}; default_type application/json;\n"
        f"location / {{ return 200 '{ANSWER}'; }} }} }}\n"
    )
    program = shutil.which("nginx")
    if program is None:
        raise SystemExit("nginx is needed")
    process = subprocess.Popen([program, "-p", str(folder), "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.05)
    raise SystemExit("nginx did not start")


async def measure_round_trips(upstreams: EdgeUpstreams, destination: Destination, seconds: float, clients: int) -> None:
    """Print CPU per POST of 260 bytes answered with 900."""
    done = 0
    end = time.monotonic() + seconds

    async def client() -> None:
        nonlocal done
        while time.monotonic() < end:
            for _ in range(20):
                answer = await upstreams.send(
                    destination, method="POST", target=b"/v1/chat/completions", headers=HEADERS, body=REQUEST
                )
                body = await answer.read(1_000_000)
                assert answer.status == 200 and len(body) == len(ANSWER)
                done += 1

    cpu = _cpu()
    await asyncio.gather(*(client() for _ in range(clients)))
    used = _cpu() - cpu
    print(f"round trip, {clients:3d} clients: {used / done * 1e6:6.1f} us CPU  ({done / seconds:.0f}/s)")


async def measure_events(upstreams: EdgeUpstreams, seconds: float, streams: int) -> None:
    """Print CPU per streamed event; the events are written one at a time by a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--serve-events", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    destination = build_destination(
        Upstream(base_url=f"http://127.0.0.1:{port}", allow_private=("*",)), pool_key="events"
    )
    end = time.monotonic() + seconds
    writes = 0

    async def stream() -> None:
        nonlocal writes
        while time.monotonic() < end:
            answer = await upstreams.send(destination, method="POST", target=b"/s", headers=HEADERS, body=REQUEST)
            exchange = SinkExchange()
            code = await answer.relay(exchange, CountingTap())  # type: ignore[arg-type]
            assert code is None
            writes += exchange.writes

    cpu = _cpu()
    await asyncio.gather(*(stream() for _ in range(streams)))
    used = _cpu() - cpu
    print(f"streamed event, {streams} streams: {used / writes * 1e6:6.1f} us CPU  ({writes} writes)")
    process.kill()
    await process.wait()


async def serve_events() -> None:
    """Answer every request with chunked events 10 ms apart."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(REQUEST))
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                )
                for _ in range(EVENTS):
                    writer.write(b"%x\r\n%b\r\n" % (len(EVENT), EVENT))
                    await asyncio.sleep(0.01)
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def run(seconds: float, port: int, profile: bool) -> None:
    """Run all measurements."""
    upstreams = EdgeUpstreams()
    destination = build_destination(Upstream(base_url=f"http://127.0.0.1:{port}", allow_private=("*",)), pool_key="b")

    async def timed(what: Awaitable[None]) -> None:
        if not profile:
            return await what
        profiler = cProfile.Profile()
        profiler.enable()
        await what
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)

    await measure_round_trips(upstreams, destination, 0.3, 64)
    await timed(measure_round_trips(upstreams, destination, seconds, 64))
    if not profile:
        await measure_round_trips(upstreams, destination, seconds, 1)
    await timed(measure_events(upstreams, seconds, 100))
    upstreams.close()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--serve-events", action="store_true")
    options = parser.parse_args()
    if options.serve_events:
        return uvloop.run(serve_events())
    with tempfile.TemporaryDirectory() as folder:
        process, port = start_nginx(Path(folder))
        try:
            uvloop.run(run(options.seconds, port, options.profile))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
