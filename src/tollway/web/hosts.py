"""Refuses requests for names that are not the console's, so that a foreign page cannot rebind its name to us.

Holds on loopback too: DNS rebinding is how a web page talks to services on its reader's own machine.
The local socket has no names.
"""

import re

from starlette.types import ASGIApp, Receive, Send

from tollway.kernel.errors import TollwayError
from tollway.web.identity import Scope, is_local

ALWAYS = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # compared with, never bound to
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?", re.ASCII)


class HostCheck:
    """Lets requests through whose one Host header names an allowed host, with any port."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = ALWAYS | {host.lower().rstrip(".") for host in hosts} - _ANY_ADDRESS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises management.host."""
        if scope["type"] == "http" and not is_local(scope):
            values = [value for name, value in scope["headers"] if name == b"host"]
            if len(values) != 1 or find_name(values[0].decode("latin-1")) not in self._hosts:
                raise TollwayError("management.host")
        await self._app(scope, receive, send)


def find_name(host: str) -> str | None:
    """Return the host's name or address without port and brackets, lower case; None when it is malformed."""
    match = _HOST.fullmatch(host.lower())
    return (match[1] or match[2].rstrip(".")) if match else None


def host_of_listen(listen: str) -> str:
    """Return the host part of an `address:port` setting."""
    return find_name(listen) or ""
