"""Sends the letters about accounts that wait, beside the requests that the console serves.

Law: nothing here ends the console; a letter that cannot be sent is logged and left by whoever wrote it.
"""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from tollway.runtime.deliverer import repeat
from tollway.runtime.looks import Looks

LETTER_SECONDS = 1.0


class LetterSender:
    """Runs on one event loop; sending blocks, so it goes to a thread. `send_one` returns whether more wait."""

    def __init__(self, send_one: Callable[[], bool], looks: Looks | None = None) -> None:
        """Without `looks`, each is due."""
        self._send_one = send_one
        self._looks = looks

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await repeat(self.send_all, LETTER_SECONDS, self._looks)

    def send_all(self) -> None:
        """Send until none waits."""
        while self._send_one():
            pass


class SendingApp:
    """An application in a process that ends soon: what a request had written is sent before its answer is complete."""

    def __init__(self, app: ASGIApp, sender: LetterSender) -> None:
        self._app = app
        self._sender = sender

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, then send."""
        await self._app(scope, receive, send)
        if scope["type"] == "http":
            await asyncio.to_thread(self._sender.send_all)
