"""How to connect to an upstream, as the management API takes and shows it: shared by providers and services."""

from typing import Annotated

from msgspec import UNSET
from pydantic import Field

from tollway.contract.policy import DEFAULT_TIMEOUTS, Environment, State, Timeouts
from tollway.control.upstreams.model import ConnectionChange, Key, KeySource
from tollway.kernel.secret import Secret
from tollway.web.fields import Input, Instant, Output, absent, format_instant

Url = Annotated[str, Field(min_length=1, max_length=2_000)]
Credential = Annotated[str, Field(min_length=1, max_length=10_000, json_schema_extra={"writeOnly": True})]
"""A key, or where to find it: `env:NAME` or `file:PATH`. Never shown again."""

Networks = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=100)]
AllowPrivate = bool | Networks
"""Which private addresses the upstream may be at: none, all, or these CIDR blocks."""

TeamId = Annotated[str, Field(min_length=1, max_length=64)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
HeaderMap = Annotated[
    dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=4_000)]], Field(max_length=50)
]


class TimeoutsInput(Input):
    """Deadlines in seconds; what is left out has its default."""

    connect_seconds: Seconds = DEFAULT_TIMEOUTS.connect_seconds
    first_byte_seconds: Seconds = DEFAULT_TIMEOUTS.first_byte_seconds
    idle_seconds: Seconds = DEFAULT_TIMEOUTS.idle_seconds
    total_seconds: Seconds = DEFAULT_TIMEOUTS.total_seconds


class ConnectionInput(Input):
    """How to connect. `headers` are sent with every call.

    `proxy_credential` is the proxy's login, `user:password`, or where to find it; a login in `proxy_url` is the same.
    `environment`: only tokens of it are served. `team_id` null: it belongs to the installation; left out: to the only
    team that you may do this for.
    """

    allow_private: AllowPrivate = False
    ca_file: str | None = None
    proxy_url: Url | None = None
    proxy_credential: Credential | None = None
    timeouts: TimeoutsInput = TimeoutsInput()
    headers: HeaderMap = Field(default={})
    environment: Environment = "live"
    team_id: TeamId | None = absent()


class ConnectionPatch(Input):
    """Fields to change; those left out stay as they are."""

    base_url: Url = absent()
    allow_private: AllowPrivate = absent()
    ca_file: str | None = absent()
    proxy_url: Url | None = absent()
    proxy_credential: Credential | None = absent()
    timeouts: TimeoutsInput = absent()
    headers: HeaderMap = absent()
    environment: Environment = absent()
    team_id: TeamId | None = absent()


class TimeoutsOutput(Output):
    """Deadlines in seconds."""

    connect_seconds: float
    first_byte_seconds: float
    idle_seconds: float
    total_seconds: float


class KeyOutput(Output):
    """A stored credential, as far as it may be seen."""

    id: str
    masked: str
    source: KeySource
    created_at: Instant


class ConnectionOutput(Output):
    """How to connect. Of `headers` only the names are shown: their values may be secret."""

    base_url: str
    state: State
    keys: list[KeyOutput]
    allow_private: AllowPrivate
    ca_file: str | None
    proxy_url: str | None
    proxy_credential: str | None = Field(description="Where the proxy's login is read, or … for a stored one.")
    timeouts: TimeoutsOutput
    headers: list[str]
    environment: Environment
    team_id: str | None
    team_name: str | None


class ProbeOutput(Output):
    """What a trial call to an upstream showed. `status` null: no answer came."""

    ok: bool
    status: int | None
    latency_ms: float | None
    detail: str
    code: str | None


def read_timeouts(timeouts: TimeoutsInput) -> Timeouts:
    """Turn deadlines that the caller sent into the domain's."""
    return Timeouts(
        connect_seconds=timeouts.connect_seconds,
        first_byte_seconds=timeouts.first_byte_seconds,
        idle_seconds=timeouts.idle_seconds,
        total_seconds=timeouts.total_seconds,
    )


def read_networks(allow_private: bool | list[str]) -> tuple[str, ...]:
    """Turn the JSON forms of `allow_private` into CIDR blocks; ("*",) is all."""
    if isinstance(allow_private, bool):
        return ("*",) if allow_private else ()
    return tuple(allow_private)


def read_connection(base_url: str, body: ConnectionInput) -> ConnectionChange:
    """Turn connection fields that the caller sent into the domain's."""
    return ConnectionChange(
        base_url=base_url,
        allow_private=read_networks(body.allow_private),
        ca_file=body.ca_file,
        proxy_url=body.proxy_url,
        timeouts=read_timeouts(body.timeouts),
        headers=tuple(body.headers.items()),
        proxy_credential=read_login(body.proxy_credential),
    )


def read_connection_change(body: ConnectionPatch) -> ConnectionChange:
    """Turn the connection fields of a change into the domain's; what was left out stays UNSET."""
    given = body.model_fields_set
    return ConnectionChange(
        base_url=body.base_url,
        allow_private=read_networks(body.allow_private) if "allow_private" in given else UNSET,
        ca_file=body.ca_file,
        proxy_url=body.proxy_url,
        timeouts=read_timeouts(body.timeouts) if "timeouts" in given else UNSET,
        headers=tuple(body.headers.items()) if "headers" in given else UNSET,
        proxy_credential=read_login(body.proxy_credential) if "proxy_credential" in given else UNSET,
    )


def read_login(login: str | None) -> Secret[str] | None:
    """Wrap a proxy's login so that nothing prints it."""
    return None if login is None else Secret(login)


def read_credentials(credentials: list[str]) -> tuple[Secret[str], ...]:
    """Wrap credentials so that nothing prints them."""
    return tuple(Secret(credential) for credential in credentials)


def show_key(key: Key) -> KeyOutput:
    """Write what may be seen of a key."""
    return KeyOutput(id=key.id, masked=key.masked, source=key.source, created_at=format_instant(key.created_ns))


def show_login(key: Key | None) -> str | None:
    """Write what may be seen of a proxy's login."""
    return None if key is None else key.masked


def show_networks(allow_private: tuple[str, ...]) -> bool | list[str]:
    """Write CIDR blocks as the API shows them."""
    if not allow_private:
        return False
    return True if "*" in allow_private else list(allow_private)


def show_timeouts(timeouts: Timeouts) -> TimeoutsOutput:
    """Write deadlines for the API."""
    return TimeoutsOutput(
        connect_seconds=timeouts.connect_seconds,
        first_byte_seconds=timeouts.first_byte_seconds,
        idle_seconds=timeouts.idle_seconds,
        total_seconds=timeouts.total_seconds,
    )
