"""The management API over the local socket, as the command line uses it, for tests that make many changes at once."""

import asyncio
import json
from pathlib import Path
from typing import Any


class LocalAPI:
    """One connection a request: whatever becomes of the console, each answer stands for itself."""

    def __init__(self, data: Path) -> None:
        self._path = data / "run" / "console.sock"

    async def ask(self, method: str, path: str, body: object = None, *, seconds: float = 30.0) -> tuple[int, Any]:
        """Return status and JSON. Status 0 when no whole answer came."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(method, path, body)
        except (OSError, EOFError, TimeoutError) as error:
            return 0, {"title": repr(error)}

    async def issue(self, name: str, limits: dict[str, object] | None = None) -> dict[str, Any]:
        """Issue a token; raises AssertionError when that is refused."""
        status, token = await self.ask("POST", "/tokens", {"name": name, "limits": limits or {}})
        assert status == 201, token
        return dict(token)

    async def revoke(self, token_id: str, *, seconds: float = 30.0) -> int:
        """Revoke a token and return the status."""
        return (await self.ask("POST", f"/tokens/{token_id}/revoke", {}, seconds=seconds))[0]

    async def meters(self, token_id: str) -> dict[str, Any]:
        """The token's meters."""
        status, meters = await self.ask("GET", f"/tokens/{token_id}/meters")
        assert status == 200, meters
        return dict(meters)

    async def _ask(self, method: str, path: str, body: object) -> tuple[int, Any]:
        reader, writer = await asyncio.open_unix_connection(str(self._path))
        try:
            raw = b"" if body is None else json.dumps(body).encode()
            writer.write(
                f"{method} /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
                f"content-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n".encode()
                + raw
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])}
            answer = await reader.readexactly(int(fields.get("content-length", "0")))
            return int(head.split(" ")[1]), json.loads(answer) if answer else None
        finally:
            writer.close()
