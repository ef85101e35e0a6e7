"""Published REST services: a path prefix of the gateway and where its calls go."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from tollway.contract.policy import Environment, State
from tollway.control.upstreams.model import NO_CHANGE, Connection, ConnectionChange, Key
from tollway.kernel.secret import Secret

RESERVED_PREFIXES = ("/v1", "/v1beta", "/healthz", "/readyz", "/metrics", "/.well-known")
"""Paths that belong to the gateway itself; no service may lie at or below them."""

BODY_BYTES_MAX = 1_073_741_824


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How calls are passed on and answers are passed back.

    `methods` empty: all. `query_token_parameter`: callers may send their token in this query parameter.
    """

    strip_prefix: bool = True
    methods: tuple[str, ...] = ()
    credential_header: str = "authorization"
    credential_scheme: str = "Bearer"
    query_token_parameter: str | None = None
    allow_set_cookie: bool = False
    sandbox_answers: bool = True
    allow_websocket: bool = False
    allow_anonymous: bool = False
    body_bytes_max: int = BODY_BYTES_MAX


DEFAULT_BEHAVIOUR = Behaviour()


@dataclass(frozen=True, slots=True)
class Service:
    """One service; `name` and `path_prefix` are unique, and the longest matching prefix wins. `version` is the ETag.

    It takes calls of tokens of its `environment` alone. `team_id` None: it belongs to the installation.
    """

    id: str
    name: str
    path_prefix: str
    state: State
    connection: Connection
    behaviour: Behaviour
    keys: tuple[Key, ...]
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    version: int = 1
    environment: Environment = "live"
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewService:
    """What is asked for. `credential` is a key or an `env:`/`file:` reference.

    `team_id` UNSET: the only team that the maker may publish for, else None, the installation's.
    """

    name: str
    path_prefix: str
    connection: ConnectionChange
    credential: Secret[str] | None = None
    behaviour: Behaviour = DEFAULT_BEHAVIOUR
    environment: Environment = "live"
    team_id: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """Fields to change; UNSET leaves a field as it is. `credential` None removes the key, `stored` keeps it."""

    name: str | UnsetType = UNSET
    path_prefix: str | UnsetType = UNSET
    credential: Secret[str] | UnsetType | None = UNSET
    behaviour: Behaviour | UnsetType = UNSET
    connection: ConnectionChange = NO_CHANGE
    environment: Environment | UnsetType = UNSET
    team_id: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class ChangedService:
    """The service after a change, and whether its key was cleared because it now points elsewhere."""

    service: Service
    credentials_cleared: bool
