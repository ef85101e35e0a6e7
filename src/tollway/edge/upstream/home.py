"""Where an upstream connection belongs: what it tells its pool, and nothing else of it."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tollway.edge.upstream.connection import Connection


class Home(Protocol):
    """The pool a connection belongs to."""

    def release(self, connection: "Connection") -> None:
        """Take back a connection that can serve another request."""
        ...

    def forget(self, connection: "Connection") -> None:
        """Drop a connection that is gone. Called exactly once."""
        ...
