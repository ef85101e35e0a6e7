"""Plays the sandbox's scripts as if they came from an upstream: no socket, the same port.

Errors and cuts look exactly like those of a real upstream, so that callers can try out how they cope.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from tollway.contract.policy import Upstream
from tollway.edge.flow import CallerFlow
from tollway.edge.upstream.destination import build_destination
from tollway.gateway.ports import Answer, Begun, Destination, Exchange, Headers, Tap, Upstreams
from tollway.kernel.errors import TollwayError
from tollway.providers import sandbox


class SandboxAnswer:
    """A script being played."""

    def __init__(self, script: sandbox.Script) -> None:
        self.status = script.status
        self.headers: Headers = [
            (b"content-type", script.content_type.encode()),
            (b"x-request-id", b"sandbox"),
        ]
        self.facts: list[object] = []
        self._steps = script.steps

    def take_whole(self, bytes_max: int) -> bytes | None:
        """Return nothing: a script is played."""
        return None

    async def read(self, bytes_max: int) -> bytes:
        """Return the whole body after its pauses. Raises upstream.truncated where the script is cut."""
        parts = []
        for step in self._steps:
            if step.pause_ms:
                await asyncio.sleep(step.pause_ms / 1000)
            if step.is_cut:
                raise TollwayError("upstream.truncated")
            parts.append(step.data)
        return b"".join(parts)

    async def relay(self, exchange: Exchange, tap: Tap | None) -> str | None:
        """Write the steps as they fall due, waiting while the caller does not read."""
        gate = _Gate(exchange)
        error: str | None = None
        for step in self._steps:
            if step.pause_ms:
                await asyncio.sleep(step.pause_ms / 1000)
            await gate.passable()
            if step.is_cut:
                error = "upstream.truncated"
                break
            data = step.data if tap is None else tap.feed(step.data)
            if data:
                exchange.write(data)
        last = b"" if tap is None else tap.finish(error)
        if last:
            exchange.write(last)
        return error

    async def tunnel(self, exchange: Exchange) -> tuple[int, int]:
        """The sandbox never switches protocols. Raises upstream.protocol."""
        raise TollwayError("upstream.protocol")

    def close(self) -> None:
        """Nothing is held."""


class SandboxRouter:
    """Sends what is meant for the sandbox to it, and everything else to the real upstreams."""

    def __init__(self, others: Upstreams) -> None:
        self._others = others

    def begin(
        self, destination: Destination, target: bytes, lines: bytes, own_lines: bytes, body: bytes
    ) -> Begun | None:
        """As Upstreams.begin; the sandbox has no connections."""
        if destination.scheme == "sandbox":
            return None
        return self._others.begin(destination, target, lines, own_lines, body)

    def send(
        self,
        destination: Destination,
        *,
        method: str,
        target: bytes,
        headers: Headers,
        body: "bytes | Exchange",
        lines: bytes = b"",
    ) -> Coroutine[Any, Any, Answer]:
        """Play a script for `sandbox` destinations; otherwise as Upstreams.send, without a coroutine of its own."""
        if destination.scheme == "sandbox":
            return self._play(target, headers, lines, body)
        return self._others.send(destination, method=method, target=target, headers=headers, body=body, lines=lines)

    async def _play(self, target: bytes, headers: Headers, lines: bytes, body: "bytes | Exchange") -> Answer:
        fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        fields |= dict([line.split(": ", 1) for line in lines.decode("latin-1").split("\r\n") if line])
        raw = body if isinstance(body, bytes) else b""
        script = sandbox.answer(target.decode("ascii"), raw, fields)
        if script.latency_ms:
            await asyncio.sleep(script.latency_ms / 1000)
        return SandboxAnswer(script)

    def keep(self, destinations: Sequence[Destination]) -> None:
        """As Upstreams.keep, without the sandbox."""
        self._others.keep([item for item in destinations if item.scheme != "sandbox"])


def build_any_destination(upstream: Upstream, pool_key: str) -> Destination:
    """Build a destination; the sandbox's has no address. Raises ValueError."""
    if upstream.base_url.startswith("sandbox:"):
        return Destination(pool_key, "sandbox", "sandbox", 0, "", b"", (), None, None, upstream.timeouts)
    return build_destination(upstream, pool_key=pool_key)


class _Gate:
    """Open while the caller reads."""

    def __init__(self, exchange: Exchange) -> None:
        self._open = asyncio.Event()
        self._open.set()
        flow: CallerFlow = exchange  # type: ignore[assignment]  # the server's exchange is both
        flow.watch_writable(self._open.clear, self._open.set)

    async def passable(self) -> None:
        if not self._open.is_set():
            await self._open.wait()


_answer: type[Answer] = SandboxAnswer
_upstreams: type[Upstreams] = SandboxRouter
