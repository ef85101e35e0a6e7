"""Callers: keep-alive connections that say exactly what became of each request."""

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MODEL = "gpt-4o"
CHAT_PATH = "/v1/chat/completions"

_RUN = secrets.token_hex(8)
_NUMBERS = itertools.count(1)


def new_trace() -> str:
    """A trace id that no other request of any run has."""
    return f"{_RUN}{next(_NUMBERS):016x}"


def chat(wishes: str = "", *, stream: bool = False, max_tokens: int | None = 8, model: str = MODEL) -> bytes:
    """The body of a chat call; `wishes` are for the counting upstream."""
    body: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": "hello"}], "user": wishes}
    if stream:
        body["stream"] = True
    if max_tokens is not None:
        body["max_tokens"] = max_tokens
    return json.dumps(body).encode()


@dataclass
class Reply:
    """What became of one request. `status` 0: no answer came; `fault` says why, or why it is not whole."""

    trace: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = False
    fault: str = ""
    begun_ns: int = 0
    ended_ns: int = 0

    @property
    def code(self) -> str:
        """The error's code, "" for none."""
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            return str(json.loads(self.body)["error"]["code"])
        return ""


class Caller:
    """One client with one connection, opened again when it was closed."""

    def __init__(self, address: str, token: str, *, keeps_alive: bool = True, path: str = CHAT_PATH) -> None:
        self._host, _, port = address.removeprefix("http://").partition(":")
        self._port = int(port)
        self.token = token
        self._keeps_alive = keeps_alive
        self._path = path.encode()
        self.is_busy = False
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, body: bytes, *, timeout_seconds: float = 30.0) -> Reply:
        """Send one chat call and read its answer to the end. Never raises for what the other side does."""
        reply = Reply(new_trace(), begun_ns=time.monotonic_ns())
        self.is_busy = True
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._exchange(body, reply)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            reply.fault = reply.fault or f"{type(error).__name__}: {error}"[:100]
            self.close()
        finally:
            self.is_busy = False
            reply.ended_ns = time.monotonic_ns()
        return reply

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, body: bytes, reply: Reply) -> None:
        if self._streams is None:
            reply.fault = "not connected"
            self._streams = await asyncio.open_connection(self._host, self._port)
            reply.fault = ""
        reader, writer = self._streams
        writer.write(
            b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
            b"Content-Type: application/json\r\ntraceparent: 00-%b-00000000000000aa-01\r\nContent-Length: %d\r\n\r\n%b"
            % (self._path, self.token.encode(), reply.trace.encode(), len(body), body)
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        reply.status = int(head[0].split(" ")[1])
        reply.headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        await _read_body(reader, reply)
        reply.is_whole = True
        if not self._keeps_alive or reply.headers.get("connection", "").lower() == "close":
            self.close()


async def _read_body(reader: asyncio.StreamReader, reply: Reply) -> None:
    if "chunked" not in reply.headers.get("transfer-encoding", ""):
        reply.body = await reader.readexactly(int(reply.headers.get("content-length", "0")))
        return
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        reply.body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")


class Crowd:
    """Callers that call again and again until told to stop."""

    def __init__(self) -> None:
        self.callers: list[Caller] = []
        self.replies: list[Reply] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopping = False

    def add(
        self, caller: Caller, next_body: Callable[[], bytes], pause: Callable[[], float] = lambda: 0.0
    ) -> "asyncio.Task[None]":
        """Let a caller begin."""
        self.callers.append(caller)
        task = asyncio.create_task(self._drive(caller, next_body, pause))
        self._tasks.append(task)
        return task

    @property
    def in_flight(self) -> int:
        """How many calls are under way."""
        return sum(caller.is_busy for caller in self.callers)

    async def stop(self) -> list[Reply]:
        """Let the calls under way end, and return all replies."""
        self._is_stopping = True
        await asyncio.gather(*self._tasks)
        for caller in self.callers:
            caller.close()
        return self.replies

    async def _drive(self, caller: Caller, next_body: Callable[[], bytes], pause: Callable[[], float]) -> None:
        while not self._is_stopping:
            reply = await caller.call(next_body())
            self.replies.append(reply)
            # Whoever was not answered tries again a little later, as clients do.
            wait = pause() if reply.status else 0.05
            if wait:
                await asyncio.sleep(wait)


async def until(condition: Callable[[], bool], seconds: float, step: float = 0.01) -> float:
    """Wait until the condition holds and return how long that took; raises TimeoutError."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds} s")
        await asyncio.sleep(step)
    return time.monotonic() - began
