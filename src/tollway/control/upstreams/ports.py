"""What the upstreams domain needs from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from tollway.contract.policy import DatedPrice, PriceBook, Upstream
from tollway.control.access.model import Sight
from tollway.control.model import Page, Position
from tollway.control.teams.model import Team
from tollway.control.upstreams.model import Provider


class Versioned(Protocol):
    """Something that is configured: a provider or a service."""

    @property
    def id(self) -> str:
        """What it is referred to by."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def version(self) -> int:
        """Its ETag."""
        ...

    @property
    def team_id(self) -> str | None:
        """The team it belongs to; None: the installation."""
        ...


T = TypeVar("T", bound=Versioned)


class VersionedStore(Protocol[T]):
    """Objects of one kind, with their keys, in the config database. Every method raises management.unavailable."""

    def add(self, new: T, /) -> None:
        """Store a new object. Only inside a transaction, like `put` and `remove`."""
        ...

    def put(self, changed: T, /) -> None:
        """Store a changed object; keys that are not in it any more are deleted."""
        ...

    def remove(self, object_id: str, /) -> None:
        """Delete the object and its keys; its id stays known to `names`."""
        ...

    def find(self, object_id: str, /) -> T | None:
        """Return the object."""
        ...

    def find_named(self, name: str) -> T | None:
        """Return the object of that name (case ignored)."""
        ...

    def page(self, *, search: str | None, sight: Sight, after: Position | None, limit: int) -> Page[T]:
        """Return objects in sight, newest first; `search` is the beginning of a name."""
        ...

    def names(self, object_ids: Collection[str], /) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        ...


class ProviderStore(VersionedStore[Provider], Protocol):
    """Providers."""


class TeamDirectory(Protocol):
    """The teams that may own what is configured."""

    def find(self, team_id: str) -> Team | None:
        """Return the team."""
        ...


class UpstreamCheck(Protocol):
    """Judges an upstream as workers will (implemented by the upstream client)."""

    def __call__(self, upstream: Upstream, /) -> None:
        """Raise ValueError, with a sentence that begins with a field's name, unless the upstream can be called."""
        ...


class Sealer(Protocol):
    """Seals recoverable secrets (AES-256-GCM; implemented by the key ring)."""

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Return the sealed bytes, which only open with the same `aad`."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises upstream.no_credential when they were not sealed with this key and `aad`."""
        ...


class References(Protocol):
    """Reads what a credential's reference stands for, in this process."""

    def resolve(self, reference: str) -> str:
        """Return the value of `env:NAME` or the stripped content of `file:PATH`.

        Raises ValueError with a sentence that names the reference and never a value.
        """
        ...

    def read_certificates(self, path: str) -> str:
        """Return the PEM certificates of a CA file, and nothing else of it. Raises ValueError as `resolve`."""
        ...


class PriceList(Protocol):
    """The catalogue of known models and prices."""

    def list_models(self, kind: str) -> Sequence[str]:
        """Return the names the vendor's price list knows; empty for a kind without one."""
        ...

    def find_context_tokens(self, kind: str, model: str) -> int | None:
        """Return how much a model reads at most; None when that is not known."""
        ...

    def find_prices(self, kind: str, model: str) -> tuple[DatedPrice, ...]:
        """Return the prices of a model by date; empty when unknown."""
        ...

    def find_book(self, kind: str) -> PriceBook | None:
        """Return the whole list, for workers to look up names in, with `kind` as its id; None for a kind without."""
        ...
