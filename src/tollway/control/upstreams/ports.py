"""What the upstreams domain needs from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol

from tollway.contract.policy import DatedPrice, PriceBook
from tollway.control.model import Page, Position
from tollway.control.upstreams.model import Provider


class ProviderStore(Protocol):
    """Providers, with their keys, in the config database. Every method raises management.unavailable."""

    def add(self, provider: Provider) -> None:
        """Store a new provider. Only inside a transaction, like `put` and `remove`."""
        ...

    def put(self, provider: Provider) -> None:
        """Store a changed provider; keys that are not in it any more are deleted."""
        ...

    def remove(self, provider_id: str) -> None:
        """Delete the provider and its keys; its id stays known to `names`."""
        ...

    def find(self, provider_id: str) -> Provider | None:
        """Return the provider."""
        ...

    def find_named(self, name: str) -> Provider | None:
        """Return the provider of that name."""
        ...

    def page(self, *, after: Position | None, limit: int) -> Page[Provider]:
        """Return providers, newest first."""
        ...

    def names(self, provider_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
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

    def find_prices(self, kind: str, model: str) -> tuple[DatedPrice, ...]:
        """Return the prices of a model by date; empty when unknown."""
        ...

    def find_book(self, kind: str) -> PriceBook | None:
        """Return the whole list, for workers to look up names in, with `kind` as its id; None for a kind without."""
        ...
