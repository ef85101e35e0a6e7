"""Starts and measures what the bench compares: nginx as upstream and as bare proxy, and a whole Tollway.

CPU is read from /proc for every process of a group, so that nothing is left out of a figure.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from kit.instance import Tollway, children

TICKS = os.sysconf("SC_CLK_TCK")
PROXY_CORE, LOAD_CORE = 0, (os.cpu_count() or 1) - 1

NGINX = """
worker_processes {workers}; daemon off; pid {root}/nginx.pid; error_log {root}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
  uwsgi_temp_path {root}/u; scgi_temp_path {root}/s; keepalive_requests 100000000; keepalive_timeout 3600s;
  client_body_buffer_size 256k; client_max_body_size 16m; types {{ }} default_type application/json;
  {servers}
}}
"""
PROXY_SERVER = """
  upstream u {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering {buffering};
  }} }}
"""


@dataclass
class Group:
    """Processes measured together. `pids` by name."""

    name: str
    port: int
    pids: dict[str, int]

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time of each process so far."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def memory_mb(self) -> dict[str, float]:
        """Proportional set size of each process in MB (shared pages are shared out)."""
        return {name: pss_mb(pid) for name, pid in self.pids.items()}


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pss_mb(pid: int) -> float:
    """Proportional set size in MB."""
    match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    return int(match[1]) / 1024 if match else 0.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pin(pids: dict[str, int] | list[int], core: int) -> None:
    """Keep processes (all threads) on one core."""
    for pid in pids.values() if isinstance(pids, dict) else pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def wait_port(port: int, seconds: float = 10) -> None:
    """Return when something listens. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")


@contextlib.contextmanager
def running(arguments: list[str], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of the block; SIGTERM, then SIGKILL."""
    process = subprocess.Popen(arguments, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def nginx(servers: str, port: int, *, core: int, workers: int = 1) -> Iterator[Group]:
    """Run nginx with these server blocks. Raises SystemExit when it is not installed: there is no bench without it."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SystemExit("the bench compares with nginx: apt-get install nginx-light wrk")
    with tempfile.TemporaryDirectory() as root:
        config = Path(root) / "nginx.conf"
        config.write_text(NGINX.format(root=root, servers=servers, workers=workers))
        with running([program, "-c", str(config), "-p", root]) as process:
            wait_port(port)
            time.sleep(0.1)
            pids = {f"nginx-{at}": pid for at, pid in enumerate(children(process.pid))}
            pin(pids, core)
            yield Group("nginx", port, pids)


def static_server(port: int, answers: dict[str, str]) -> str:
    """A server block that answers fixed bodies by path."""
    places = "".join(f"location = {path} {{ return 200 '{body}'; }}" for path, body in answers.items())
    return f"server {{ listen 127.0.0.1:{port}; {places} }}"


def file_server(port: int, folder: Path, name: str) -> str:
    """A server block that answers every POST with a file, for bodies too long for `return`."""
    return (
        f"server {{ listen 127.0.0.1:{port}; root {folder}; error_page 405 =200 /{name}; "
        f"location / {{ return 405; }} location = /{name} {{ }} }}"
    )


def proxy_server(port: int, upstream: int, buffering: str = "on") -> str:
    """Server blocks of the bare proxy."""
    return PROXY_SERVER.format(port=port, upstream=upstream, buffering=buffering)


@contextlib.contextmanager
def tollway(workers: int = 1) -> Iterator[Tollway]:
    """A running Tollway in a temporary directory."""
    with tempfile.TemporaryDirectory() as root:
        instance = Tollway(Path(root), workers)
        instance.start()
        try:
            yield instance
        finally:
            instance.stop()


def processes(instance: Tollway) -> Group:
    """All processes of a Tollway, by role."""
    return Group("tollway", int(instance.gateway_url.rsplit(":", 1)[1]), instance.pids())
