"""Configure providers. When a method returns, the policy store has the change."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.contract.policy import State
from tollway.control.actor import Actor
from tollway.control.faults import Faults, refuse
from tollway.control.names import check_slug
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Touching, Transactions
from tollway.control.upstreams.connection import change_connection, origin
from tollway.control.upstreams.credentials import Credentials
from tollway.control.upstreams.errors import provider_name_taken, provider_not_found
from tollway.control.upstreams.model import (
    ChangedProvider,
    Connection,
    ConnectionChange,
    NewProvider,
    Provider,
    ProviderChange,
)
from tollway.control.upstreams.offers import canonical_offers, check_offers, check_priority
from tollway.control.upstreams.ports import ProviderStore
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import PROVIDER, new_id
from tollway.providers.registry import find_kind

SANDBOX = "sandbox"
"""The name and the kind of the built-in provider, which nobody else may have."""


@dataclass(frozen=True, slots=True)
class ProviderParts:
    """What the service is built from."""

    store: ProviderStore
    credentials: Credentials
    touching: Touching
    transactions: Transactions
    clock: Clock


class Providers:
    """The providers of this installation. Thread-safe."""

    def __init__(self, parts: ProviderParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def create(self, new: NewProvider, actor: Actor) -> Provider:
        """Configure a provider. Raises management.invalid with all faults, management.conflict (name taken)."""
        kind = find_kind(new.kind)
        if kind is None:
            raise refuse("/kind", "there is no such kind of provider")
        if kind.name == SANDBOX:
            raise refuse("/kind", "the sandbox is built in; see the setting gateway.sandbox")
        with self._transactions.write():
            now = self._parts.clock.now_ns()
            draft = Provider(
                id=new_id(PROVIDER),
                name="",
                kind=kind.name,
                state="active",
                connection=Connection(""),
                models=(),
                keys=(),
                priority=0,
                created_ns=now,
                created_by=str(actor),
                updated_ns=now,
                updated_by=str(actor),
            )
            connection = ConnectionChange(
                base_url=new.base_url or kind.base_url,
                allow_private=new.allow_private,
                ca_file=new.ca_file,
                proxy_url=new.proxy_url,
                timeouts=new.timeouts,
                headers=new.headers,
            )
            change = ProviderChange(new.name, new.credentials, new.models, new.priority, connection)
            provider = self._changed(draft, change).provider
            self._store.add(provider)
            self._parts.touching.touch_snapshot()
            return provider

    def get(self, provider_id: str) -> Provider:
        """Return the provider. Raises management.not_found."""
        provider = self._store.find(provider_id)
        if provider is None:
            raise provider_not_found()
        return provider

    def find_named(self, name: str) -> Provider | None:
        """Return the provider of that name."""
        return self._store.find_named(name)

    def page(self, *, after: Position | None = None, limit: int = PAGE_SIZE) -> Page[Provider]:
        """Return a page of providers, newest first. The built-in sandbox is not among them."""
        return self._store.page(after=after, limit=bound_size(limit))

    def names(self, provider_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        return self._store.names(provider_ids)

    def change(
        self, provider_id: str, change: ProviderChange, actor: Actor, *, expected_version: int | None = None
    ) -> ChangedProvider:
        """Change what is given; a change of nothing leaves version and instants.

        A base URL with another scheme, host or port clears the keys, unless new ones come with it. Raises
        management.not_found, .precondition, .invalid, .conflict (name taken).
        """
        with self._transactions.write():
            before = self._at_version(provider_id, expected_version)
            changed = self._changed(before, change)
            return replace(changed, provider=self._save(before, changed.provider, actor))

    def disable(self, provider_id: str, actor: Actor, *, expected_version: int | None = None) -> Provider:
        """Take the provider's candidates out of all models until it is enabled. Idempotent. Raises .not_found."""
        return self._switch(provider_id, "disabled", actor, expected_version)

    def enable(self, provider_id: str, actor: Actor, *, expected_version: int | None = None) -> Provider:
        """Undo `disable`. Idempotent. Raises management.not_found."""
        return self._switch(provider_id, "active", actor, expected_version)

    def delete(self, provider_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete the provider and its keys. Raises management.not_found, .precondition."""
        with self._transactions.write():
            self._at_version(provider_id, expected_version)
            self._store.remove(provider_id)
            self._parts.touching.touch_snapshot()

    def _switch(self, provider_id: str, state: State, actor: Actor, expected_version: int | None) -> Provider:
        with self._transactions.write():
            before = self._at_version(provider_id, expected_version)
            self._parts.touching.touch_snapshot()
            return self._save(before, replace(before, state=state), actor)

    def _at_version(self, provider_id: str, expected_version: int | None) -> Provider:
        provider = self.get(provider_id)
        check_version(provider.version, expected_version)
        return provider

    def _save(self, before: Provider, after: Provider, actor: Actor) -> Provider:
        if after == before:
            return before
        now = self._parts.clock.now_ns()
        saved = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        self._parts.touching.touch_snapshot()
        return saved

    def _changed(self, before: Provider, change: ProviderChange) -> ChangedProvider:
        faults = Faults()
        fields: dict[str, object] = {}
        if change.name is not UNSET:
            check_slug(change.name, "/name", faults)
            if change.name == SANDBOX:
                faults.add("/name", "this is the name of the built-in provider")
            fields["name"] = change.name
        if change.models is not UNSET:
            check_offers(change.models, faults)
        if change.priority is not UNSET:
            check_priority("/priority", change.priority, faults)
            fields["priority"] = change.priority
        connection = change_connection(before.connection, change.connection, faults)
        faults.check()
        kept = before.keys if keeps_credentials(before.connection, connection) else ()
        fields |= {"connection": connection, "keys": kept}
        if change.models is not UNSET:
            fields["models"] = canonical_offers(change.models)
        if change.credentials is not UNSET:
            fields["keys"] = self._parts.credentials.build(change.credentials, kept, faults)
        faults.check()
        self._check_name_is_free(change, before.id)
        changed = replace(before, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in
        return ChangedProvider(changed, credentials_cleared=bool(before.keys) and not kept)

    def _check_name_is_free(self, change: ProviderChange, own_id: str) -> None:
        if change.name is not UNSET:
            other = self._store.find_named(change.name)
            if other is not None and other.id != own_id:
                raise provider_name_taken()


def keeps_credentials(before: Connection, after: Connection) -> bool:
    """Whether stored keys may stay: they are bound to scheme, host and port, and never sent elsewhere."""
    return not before.base_url or origin(before.base_url) == origin(after.base_url)
