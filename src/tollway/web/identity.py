"""Who is calling, as the guard found out once at the start of a request.

A caller is a signed-in person (by session cookie), the owner of a gateway token that has scopes (by its bearer
header), or the operator (by the local socket, which the socket's own server marks; never by anything the request
says). Kept in the ASGI scope.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tollway.control.access.grant import EVERYTHING, Grant
from tollway.control.access.model import EVERYWHERE, NO_RIGHTS, Permission, Reach, Rights, Sight
from tollway.control.access.roles import OPERATOR_RIGHTS
from tollway.control.actor import OPERATOR as LOCAL_OPERATOR
from tollway.control.actor import Actor
from tollway.kernel.errors import TollwayError

LOCAL = "tollway.local"
"""Scope key: set by the ASGI wrapper around the local socket's server, and by nothing else."""

SHOWN_ONCE = "tollway.shown_once"
"""Scope key: the answer shows something once, so it is never kept for a repetition."""

REFUSED = "tollway.refused"
"""Scope key: the code of the error that a route was answered with; set where the problem is built."""

_CALLER = "tollway.caller"
_BEARER = "tollway.bearer"
_REQUEST_ID = "tollway.request_id"

Scope = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """A known caller and what they may do. The operator on the local socket has no user, session or team.

    A caller by a token has no session either: `token_id` says by which, and `bound` how much it may give away.
    """

    kind: Literal["user", "local"]
    role: str
    name: str
    user_id: str = ""
    session_id: str = ""
    csrf: str = ""
    session_expires_ns: int = 0
    fresh_until_ns: int = 0
    needs_factor: bool = False
    rights: Rights = field(default_factory=lambda: NO_RIGHTS)
    team_ids: frozenset[str] = field(default_factory=frozenset)
    token_id: str = ""
    bound: Grant | None = None

    @property
    def subject(self) -> str:
        """The stable name of who calls: what a token asks for is told apart from what its owner asks for."""
        if self.kind == "local":
            return str(LOCAL_OPERATOR)
        return f"token:{self.token_id}" if self.token_id else f"user:{self.user_id}"

    def is_fresh(self, now_ns: int) -> bool:
        """Return whether they proved lately who they are; the operator does so by the socket, each time.

        A token was given its scopes by somebody who had, and proves itself with each request.
        """
        return self.kind == "local" or bool(self.token_id) or now_ns < self.fresh_until_ns

    def sight(self, permission: Permission) -> Sight:
        """Return the rows that the permission, which the caller holds, holds over."""
        if self.kind == "local":
            return EVERYWHERE
        return Sight(self.rights[permission], self.user_id, self.team_ids)

    def actor(self, permission: Permission, *, address: str, request_id: str) -> Actor:
        """Return who makes a change by this permission, and the most they may give away."""
        if self.kind == "local":
            return replace(LOCAL_OPERATOR, address=address, request_id=request_id)
        sight = self.sight(permission)
        team_ids = None if sight.reach is Reach.ALL else self.team_ids
        return Actor(
            self.user_id,
            "user",
            sight=sight,
            bound=replace(self.bound or EVERYTHING, rights=self.rights, team_ids=team_ids),
            name=self.name,
            role=self.role,
            address=address,
            request_id=request_id,
            token_id=self.token_id,
        )


OPERATOR = Caller(kind="local", role="operator", name="operator", rights=OPERATOR_RIGHTS)


def find_caller(scope: Scope) -> Caller | None:
    """Return who is calling, or None when nobody is known."""
    caller = scope.get(_CALLER)
    return caller if isinstance(caller, Caller) else None


def set_caller(scope: Scope, caller: Caller) -> None:
    """Record who is calling; done by the guard."""
    scope[_CALLER] = caller


def find_refusal(scope: Scope) -> TollwayError | None:
    """Return why the bearer token that came along makes nobody known; None when none came, or it did."""
    refusal = scope.get(_BEARER)
    return refusal if isinstance(refusal, TollwayError) else None


def set_refusal(scope: Scope, refusal: TollwayError) -> None:
    """Record why a bearer token makes nobody known, for the routes that need a caller; done by the guard."""
    scope[_BEARER] = refusal


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
