"""A whole Tollway as a user runs it: real processes, set up by its own command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


class Tollway:
    """A whole Tollway in a directory of its own, set up by its own command line."""

    def __init__(self, root: Path, workers: int = 1) -> None:
        self.root = root
        self.workers = workers
        self.environment: dict[str, str] = {}
        self.announced = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.listen = self.console_listen = "127.0.0.1:0"
        self.gateway_url = ""
        self.console_url = ""
        self.seconds_to_ready = 0.0

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    def start(self, *options: str) -> None:
        """Start and wait for the ready line."""
        began = time.monotonic()
        addresses = ("--listen", self.listen, "--console", self.console_listen, "--workers", str(self.workers))
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tollway", "serve", "--data", str(self.data), *addresses, *options],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self.environment},
                cwd=self.root,
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(b"ready "):
                _, self.gateway_url, self.console_url = line.decode().split()
                self.seconds_to_ready = time.monotonic() - began
                self.listen = self.gateway_url.partition("://")[2]
                self.console_listen = self.console_url.partition("://")[2]
                return
        raise AssertionError(f"tollway did not start:\n{(self.root / 'log').read_text()[-4000:]}")

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run one command of its command line; raises AssertionError with its words when it fails."""
        done = self.attempt(*arguments, stdin=stdin)
        if done.returncode:
            raise AssertionError(f"tollway {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def attempt(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command of its command line, whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "tollway", *arguments, "--data", str(self.data)],
            input=stdin, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, **self.environment}, cwd=self.root,
        )  # fmt: skip

    def apply(self, document: str) -> None:
        """Apply a YAML document."""
        path = self.root / "apply.yaml"
        path.write_text(document)
        self.run("apply", "-f", str(path))

    def token(self, *options: str) -> str:
        """Issue a token and return its secret."""
        issued = json.loads(self.run("token", "issue", "--name", f"t{time.time_ns()}", *options, "--json"))
        return str(issued["token"])

    def pids(self) -> dict[str, int]:
        """All its processes, by role: `worker`, `worker-2`, …"""
        assert self.process is not None
        pids = {"supervisor": self.process.pid}
        for pid in children(self.process.pid):
            role = role_of(pid)
            if not role:
                continue
            count = sum(name.startswith(role) for name in pids)
            pids[f"{role}-{count + 1}" if count else role] = pid
        return pids

    def has_replaced(self, role: str, before: dict[str, int]) -> bool:
        """Whether every role of `before` is filled again, and this one by another process.

        It looks once: of two looks, the first can still see the process that is dying and the second no longer,
        and together they say that all is well before anything was restarted.
        """
        now = self.pids()
        return now.keys() == before.keys() and before[role] not in now.values()

    def kill(self, pid: int) -> None:
        """Kill one of its processes. The supervisor is also waited for, so that it can be started again."""
        assert self.process is not None
        os.kill(pid, signal.SIGKILL)
        if pid == self.process.pid:
            self.process.wait(10)
            if self.process.stdout is not None:
                self.process.stdout.close()

    def destroy(self) -> None:
        """Leave no process behind, however the test ended. Idempotent."""
        if self.process is None:
            return
        if self.process.poll() is None:
            pids = [self.process.pid, *children(self.process.pid)]
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)
                self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def stop(self) -> int:
        """SIGTERM, wait for the drain, and return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def role_of(pid: int) -> str:
    """What a child is; "" while it has not become our program yet, or has ended."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return words[3].decode().lstrip("_") if len(words) > 3 and words[3].startswith(b"_") else ""


def children(pid: int) -> list[int]:
    """Direct children of a process."""
    return [int(item) for item in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
