"""The whole group of processes: up, back after a kill, reloaded, and down without a word lost.

One installation for the file, in the order of its tests; the last one stops it.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kit.instance import Tollway
from tollway.adapters.telemetry.counters import read_counters

pytestmark = pytest.mark.timeout(120)
SECONDS_MAX = 60
PROVIDER_KEY = "sk-in-the-servers-environment"


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    """Tollway with two workers, on free ports."""
    tollway = Tollway(tmp_path_factory.mktemp("tollway"), workers=2)
    tollway.environment["SOME_PROVIDER_KEY"] = PROVIDER_KEY
    tollway.start()
    try:
        yield tollway
    finally:
        tollway.destroy()


@pytest.fixture(scope="module")
def secret(tollway: Tollway) -> str:
    """A token for the sandbox."""
    return tollway.token()


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def call(tollway: Tollway, secret: str, **headers: str) -> int:
    request = urllib.request.Request(
        f"{tollway.gateway_url}/v1/chat/completions",
        json.dumps({"model": "sandbox-small", "messages": [{"role": "user", "content": "Hello"}]}).encode(),
        {"authorization": f"Bearer {secret}", "content-type": "application/json", **headers},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return len(json.load(answer)["choices"])


ROLES = {"supervisor", "worker", "worker-2", "ledger", "console"}


@pytest.fixture(autouse=True)
def whole(tollway: Tollway) -> None:
    """Every test begins with each role filled once: the one before may have ended while processes were replaced."""
    until(lambda: tollway.pids().keys() == ROLES)


def test_it_answers_on_both_ports_when_it_says_so(tollway: Tollway, secret: str) -> None:
    assert call(tollway, secret) == 1
    with urllib.request.urlopen(f"{tollway.console_url}/healthz", timeout=30) as answer:
        assert answer.status == 200
    assert tollway.pids().keys() == ROLES


def test_r41_no_process_that_faces_callers_has_a_providers_key_in_its_environment(tollway: Tollway) -> None:
    holders = {
        role
        for role, pid in tollway.pids().items()
        if PROVIDER_KEY.encode() in Path(f"/proc/{pid}/environ").read_bytes()
    }
    # The console resolves `env:` references; the supervisor is who was given them.
    assert holders == {"supervisor", "console"}


def test_every_process_may_open_as_many_files_as_the_machine_allows(tollway: Tollway) -> None:
    for role, pid in tollway.pids().items():
        found = re.search(r"^Max open files +(\S+) +(\S+)", Path(f"/proc/{pid}/limits").read_text(), re.MULTILINE)
        assert found is not None and found[1] == found[2], role


@pytest.mark.parametrize("role", ["worker", "ledger", "console"])
def test_a_killed_process_is_back_and_calls_go_on(tollway: Tollway, secret: str, role: str) -> None:
    before = tollway.pids()
    os.kill(before[role], signal.SIGKILL)
    until(lambda: tollway.has_replaced(role, before))
    assert call(tollway, secret) == 1


def test_a_process_that_is_dying_does_not_count_as_back(tmp_path: Path) -> None:
    """The kernel takes a moment to end a killed process: it is there at one look and gone at the next."""
    before = {"supervisor": 1, "worker": 2, "ledger": 3}
    looks = [before, {"supervisor": 1, "worker": 2}, before | {"ledger": 4}]

    class Watched(Tollway):
        def pids(self) -> dict[str, int]:
            return looks.pop(0)

    watched = Watched(tmp_path)
    assert [watched.has_replaced("ledger", before) for _ in range(3)] == [False, False, True]


def test_a_reload_replaces_every_child_and_no_call_fails(tollway: Tollway, secret: str) -> None:
    before = tollway.pids()
    os.kill(before["supervisor"], signal.SIGHUP)
    old = {before["worker"], before["worker-2"], before["console"], before["ledger"]}
    until(lambda: call(tollway, secret) == 1 and not old & set(tollway.pids().values()))


def test_counters_neither_fall_nor_double_while_workers_come_and_go(tollway: Tollway, secret: str) -> None:
    """An old worker still counts the calls it finishes while its successor runs."""

    def counted(name: str = "requests_total") -> int:
        return sum(one[name] for one in read_counters(tollway.data / "run").values())

    until(lambda: not counted("requests_in_flight"))  # the calls before this test are answered, not all counted yet
    before, made, seen = tollway.pids(), 0, [counted()]
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(call, tollway, secret, **{"x-sandbox-latency-ms": "900"})
        until(lambda: counted("requests_in_flight") > 0)
        os.kill(before["supervisor"], signal.SIGHUP)
        while {before["worker"], before["worker-2"]} & set(tollway.pids().values()):
            made += call(tollway, secret)
            seen.append(counted())
        made += slow.result(30)
    assert made > 1
    until(lambda: tollway.has_replaced("console", before))
    until(lambda: not counted("requests_in_flight"))
    assert counted() == seen[0] + made
    now = tollway.pids()
    os.kill(now["worker"], signal.SIGKILL)
    until(lambda: seen.append(counted()) or tollway.has_replaced("worker", now))
    assert seen == sorted(seen)
    assert counted() == seen[0] + made
    with urllib.request.urlopen(f"{tollway.console_url}/metrics", timeout=30) as answer:
        shown = re.findall(r"^tollway_requests_total\{[^}]*\} (\d+)", answer.read().decode(), re.MULTILINE)
    assert sum(map(int, shown)) == counted()


def test_a_second_server_on_the_same_directory_or_port_is_refused_with_the_cause(
    tollway: Tollway, tmp_path: Path
) -> None:
    for data, words in ((tollway.data, "in use"), (tmp_path / "other", "cannot listen on")):
        done = subprocess.run(
            [sys.executable, "-m", "tollway", "serve", "--data", str(data), "--listen", tollway.listen],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr


def test_the_end_waits_for_what_is_under_way(tollway: Tollway, secret: str) -> None:
    host, _, port = tollway.listen.rpartition(":")
    body = json.dumps({"model": "sandbox-small", "messages": [{"role": "user", "content": "Hello"}]}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {secret}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\nx-sandbox-latency-ms: 700\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(0.3)
        pids = tollway.pids()
        os.kill(pids["supervisor"], signal.SIGTERM)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    assert tollway.stop() == 0
    assert answer.startswith(b"HTTP/1.1 200") and b"connection: close" in answer.lower()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.values())
