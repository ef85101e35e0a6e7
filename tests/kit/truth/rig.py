"""A whole Tollway, a counting upstream and a crowd of callers, for the truth scenarios."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kit.counting_upstream import CountingUpstream, Served
from kit.evidence import Books, read_books, read_token_states
from kit.instance import Tollway
from kit.load import CHAT_PATH, Caller, Crowd, Reply
from kit.local_api import LocalAPI
from tollway.contract.records import CloseRecord

PROVIDER = """version: 1
providers:
  - name: counted
    kind: openai
    base_url: http://127.0.0.1:{port}/v1
    credential: sk-counted
    allow_private: true
    models: ["*"]
"""

GENEROUS = {
    "requests": [{"requests": 1_000_000_000, "window_seconds": 60}],
    "concurrency": {"calls": 100_000},
    "budgets": [{"limit_usd": "1000000", "period": "total"}],
}
"""Every kind of limit, none of which is reached."""


@dataclass
class Rig:
    """What a scenario works with."""

    tollway: Tollway
    upstream: CountingUpstream
    api: LocalAPI
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def caller(self, token: str, *, keeps_alive: bool = True, path: str = CHAT_PATH) -> Caller:
        """A client of the gateway."""
        return Caller(self.tollway.gateway_url, token, keeps_alive=keeps_alive, path=path)

    def crowd(self) -> Crowd:
        """No clients yet."""
        return Crowd()

    async def end(self) -> "End":
        """Stop everything; return the exit code, what the upstream saw, and the books."""
        code = await asyncio.to_thread(self.tollway.stop)
        return End(code, self.upstream.stop(), read_books(self.tollway.data), read_token_states(self.tollway.data))


@dataclass
class End:
    """What is left when everything has stopped."""

    code: int
    served: list[Served]
    books: Books
    token_states: dict[str, str]

    def seen_of(self, replies: Iterable[Reply]) -> list[Served]:
        """What the upstream saw of these calls, in order of arrival."""
        traces = {reply.trace for reply in replies}
        return [call for call in self.served if call.trace in traces]

    def record_of(self, trace: str) -> CloseRecord:
        """The one record of a call that was sent."""
        (record,) = self.books.calls[trace]
        return record


Judge = Callable[[End], "Figures"]
"""Holds what a scenario did against what is left."""
Scenario = Callable[[Rig], Awaitable[Judge]]


async def play(workers: int, scenario: Scenario) -> "Figures":
    """Play one scenario on an installation of its own."""
    async with rig(workers) as world:
        judge = await scenario(world)
        return judge(await world.end())


@asynccontextmanager
async def rig(workers: int, settings: str = "") -> AsyncIterator[Rig]:
    """Start everything in a temporary directory; whatever happens, no process is left behind."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        upstream = CountingUpstream(root)
        tollway = Tollway(root, workers)
        if settings:
            (root / "tollway.toml").write_text(settings)
        try:
            await asyncio.to_thread(tollway.start)
            await asyncio.to_thread(tollway.apply, PROVIDER.format(port=upstream.port))
            yield Rig(tollway, upstream, LocalAPI(tollway.data))
        finally:
            upstream.stop()
            await asyncio.to_thread(tollway.destroy)


async def until_back(world: Rig, seconds: float = 60) -> float:
    """Wait until the console and the ledger behind it answer; return how long that took."""
    began = time.monotonic()
    while (await world.api.ask("GET", "/calls?limit=1", seconds=5))[0] != 200:
        assert time.monotonic() - began < seconds, "the console and the ledger did not come back"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


class Figures:
    """What a scenario found, printed as a table, and which promises were broken."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._rows: list[tuple[str, str]] = []
        self._broken: list[str] = []

    def add(self, name: str, value: object, *, holds: bool = True) -> None:
        """Add a line; `holds` tells whether it is as promised."""
        text = f"{value:.3f}" if isinstance(value, float) else f"{value}"
        self._rows.append((name, text if holds else f"{text}  <- BROKEN"))
        if not holds:
            self._broken.append(f"{name}: {text}")

    def check(self) -> None:
        """Raise AssertionError when a promise was broken."""
        assert not self._broken, "\n".join([str(self), *self._broken])

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self._rows)
        return "\n".join([f"\n{self._title}", *(f"  {name:<{width}}  {value}" for name, value in self._rows)])
