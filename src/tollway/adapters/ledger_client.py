"""Asks the ledger over its Unix socket: blocking for console and command line, asynchronous for live batches."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from tollway.contract.ledger_api import FRAME_BYTES_MAX, LastUseQuery, LiveBatch, Reply, Request, Subscribe
from tollway.contract.ledger_frames import PREFIX_BYTES, decode_reply, encode_frame, payload_bytes
from tollway.control.usage.ports import Ledger
from tollway.kernel.errors import TollwayError

TIMEOUT_SECONDS = 10.0
LAST_USE_SECONDS = 1.0
"""Last uses only add to answers about tokens, which must not wait for a ledger that is frozen."""
SILENCE_SECONDS = 5.0
"""A subscription hears from the ledger every second; after this long it is taken for dead."""

T = TypeVar("T")


class LedgerClient:
    """A ledger, by the path of its socket. A request has a connection of its own, so threads may share a client."""

    def __init__(self, path: Path, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds

    def ask(self, request: Request) -> Reply:
        """Return the answer, which may be a Failure. Raises usage.unavailable when there is none in time."""
        wait = self._timeout_seconds
        if isinstance(request, LastUseQuery):
            wait = min(wait, LAST_USE_SECONDS)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(wait)
                connection.connect(str(self._path))
                connection.sendall(encode_frame(request))
                with connection.makefile("rb") as stream:
                    prefix = stream.read(PREFIX_BYTES)
                    length = payload_bytes(prefix, FRAME_BYTES_MAX)
                    payload = stream.read(length)
            if len(prefix) < PREFIX_BYTES or len(payload) < length:
                raise ConnectionError("the answer is incomplete")
            return decode_reply(payload)
        except (OSError, ValueError) as error:
            raise _unavailable(self._path, error) from error

    async def ask_async(self, request: Request) -> Reply:
        """Do the same without blocking the event loop."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                reader, writer = await asyncio.open_unix_connection(self._path)
                try:
                    writer.write(encode_frame(request))
                    return await _read(reader)
                finally:
                    writer.close()
        except (OSError, ValueError, EOFError) as error:
            raise _unavailable(self._path, error) from error

    async def subscribe(self) -> AsyncIterator[LiveBatch]:
        """Yield what is ingested from now on, at least an empty batch a second.

        Raises usage.unavailable when the ledger stops, falls silent, or dropped this subscriber for being slow.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds):
                reader, writer = await asyncio.open_unix_connection(self._path)
            try:
                writer.write(encode_frame(Subscribe()))
                while True:
                    async with asyncio.timeout(SILENCE_SECONDS):
                        reply = await _read(reader)
                    if isinstance(reply, LiveBatch):
                        yield reply
            finally:
                writer.close()
        except (OSError, ValueError, EOFError) as error:
            raise _unavailable(self._path, error) from error


async def _read(reader: asyncio.StreamReader) -> Reply:
    length = payload_bytes(await reader.readexactly(PREFIX_BYTES), FRAME_BYTES_MAX)
    return decode_reply(await reader.readexactly(length))


def _unavailable(path: Path, error: Exception) -> TollwayError:
    return TollwayError("usage.unavailable", internal=f"{path}: {type(error).__name__}: {error}")


_: type[Ledger] = LedgerClient
