"""Bars that are not CPU a request: cold start, memory of open streams, TLS to the upstream, several workers."""

import contextlib
import http.client
import json
import socket
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from bench import load
from bench.rig import (
    LOAD_CORE,
    PROXY_CORE,
    Group,
    Tollway,
    free_port,
    nginx,
    pin,
    processes,
    pss_mb,
    running,
    static_server,
    tollway,
    wait_port,
)
from bench.texts import CHAT, Bench, answer_body, provider, request_body

from kit.private_ca import PrivateCA

ROOT = Path(__file__).resolve().parent.parent
STREAMS = 5_000


def cold_start(bench: Bench) -> None:
    """From the command to the first answered call, on an installation that exists."""
    with tempfile.TemporaryDirectory() as root:
        instance = Tollway(Path(root))
        instance.start()
        fresh = instance.seconds_to_ready
        token = instance.token()
        instance.stop()
        seconds = min(_first_answer(instance, token) for _ in range(3))
    bench.row("cold start to first answered request", f"{seconds:.2f} s", "<= 2 s", seconds <= 2)
    bench.row("first start ever, to ready", f"{fresh:.2f} s", "reported")


def _first_answer(instance: Tollway, token: str) -> float:
    body = json.dumps({"model": "sandbox-small", "messages": [{"role": "user", "content": "Hi"}]})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    port = int(instance.listen.rsplit(":", 1)[1])
    found: list[float] = []
    began = time.monotonic()

    def ask() -> None:
        while not found and time.monotonic() - began < 30:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.suppress(OSError):
                connection.request("POST", CHAT, body, headers)
                if connection.getresponse().status == 200:
                    found.append(time.monotonic() - began)
            connection.close()
            time.sleep(0.005)

    asking = threading.Thread(target=ask)
    asking.start()
    instance.start()
    asking.join()
    instance.stop()
    return found[0] if found else float("inf")


def open_streams(bench: Bench) -> None:
    """Memory of thousands of open event streams, every one of which was answered and goes on."""
    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(running([sys.executable, "-m", "bench.event_upstream", str(port), "1"], cwd=ROOT))
        wait_port(port)
        instance = stack.enter_context(tollway())
        instance.apply("version: 1\nproviders:\n" + provider("stream", f"http://127.0.0.1:{port}/v1"))
        token = instance.token()
        group = processes(instance)
        before = pss_mb(group.pids["worker"])
        body = request_body("stream", 260, ',"stream":true')
        opened = [stack.enter_context(_open_stream(group, body, token)) for _ in range(STREAMS)]
        time.sleep(5)
        each = (pss_mb(group.pids["worker"]) - before) * 1024 / len(opened)
        running_on = sum(connection.recv(64).startswith(b"HTTP/1.1 200") for connection in opened)
    is_met = each <= 24 and running_on == STREAMS
    bench.row(f"an open stream, plain ({running_on:,} of {STREAMS:,} open)", f"{each:.1f} KiB", "<= 24 KiB", is_met)


def _open_stream(group: Group, body: str, token: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", group.port))
    head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return connection


def tls_upstream(bench: Bench, seconds: int) -> None:
    """The same call to an upstream that speaks TLS, kept alive."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = PrivateCA()
        authority.server_context(folder, "localhost")
        certificate = folder / "localhost.pem"
        (folder / "ca.pem").write_text(authority.pem)
        plain_port, tls_port = free_port(), free_port()
        answers = {CHAT: answer_body(900)}
        tls = static_server(tls_port, answers).replace(
            f"{tls_port};", f"{tls_port} ssl; ssl_certificate {certificate}; ssl_certificate_key {certificate};", 1
        )
        stack.enter_context(nginx(static_server(plain_port, answers) + tls, plain_port, core=LOAD_CORE))
        instance = stack.enter_context(tollway())
        document = "version: 1\nproviders:\n" + provider("bench", f"http://127.0.0.1:{plain_port}/v1")
        document += provider("secure", f"https://localhost:{tls_port}/v1") + f"    ca_file: {folder / 'ca.pem'}\n"
        instance.apply(document)
        token = instance.token()
        group = processes(instance)
        pin([group.pids["worker"]], PROXY_CORE)
        results = [
            load.wrk(group, CHAT, request_body(name, 260), token, seconds=seconds) for name in ("bench", "secure")
        ]
    extra = results[1].cpu_us["worker"] - results[0].cpu_us["worker"]
    bench.row(
        "TLS upstream, kept alive", f"+ {extra:.1f} us", "<= plain + 40 us", extra <= 40 and not results[1].errors
    )


def workers(bench: Bench, seconds: int) -> None:
    """CPU a request with one worker and with one a core: what is lost by sharing meters, sockets and the store."""
    figures = []
    for count in (1, 2):
        with ExitStack() as stack:
            port = free_port()
            stack.enter_context(nginx(static_server(port, {CHAT: answer_body(900)}), port, core=LOAD_CORE))
            instance = stack.enter_context(tollway(count))
            instance.apply("version: 1\nproviders:\n" + provider("bench", f"http://127.0.0.1:{port}/v1"))
            token = instance.token("--rpm", "100000000", "--budget", "100000/month")
            result = load.wrk(processes(instance), CHAT, request_body("bench", 260), token, seconds=seconds)
            figures.append(sum(us for name, us in result.cpu_us.items() if name.startswith("worker")))
    share = figures[0] / figures[1]
    shown = f"{figures[0]:.1f} -> {figures[1]:.1f} us = {share:.2f}"
    bench.row("2 workers, CPU a request against 1", shown, ">= 0.9 x linear", share >= 0.9)
