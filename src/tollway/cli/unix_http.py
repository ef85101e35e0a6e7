"""The management API of a running server, over `run/console.sock`.

Only the owner of the data directory can open that socket; whoever does is the operator.
"""

import http.client
import socket
from collections.abc import Mapping
from pathlib import Path

from tollway.cli.answers import API, Answer, CommandError, ExitCode

TIMEOUT_SECONDS = 600.0
"""A backup of a large installation answers only when it is complete."""


class UnixAPI:
    """Sends each request over a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and return the whole answer. Raises CommandError(UNAVAILABLE) when none can be had."""
        connection = _UnixConnection(self._path)
        try:
            connection.request(method, target, body=body or None, headers=dict(headers))
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(
                ExitCode.UNAVAILABLE, f"the server did not answer on {self._path}: {error or type(error).__name__}"
            ) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Do nothing: no connection outlives its request."""


class _UnixConnection(http.client.HTTPConnection):
    """`http.client` over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


_: type[API] = UnixAPI
