"""Upstreams: the configured accounts at AI providers, their keys and the models they offer.

Also the parts that services share: how to connect, and sealed keys.
"""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import UNSET, UnsetType

from tollway.contract.policy import DEFAULT_TIMEOUTS, Environment, State, Timeouts
from tollway.kernel.secret import Secret

KeySource = Literal["stored", "env", "file"]
STORED = "stored"
"""In the place of a credential or of a header's value: leave what is stored as it is."""
StatedHeaders = tuple[tuple[str, str | UnsetType], ...]
"""Names and values of fixed headers; a value that is UNSET is the stored one, which nobody is shown."""


@dataclass(frozen=True, slots=True)
class Key:
    """One credential of an upstream. A stored key is sealed; a reference is read by the console at publication."""

    id: str
    source: KeySource
    reference: str
    """`env:NAME` or `file:PATH`; "" for a stored key."""
    masked: str
    """`…` and the last four characters of a stored key (nothing of a short one), or the reference."""
    sealed: bytes = field(repr=False)
    """b"" for a reference."""
    aad: bytes = field(repr=False)
    created_ns: int


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """A price that beats the catalogue's, in decimal USD per million tokens (`request_usd`: per call), exact."""

    input_usd_per_million: str | None = None
    output_usd_per_million: str | None = None
    cached_input_usd_per_million: str | None = None
    cache_write_usd_per_million: str | None = None
    request_usd: str | None = None


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model a provider offers. `name` `*`: all that the catalogue knows, and any other by its qualified name.

    `upstream_model` None: the same name. `priority` None: the provider's.
    """

    name: str
    upstream_model: str | None = None
    priority: int | None = None
    price: PriceOverride | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """How to connect. `allow_private`: CIDR blocks exempt from the connect policy, ("*",) for all."""

    base_url: str
    allow_private: tuple[str, ...] = ()
    ca_file: str | None = None
    proxy_url: str | None = None
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    headers: tuple[tuple[str, str], ...] = ()
    proxy_key: Key | None = None
    """The proxy's login, `user:password`."""


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """Fields to change; UNSET leaves a field as it is.

    `proxy_credential` is `user:password` or a reference, `stored` for the one there is, None for none; a login in
    `proxy_url` is the same as one here. `headers` replaces all of them; one whose value is UNSET keeps that it has.
    """

    base_url: str | UnsetType = UNSET
    allow_private: tuple[str, ...] | UnsetType = UNSET
    ca_file: str | UnsetType | None = UNSET
    proxy_url: str | UnsetType | None = UNSET
    timeouts: Timeouts | UnsetType = UNSET
    headers: StatedHeaders | UnsetType = UNSET
    proxy_credential: Secret[str] | UnsetType | None = UNSET


NO_CHANGE = ConnectionChange()
ALL_MODELS = (ModelOffer("*"),)


@dataclass(frozen=True, slots=True)
class Provider:
    """A configured account. `name` is unique and the first part of qualified model names (`openai/gpt-4o`).

    Lower `priority` comes first; equal ones by name. `state` is active or disabled. `version` is the ETag.
    It serves tokens of its `environment` alone. `team_id` None: it belongs to the installation.
    """

    id: str
    name: str
    kind: str
    state: State
    connection: Connection
    models: tuple[ModelOffer, ...]
    keys: tuple[Key, ...]
    priority: int
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    version: int = 1
    environment: Environment = "live"
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewProvider:
    """What is asked for. `base_url` None: the kind's own.

    `credentials` are keys or `env:`/`file:` references, tried in order. `team_id` UNSET: the only team that the maker
    may make providers for, else None, the installation's.
    """

    name: str
    kind: str
    base_url: str | None = None
    credentials: tuple[Secret[str], ...] = ()
    models: tuple[ModelOffer, ...] = ALL_MODELS
    priority: int = 100
    allow_private: tuple[str, ...] = ()
    ca_file: str | None = None
    proxy_url: str | None = None
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    headers: StatedHeaders = ()
    proxy_credential: Secret[str] | None = None
    environment: Environment = "live"
    team_id: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class ProviderChange:
    """Fields to change; UNSET leaves a field as it is.

    `credentials` replaces all keys, except that keys and references that are given again keep their
    ids, and `stored` stands for the stored keys there are.
    """

    name: str | UnsetType = UNSET
    credentials: tuple[Secret[str], ...] | UnsetType = UNSET
    models: tuple[ModelOffer, ...] | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    connection: ConnectionChange = NO_CHANGE
    environment: Environment | UnsetType = UNSET
    team_id: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class ChangedProvider:
    """The provider after a change, and whether its keys were cleared because it now points elsewhere."""

    provider: Provider
    credentials_cleared: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of provider out of the catalogue. `base_url` "" means that one must be given."""

    name: str
    title: str
    base_url: str
    needs_credential: bool
    price_kind: str
    docs_url: str = ""
