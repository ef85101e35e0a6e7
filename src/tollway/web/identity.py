"""Who is calling, as the guard found out once at the start of a request.

A caller is a signed-in person (by session cookie) or the operator (by the local socket, which the
socket's own server marks; never by anything the request says). Kept in the ASGI scope.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Literal

from tollway.control.actor import OPERATOR as LOCAL_OPERATOR
from tollway.control.actor import Actor

LOCAL = "tollway.local"
"""Scope key: set by the ASGI wrapper around the local socket's server, and by nothing else."""

SHOWN_ONCE = "tollway.shown_once"
"""Scope key: the answer shows something once, so it is never kept for a repetition."""

_CALLER = "tollway.caller"
_REQUEST_ID = "tollway.request_id"

Scope = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """A known caller. `user_id`, `session_id` and `csrf` are empty for the operator on the local socket."""

    kind: Literal["user", "local"]
    role: str
    name: str
    user_id: str = ""
    session_id: str = ""
    csrf: str = ""
    session_expires_ns: int = 0

    @property
    def actor(self) -> Actor:
        """Who is named as the author of a change."""
        return LOCAL_OPERATOR if self.kind == "local" else Actor(self.user_id, "user")


OPERATOR = Caller(kind="local", role="operator", name="operator")


def find_caller(scope: Scope) -> Caller | None:
    """Return who is calling, or None when nobody is known."""
    caller = scope.get(_CALLER)
    return caller if isinstance(caller, Caller) else None


def set_caller(scope: Scope, caller: Caller) -> None:
    """Record who is calling; done by the guard."""
    scope[_CALLER] = caller


def is_local(scope: Scope) -> bool:
    """Return whether the request came through the local socket."""
    return scope.get(LOCAL) is True


def set_request_id(scope: Scope, request_id: str) -> None:
    """Record the id of this request; done by the envelope."""
    scope[_REQUEST_ID] = request_id


def request_id_of(scope: Scope) -> str:
    """Return the id of this request, or "" outside one."""
    value = scope.get(_REQUEST_ID, "")
    return value if isinstance(value, str) else ""


def source_of(scope: Scope) -> str:
    """Return the address of the TCP peer; "local" on the Unix socket. Forwarded headers are not considered."""
    client = scope.get("client")
    return str(client[0]) if client and not is_local(scope) else "local"
