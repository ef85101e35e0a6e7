"""Policy records: what the console publishes and every worker reads at each call.

The policy store maps `token:<id12>` to TokenRecord, `application:<id>` to ApplicationRecord and one
key to Snapshot, each MessagePack-encoded by `encode_*`. A record of an unknown version is refused,
never guessed at; one bad record refuses only its own token.
"""

from typing import Literal, TypeVar

import msgspec

from tollway.contract.life import Epoch, OldSecret, Quarantine, TokenState
from tollway.contract.limits import (
    NO_LIMITS,
    Budget,
    ConcurrencyLimit,
    Limit,
    Limits,
    Measure,
    Period,
    RequestLimit,
    TopUp,
    UnboundedOutput,
)
from tollway.contract.rights import ALL_RIGHTS, ModelGroup, OwnerKind, Rights

__all__ = [
    "NO_LIMITS",
    "Budget",
    "ConcurrencyLimit",
    "Limit",
    "Limits",
    "Measure",
    "Period",
    "RequestLimit",
    "TopUp",
    "UnboundedOutput",
]

VERSION = 1
"""Raised with every change that an older worker would misread."""
LAYOUT = 2
"""Raised when records gain something that those already stored need as well: 2 knows when tokens were issued."""

State = Literal["active", "disabled", "revoked"]
Environment = Literal["live", "test"]


class TokenRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One bearer token. The secret itself is nowhere: `mac` is the keyed hash of the whole token.

    `expires_ns` None means it never expires; `models` and `services` None mean all, empty means none.
    """

    v: int
    id: str
    mac: bytes
    pepper_version: int
    kind: str
    name: str
    state: TokenState
    application_id: str | None = None
    team_id: str | None = None
    environment: Environment = "live"
    expires_ns: int | None = None
    models: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    limits: Limits = NO_LIMITS
    user_id: str | None = None
    """The person or service account it belongs to; None: an application, or nobody."""
    rights: Rights = ALL_RIGHTS
    plan_id: str | None = None
    not_before_ns: int = 0
    """The token works from this instant on."""
    issued_ns: int = 0
    generation: int = 1
    """Which of its secrets `mac` is of, counted from 1."""
    old_secrets: tuple[OldSecret, ...] = ()
    """Newest first."""
    quarantine: Quarantine | None = None
    """Only of a token in state `quarantined`."""
    is_compromised: bool = False
    """Of a revoked token: its calls in flight are ended too."""


class ApplicationRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The consumer that owns tokens; its limits hold over all its tokens together."""

    v: int
    id: str
    name: str
    team_id: str
    state: State
    limits: Limits = NO_LIMITS
    rights: Rights = ALL_RIGHTS
    plan_id: str | None = None


class PlanRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A named set of rights and limits. Its limits count for each token or application that has it by itself."""

    id: str
    name: str
    rights: Rights = ALL_RIGHTS
    limits: Limits = NO_LIMITS


class OwnerRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A team or a person with rights or limits of their own; those without any have no record."""

    kind: OwnerKind
    id: str
    name: str
    rights: Rights = ALL_RIGHTS
    limits: Limits = NO_LIMITS


