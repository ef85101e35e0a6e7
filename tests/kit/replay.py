"""An upstream that replays recorded answers, cut into random chunks, and remembers what reached it."""

import asyncio
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """One answer."""

    status: int
    content_type: str
    body: bytes


@dataclass
class Replay:
    """What to answer next, and what was asked. Set `answer` before each call, or once `respond`, which makes it."""

    status: int = 200
    content_type: str = "application/json"
    answer: bytes = b"{}"
    is_chunked: bool = True
    cut_after: int | None = None
    delay_seconds: float = 0.0
    pause_seconds: float = 0.0
    seed: int = 0
    respond: Callable[[Seen], Reply] | None = None
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    closed: threading.Event = field(default_factory=threading.Event)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> "Replay":
        """Serve in a thread of its own until `stop`."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)), daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        """End the server."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await asyncio.sleep(0.01)  # so that closed connections are told so while there is a loop

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            while True:
                await self._one(reader, writer)
        except asyncio.CancelledError:
            # The end: what nobody reads any more would keep the connection open beyond its loop.
            self.closed.set()
            writer.transport.abort()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.set()
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in fields)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen.append(Seen(line.split(" ")[1], headers, body))
        if self.respond is not None:
            self.status, self.content_type, self.answer = self.respond(self.seen[-1])
        # Taken now: once the answer is whole at the client, the test sets up the next one while this one still ends.
        is_chunked, is_cut = self.is_chunked, self.cut_after is not None
        await asyncio.sleep(self.delay_seconds)
        answer = self.answer if self.cut_after is None else self.answer[: self.cut_after]
        framing = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(self.answer)}"
        start = (
            f"HTTP/1.1 {self.status} X\r\nContent-Type: {self.content_type}\r\nX-Request-Id: up-{len(self.seen)}\r\n"
        )
        writer.write(f"{start}{framing}\r\n\r\n".encode())
        for part in cut(answer, random.Random(self.seed)):
            writer.write(b"%x\r\n%b\r\n" % (len(part), part) if is_chunked else part)
            await writer.drain()
            await asyncio.sleep(self.pause_seconds)
        if is_cut:
            writer.close()
            raise ConnectionError("cut on purpose")
        if is_chunked:
            writer.write(b"0\r\n\r\n")


def cut(data: bytes, chance: random.Random) -> list[bytes]:
    """Cut bytes into pieces of random length."""
    parts = []
    while data:
        size = chance.choice((1, 2, 7, 40, 300, 5_000, 60_000))
        parts.append(data[:size])
        data = data[size:]
    return parts


def differences(one: object, other: object, at: str = "") -> set[str]:
    """Return the JSON pointers at which two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = {f"{at}/{name}" for name in one.keys() ^ other.keys()}
        for name in one.keys() & other.keys():
            found |= differences(one[name], other[name], f"{at}/{name}")
        return found
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return set().union(*(differences(a, b, f"{at}/{i}") for i, (a, b) in enumerate(zip(one, other, strict=True))))
    return set() if json.dumps(one) == json.dumps(other) else {at}
