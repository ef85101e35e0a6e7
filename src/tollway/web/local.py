"""Marks the requests of the local socket: whoever may open it is the operator.

Only the server bound to `run/console.sock` (mode 0600), or a program that holds the data directory's
lock, runs the app through this wrapper. Nothing that a request says can set the mark.
"""

from starlette.types import ASGIApp, Receive, Send

from tollway.web.identity import LOCAL, Scope


class LocalApp:
    """The console's app, for the operator."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as the operator's."""
        await self._app({**scope, LOCAL: True}, receive, send)