class UnitPrice(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The price of one unit in atto-USD, with optional tiers.

    `tiers` are (input tokens above which the tier applies, atto-USD per unit), ascending; the tier
    reached by the call's input tokens prices all units of the call.
    """

    attos: int
    tiers: tuple[tuple[int, int], ...] = ()


class Price(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a model costs. A unit that is None is not offered by the model, and falls back as price.py says.

    `service_tiers` are the whole prices of service tiers by name; they have none themselves.
    """

    source: str
    input: UnitPrice | None = None
    output: UnitPrice | None = None
    cached_input: UnitPrice | None = None
    cache_write: UnitPrice | None = None
    input_audio: UnitPrice | None = None
    cached_input_audio: UnitPrice | None = None
    output_audio: UnitPrice | None = None
    request: UnitPrice | None = None
    web_search: UnitPrice | None = None
    cache_write_1h: UnitPrice | None = None
    input_image: UnitPrice | None = None
    cached_input_image: UnitPrice | None = None
    output_image: UnitPrice | None = None
    input_video: UnitPrice | None = None
    output_video: UnitPrice | None = None
    reasoning: UnitPrice | None = None
    file_search: UnitPrice | None = None
    code_execution: UnitPrice | None = None
    service_tiers: tuple[tuple[str, "Price"], ...] = ()


class DatedPrice(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A price and the instant from which it holds; None means from the beginning.

    Of several in force the last one counts. `day_seconds` (start, end) limits it to hours of each day in UTC, in
    seconds after midnight, end excluded; an end before the start is on the next day.
    """

    from_ns: int | None
    price: Price
    day_seconds: tuple[int, int] | None = None


class NameRule(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Which names, in lower case, a price is for. `text` is what they equal, begin or end with, contain, or a pattern
    that is found in them; `any` and `all` have `rules` instead.
    """

    test: Literal["equals", "starts_with", "ends_with", "contains", "pattern", "any", "all"]
    text: str = ""
    rules: tuple["NameRule", ...] = ()


class NamedPrice(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One entry of a price list; no prices: the names are known and unpriced."""

    rule: NameRule
    prices: tuple[DatedPrice, ...] = ()


class PriceBook(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A vendor's price list, for names that no model record has. In each list the first entry that matches counts.

    Names are looked up without `prefix`. With a `separator`, the list is the one named after its last occurrence in
    the name and holds the part before it; without, there is one list, named "".
    """

    id: str
    lists: dict[str, tuple[NamedPrice, ...]]
    prefix: str = ""
    separator: str = ""


class Timeouts(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Deadlines of an upstream in seconds; each is measured by itself."""

    connect_seconds: float = 5.0
    first_byte_seconds: float = 120.0
    idle_seconds: float = 60.0
    total_seconds: float = 3600.0


DEFAULT_TIMEOUTS = Timeouts()


class Upstream(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Where calls go: an http(s) base URL and how to connect to it.

    `allow_private` lists CIDR blocks that this upstream may resolve to although the connect policy
    denies them; ("*",) lifts the policy for it. `ca_pem` replaces the system's CA bundle.
    """

    base_url: str
    allow_private: tuple[str, ...] = ()
    ca_pem: str | None = None
    proxy_url: str | None = None
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    proxy_key: "SealedKey | None" = None
    """The proxy's login, `user:password`."""


class SealedKey(msgspec.Struct, frozen=True, gc=False):
    """A provider key under AES-256-GCM; `aad` binds it to its table, row and column."""

    id: str
    sealed: bytes
    aad: bytes


class ProviderRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A configured account at a provider. Keys are tried in order; a provider without a key sends none."""

    id: str
    name: str
    kind: str
    state: State
    upstream: Upstream
    keys: tuple[SealedKey, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    environment: Environment | None = "live"
    """Whose calls it serves; None: everybody's, as the sandbox does."""
    limits: Limits = NO_LIMITS
    """Of each attempt at this provider."""


class Candidate(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One way to serve a model: who, under which name there, and at what price (empty: unpriced).

    A catch-all names instead the price book that the names it serves are looked up in; "" for none.
    """

    provider_id: str
    upstream_model: str
    prices: tuple[DatedPrice, ...] = ()
    output_tokens_max: int | None = None
    price_book: str = ""


class ModelRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A name callers may ask for, with its candidates in order of preference."""

    name: str
    candidates: tuple[Candidate, ...]
    created_seconds: int = 0
    owned_by: str = "tollway"
    context_tokens: int | None = None
    """How much its best candidate reads; None: not known."""
    limits: Limits = NO_LIMITS


class ServiceRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A published REST service behind a path prefix (canonical, starts with `/`, no trailing slash)."""

    id: str
    name: str
    path_prefix: str
    state: State
    upstream: Upstream
    strip_prefix: bool = True
    methods: tuple[str, ...] = ()
    """Empty means all methods."""
    keys: tuple[SealedKey, ...] = ()
    credential_header: str = "authorization"
    credential_scheme: str = "Bearer"
    headers: tuple[tuple[str, str], ...] = ()
    query_token_parameter: str | None = None
    allow_set_cookie: bool = False
    sandbox_answers: bool = True
    allow_websocket: bool = False
    allow_anonymous: bool = False
    body_bytes_max: int = 1_073_741_824
    limits: Limits = NO_LIMITS
    environment: Environment = "live"


class Snapshot(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Everything but tokens and applications, published whole. `revision` grows with every publication."""

    v: int
    revision: int
    published_ns: int
    providers: tuple[ProviderRecord, ...] = ()
    models: tuple[ModelRecord, ...] = ()
    services: tuple[ServiceRecord, ...] = ()
    unbounded_output: UnboundedOutput = "cap"
    unbounded_output_tokens_max: int = 16_384
    cors_origins: tuple[str, ...] = ()
    installation: str = ""
    """Of the config database this was published from. A store of another one is rebuilt before it is used."""
    price_books: tuple[PriceBook, ...] = ()
    rights: Rights = ALL_RIGHTS
    """Of the installation: for every call with a token."""
    plans: tuple[PlanRecord, ...] = ()
    owners: tuple[OwnerRecord, ...] = ()
    model_groups: tuple[ModelGroup, ...] = ()
    limits: Limits = NO_LIMITS
    """Of the installation: for every call with a token."""
    epochs: tuple[Epoch, ...] = ()
    layout: int = 1
    """LAYOUT of the program that published. A store of another one is rebuilt before it is used."""


R = TypeVar("R", TokenRecord, ApplicationRecord, Snapshot)

_encoder = msgspec.msgpack.Encoder()
_token = msgspec.msgpack.Decoder(TokenRecord)
_application = msgspec.msgpack.Decoder(ApplicationRecord)
_snapshot = msgspec.msgpack.Decoder(Snapshot)


def encode(record: TokenRecord | ApplicationRecord | Snapshot) -> bytes:
    """Return the bytes stored for a record."""
    return _encoder.encode(record)


def decode_token(raw: bytes) -> TokenRecord:
    """Read a token record. Raises ValueError when the bytes are damaged or of another version."""
    return _checked(_token.decode(raw))


def decode_application(raw: bytes) -> ApplicationRecord:
    """Read an application record. Raises ValueError when the bytes are damaged or of another version."""
    return _checked(_application.decode(raw))


def decode_snapshot(raw: bytes) -> Snapshot:
    """Read the snapshot. Raises ValueError when the bytes are damaged or of another version."""
    return _checked(_snapshot.decode(raw))


def _checked(record: R) -> R:
    if record.v != VERSION:
        raise ValueError(f"policy record of version {record.v}; this program reads version {VERSION}")
    return record
