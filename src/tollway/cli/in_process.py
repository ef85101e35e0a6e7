"""The management API without a server: the console's own application, called in this process.

Plain ASGI 3 without sockets. The caller holds the data directory's lock meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

from tollway.cli.answers import API, Answer, CommandError, ExitCode

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class InProcessAPI:
    """Runs an ASGI application from start-up to shutdown on an event loop of its own."""

    def __init__(self, application: Application, locks: ExitStack) -> None:
        self._application = application
        self._locks = locks
        self._runner = asyncio.Runner()
        self._lifespan = _Lifespan(application)
        self._is_closed = False
        try:
            self._runner.run(self._lifespan.start())
        except BaseException:
            self.close()
            raise

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and return the whole answer."""
        return self._runner.run(_call(self._application, _scope(method, target, headers), body))

    def close(self) -> None:
        """Shut the application down and release the lock. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        with self._locks:
            try:
                self._runner.run(self._lifespan.stop())
            finally:
                self._runner.close()


class _Lifespan:
    """The start-up and shutdown of an application, which run in one task of their own."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())
        await self._inbox.put({"type": "lifespan.startup"})
        answer = await self._outbox.get()
        if answer["type"] == "lifespan.startup.failed":
            raise CommandError(ExitCode.UNAVAILABLE, f"the console cannot start: {answer.get('message', '')}")

    async def stop(self) -> None:
        if self._task is None or self._task.done():
            return
        await self._inbox.put({"type": "lifespan.shutdown"})
        await self._outbox.get()
        await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        try:
            await self._application(scope, self._inbox.get, self._outbox.put)
        except (
            Exception
        ) as error:  # An application may refuse the lifespan protocol by raising (ASGI, section Lifespan).
            await self._outbox.put({"type": "lifespan.startup.failed", "message": str(error)})


def _scope(method: str, target: str, headers: Mapping[str, str]) -> Message:
    path, _, query = target.partition("?")
    fields = [(b"host", b"localhost")]
    fields += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": "http",
        # From 2.4 on an answer in parts does not watch for a disconnect, which `receive` reports after the body.
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": fields,
        "client": None,
        "server": None,
        "state": {},
    }


async def _call(application: Application, scope: Message, body: bytes) -> Answer:
    scope["headers"].append((b"content-length", str(len(body)).encode()))
    sent = False
    status, headers, chunks = 500, {}, []

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))

    await application(scope, receive, send)
    return Answer(status, headers, b"".join(chunks))


_: type[API] = InProcessAPI
