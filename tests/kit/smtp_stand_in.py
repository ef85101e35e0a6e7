"""A mail server that remembers what it was handed, on a loop and thread of its own.

It speaks as much of RFC 5321 as a client needs, STARTTLS (RFC 3207) and AUTH PLAIN and LOGIN (RFC 4954), and refuses a
login that is not under TLS.
"""

import asyncio
import ssl
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self


@dataclass
class Letter:
    """One letter as it came in. `login` None: without one."""

    sender: str
    recipients: list[str]
    raw: bytes
    login: tuple[str, str] | None
    was_encrypted: bool

    @property
    def message(self) -> EmailMessage:
        """The letter, parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class _Dialogue:
    """What is known of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_encrypted: bool = False
    login: tuple[str, str] | None = None
    sender: str = ""
    recipients: list[str] = field(default_factory=list)

    async def say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def line(self) -> str:
        return (await self.reader.readline()).decode("utf-8", "replace").rstrip("\r\n")


class SMTPStandIn:
    """Listens on 127.0.0.1. `context` offers STARTTLS, or TLS from the start with `is_tls`."""

    def __init__(self, *, context: ssl.SSLContext | None = None, is_tls: bool = False) -> None:
        self.letters: list[Letter] = []
        self.logins: dict[str, str] = {}
        self.refused_recipients: set[str] = set()
        self.is_silent = False
        self.port = 0
        self._context, self._is_tls = context, is_tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        context = self._context if self._is_tls else None
        return await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # so that closed connections are told so while there is a loop

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await self._talk(_Dialogue(reader, writer, self._is_tls))
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _talk(self, one: _Dialogue) -> None:
        if self.is_silent:
            await asyncio.sleep(60)
        await one.say("220 stand-in ESMTP")
        while line := await one.line():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    await self._greet(one)
                case "STARTTLS" if self._context and not one.is_encrypted:
                    await one.say("220 go ahead")
                    await one.writer.start_tls(self._context)
                    one.is_encrypted = True
                case "AUTH":
                    await self._log_in(one, rest)
                case "MAIL":
                    one.sender, one.recipients = _path(rest), []
                    await one.say("250 ok")
                case "RCPT":
                    await self._add_recipient(one, _path(rest))
                case "DATA":
                    await self._take(one)
                case "RSET" | "NOOP":
                    await one.say("250 ok")
                case "QUIT":
                    await one.say("221 bye")
                    return
                case _:
                    await one.say("502 not known")

    async def _greet(self, one: _Dialogue) -> None:
        lines = ["stand-in"]
        if self._context and not one.is_encrypted:
            lines.append("STARTTLS")
        if self.logins and one.is_encrypted:
            lines.append("AUTH PLAIN LOGIN")
        for line in lines[:-1]:
            await one.say(f"250-{line}")
        await one.say(f"250 {lines[-1]}")

    async def _log_in(self, one: _Dialogue, rest: str) -> None:
        kind, _, first = rest.partition(" ")
        if not one.is_encrypted:
            return await one.say("538 encryption required")
        if kind.upper() == "PLAIN":
            _, user, password = b64decode(first).decode().split("\0")
        else:
            user = b64decode(first or await self._prompt(one, "Username:")).decode()
            password = b64decode(await self._prompt(one, "Password:")).decode()
        if self.logins.get(user) != password:
            return await one.say("535 5.7.8 who are you?")
        one.login = (user, password)
        await one.say("235 welcome")

    async def _prompt(self, one: _Dialogue, text: str) -> str:
        await one.say("334 " + b64encode(text.encode()).decode())
        return await one.line()

    async def _add_recipient(self, one: _Dialogue, address: str) -> None:
        if self.logins and one.login is None:
            await one.say("530 5.7.0 log in first")
        elif address in self.refused_recipients:
            await one.say("550 5.1.1 no such person")
        else:
            one.recipients.append(address)
            await one.say("250 ok")

    async def _take(self, one: _Dialogue) -> None:
        await one.say("354 go on")
        lines = []
        while (line := await one.reader.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.letters.append(Letter(one.sender, one.recipients, b"".join(lines), one.login, one.is_encrypted))
        await one.say("250 queued")


def _path(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
