"""Configure providers. When a method returns, the policy store has the change."""

from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.control.actor import Actor
from tollway.control.faults import Faults, refuse
from tollway.control.names import check_slug
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.upstreams.configured import Configured, only_team
from tollway.control.upstreams.errors import provider_name_taken, provider_not_found
from tollway.control.upstreams.facts import provider_facts
from tollway.control.upstreams.model import (
    ChangedProvider,
    Connection,
    ConnectionChange,
    NewProvider,
    Provider,
    ProviderChange,
)
from tollway.control.upstreams.offers import canonical_offers, check_offers, check_priority
from tollway.control.upstreams.ports import ProviderStore, TeamDirectory
from tollway.control.upstreams.reach import Reaching
from tollway.kernel.clock import Clock
from tollway.kernel.ids import PROVIDER, new_id
from tollway.providers.registry import find_kind

SANDBOX = "sandbox"
"""The name and the kind of the built-in provider, which nobody else may have."""


@dataclass(frozen=True, slots=True)
class ProviderParts:
    """What the service is built from."""

    store: ProviderStore
    teams: TeamDirectory
    reaching: Reaching
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock


class Providers(Configured[Provider]):
    """The providers of this installation, but for the built-in sandbox. Thread-safe."""

    def __init__(self, parts: ProviderParts) -> None:
        super().__init__(
            parts.store,
            teams=parts.teams,
            touching=parts.touching,
            transactions=parts.transactions,
            trail=parts.trail,
            clock=parts.clock,
            missing=provider_not_found,
            kind="provider",
            facts=provider_facts,
        )
        self._reaching = parts.reaching

    def create(self, new: NewProvider, actor: Actor) -> Provider:
        """Configure a provider. Raises management.invalid with all faults (also for a team that is unknown or out of
        sight), management.conflict (name taken).
        """
        kind = find_kind(new.kind)
        if kind is None:
            raise refuse("/kind", "there is no such kind of provider")
        if kind.name == SANDBOX:
            raise refuse("/kind", "the sandbox is built in; see the setting gateway.sandbox")
        with self._transactions.write():
            now = self._clock.now_ns()
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
                proxy_credential=UNSET if new.proxy_credential is None else new.proxy_credential,
            )
            change = ProviderChange(
                name=new.name,
                credentials=new.credentials,
                models=new.models,
                priority=new.priority,
                connection=connection,
                environment=new.environment,
                team_id=only_team(actor.sight) if new.team_id is UNSET else new.team_id,
            )
            return self._add(self._changed(draft, change, actor).provider, actor)

    def change(
        self, provider_id: str, change: ProviderChange, actor: Actor, *, expected_version: int | None = None
    ) -> ChangedProvider:
        """Change what is given; a change of nothing leaves version and instants.

        A base URL with another scheme, host or port clears keys and headers, unless new ones come with it. Raises
        management.not_found, .precondition, .invalid, .conflict (name taken).
        """
        with self._transactions.write():
            before = self._at_version(provider_id, actor, expected_version)
            changed = self._changed(before, change, actor)
            return replace(changed, provider=self._save(before, changed.provider, actor))

    def _changed(self, before: Provider, change: ProviderChange, actor: Actor) -> ChangedProvider:
        faults = Faults()
        fields = self._place(change.environment, change.team_id, actor, faults)
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
        reach = self._reaching.change(before, change.connection, change.credentials, faults, sight=actor.sight)
        if change.models is not UNSET:
            fields["models"] = canonical_offers(change.models)
        self._check_name_is_free(change, before.id)
        fields |= {"connection": reach.connection, "keys": reach.keys}
        changed = replace(before, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in
        return ChangedProvider(changed, credentials_cleared=reach.credentials_cleared)

    def _check_name_is_free(self, change: ProviderChange, own_id: str) -> None:
        if change.name is not UNSET:
            other = self.find_named(change.name)
            if other is not None and other.id != own_id:
                raise provider_name_taken()
