"""CPU per request of the edge server alone, beside nginx's `return 200`, in one run.

    .venv/bin/python bench/edge_server.py [--seconds 4] [--profile FILE]

64 keep-alive clients (wrk, one thread) send a 260-byte POST and get 900 bytes. The handler reads the body and
answers; nothing else runs. User and system time of each server process is read from /proc. Prints one line a
server and the ratio. Needs wrk and nginx.
"""

import argparse
import asyncio
import cProfile
import multiprocessing
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import uvloop

from tollway.edge.server.server import EdgeServer
from tollway.gateway.ports import Exchange
from tollway.kernel.clock import SystemClock
from tollway.settings.model import LimitSettings, TimeoutSettings

ANSWER = b"x" * 900
SCRIPT = """
wrk.method = "POST"
wrk.body = string.rep("b", 260)
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
wrk.headers["User-Agent"] = "OpenAI/Python 1.99.0"
wrk.headers["Authorization"] = "Bearer tws_0123456789abcdefghijklmnopqrstuvwxyz0123"
"""
NGINX = """
worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {dir}; proxy_temp_path {dir};
  fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};
  server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json; return 200 "{body}"; }} }} }}
"""


async def answer(exchange: Exchange) -> None:
    await exchange.read_body(16_777_216)
    exchange.respond(200, [(b"content-type", b"application/json"), (b"x-request-id", b"req_0123456789")], ANSWER)


def serve(sock: socket.socket, profile: str | None) -> None:
    async def main() -> None:
        server = EdgeServer(
            answer, limits=LimitSettings(), timeouts=TimeoutSettings(), clock=SystemClock(), on_refused=print
        )
        server.listen(sock)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(15, stop.set)
        await stop.wait()

    if profile is None:
        uvloop.run(main())
        return
    profiler = cProfile.Profile()
    profiler.enable()
    uvloop.run(main())
    profiler.disable()
    profiler.dump_stats(profile)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port: int, pid: int, seconds: int, script: str) -> tuple[float, float]:
    """Return microseconds of the server's CPU per request, and requests per second."""
    before = cpu_seconds(pid)
    command = ["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{port}/v1/chat/completions"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(pid) - before
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(output)
    found = re.search(r"(\d+) requests in", output)
    assert found is not None
    count = int(found[1])
    return spent / count * 1e6, count / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--profile")
    args = parser.parse_args()
    for tool in ("wrk", "nginx"):
        if shutil.which(tool) is None:
            raise SystemExit(f"this benchmark needs {tool}")
    with tempfile.TemporaryDirectory() as folder:
        script = str(Path(folder, "post.lua"))
        Path(script).write_text(SCRIPT)
        sock = socket.create_server(("127.0.0.1", 0), backlog=512)
        child = multiprocessing.get_context("fork").Process(target=serve, args=(sock, args.profile))
        child.start()
        assert child.pid is not None
        load(sock.getsockname()[1], child.pid, 1, script)
        ours, ours_rate = load(sock.getsockname()[1], child.pid, args.seconds, script)
        child.terminate()
        child.join()
        sock.close()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        config = Path(folder, "nginx.conf")
        config.write_text(NGINX.format(dir=folder, port=port, body="x" * 900))
        nginx = subprocess.Popen(["nginx", "-p", folder, "-c", str(config)], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        try:
            children = Path(f"/proc/{nginx.pid}/task/{nginx.pid}/children").read_text().split()
            load(port, int(children[0]), 1, script)
            theirs, theirs_rate = load(port, int(children[0]), args.seconds, script)
        finally:
            nginx.terminate()
            nginx.wait()
    print(f"tollway edge {ours:6.2f} us CPU/request  {ours_rate:8.0f} requests/s")
    print(f"nginx        {theirs:6.2f} us CPU/request  {theirs_rate:8.0f} requests/s")
    print(f"ratio        {ours / theirs:6.2f}")


if __name__ == "__main__":
    main()
