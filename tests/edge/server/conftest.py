"""A real edge server on a loopback socket, and a raw client that sees every byte."""

import asyncio
import datetime
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tollway.edge.server.server import EdgeServer
from tollway.gateway.ports import Exchange
from tollway.kernel.clock import SystemClock
from tollway.settings.model import LimitSettings, TimeoutSettings

Handle = Callable[[Exchange], Awaitable[None]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """These tests run on the loop the workers run on."""
    return {"uvloop": uvloop.new_event_loop}


async def describe(exchange: Exchange) -> None:
    """Answer with what was understood of the request, so that tests can compare it with what was meant."""
    body = await exchange.read_body(1_048_576)
    head = exchange.head
    text = b"%b %b ?%b %b" % (head.method.encode(), head.path.encode(), head.query.encode(), body)
    exchange.respond(200, [(b"content-type", b"text/plain")], text)


class Client:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes, pause: float = 0.005) -> None:
        for number, part in enumerate(parts):
            if number:
                await asyncio.sleep(pause)
            self.writer.write(part)
            await self.writer.drain()

    async def answer(self, seconds: float = 3.0, is_head: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Read one answer with content-length or chunks."""
        async with asyncio.timeout(seconds):
            raw = await self.reader.readuntil(b"\r\n\r\n")
            line, *fields = raw.decode("latin-1").split("\r\n")[:-2]
            headers = {name: value for name, _, value in (field.partition(": ") for field in fields)}
            body = b""
            if not is_head and "content-length" in headers:
                body = await self.reader.readexactly(int(headers["content-length"]))
            elif headers.get("transfer-encoding") == "chunked":
                while size := int(await self.reader.readuntil(b"\r\n"), 16):
                    body += (await self.reader.readexactly(size + 2))[:-2]
                await self.reader.readexactly(2)
            return int(line.split()[1]), headers, body

    async def rest(self, seconds: float = 3.0) -> bytes:
        """Read until the server closes."""
        async with asyncio.timeout(seconds):
            return await self.reader.read()

    async def is_closed(self, seconds: float = 3.0) -> bool:
        try:
            return await self.rest(seconds) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        self.writer.transport.abort()


class Edge:
    """Starts servers and connects to them."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.server: EdgeServer
        self.port = 0
        self._sockets: list[socket.socket] = []
        self._clients: list[Client] = []

    async def start(self, handle: Handle = describe, *, tls: Any = None, share: Any = None, **settings: Any) -> "Edge":
        names = {name for name in settings if name.endswith("_seconds")}
        timeouts = replace(TimeoutSettings(), **{name: settings[name] for name in names})
        limits = replace(LimitSettings(), **{name: value for name, value in settings.items() if name not in names})
        self.server = EdgeServer(
            handle,
            limits=limits,
            timeouts=timeouts,
            clock=SystemClock(),
            on_refused=self.refused.append,
            tick_seconds=0.02,
        )
        sock = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._sockets.append(sock)
        self.port = sock.getsockname()[1]
        self.listener = self.server.listen(sock, tls=tls, share=share)
        return self

    async def connect(self, **options: Any) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, **options))
        self._clients.append(client)
        return client

    async def ask(self, *parts: bytes, seconds: float = 3.0) -> tuple[int, dict[str, str], bytes]:
        """Send the bytes on a new connection and return the first answer."""
        client = await self.connect()
        await client.send(*parts)
        return await client.answer(seconds)

    async def stop(self) -> None:
        for client in self._clients:
            client.close()
        if self._sockets:
            await self.server.drain(0.05)
        for sock in self._sockets:
            sock.close()


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    started = Edge()
    yield started
    await started.stop()


@pytest.fixture(scope="session")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, readable by the owner only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    key_file.chmod(0o600)
    return certificate_file, key_file
