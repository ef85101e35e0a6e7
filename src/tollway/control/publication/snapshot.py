"""Compile providers, models, services and settings into the snapshot that workers route by.

Law: an object that cannot be published is left out or published without its key, alone, and reported as
a Problem; it never stops the others. Values of references are read here and sealed before they leave.
"""

from dataclasses import dataclass, field

from msgspec import structs

from tollway.contract.policy import (
    DEFAULT_TIMEOUTS,
    LAYOUT,
    VERSION,
    ProviderRecord,
    SealedKey,
    ServiceRecord,
    Snapshot,
    Timeouts,
    Upstream,
)
from tollway.control.model import Damaged
from tollway.control.publication.levels import NoLimits, put_levels
from tollway.control.publication.model import Options, Problem, ProblemKind
from tollway.control.publication.models import Offered, compile_models, expand_offers
from tollway.control.publication.ports import (
    NoEpochs,
    PublishedEpochs,
    PublishedLimits,
    PublishedProviders,
    PublishedServices,
)
from tollway.control.publication.rights import put_rights
from tollway.control.publication.sandbox import sandbox_offers, sandbox_provider
from tollway.control.rights.ports import NoPublishedRights, PublishedRights
from tollway.control.services.model import Service
from tollway.control.upstreams.model import Connection, Key, Provider
from tollway.control.upstreams.ports import PriceList, References, Sealer
from tollway.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class SnapshotParts:
    """What snapshots are built from."""

    providers: PublishedProviders
    services: PublishedServices
    prices: PriceList
    references: References
    sealer: Sealer
    clock: Clock
    epochs: PublishedEpochs = field(default_factory=NoEpochs)
    limits: PublishedLimits = field(default_factory=NoLimits)
    rights: PublishedRights = field(default_factory=NoPublishedRights)


class SnapshotBuilder:
    """Builds snapshots of what is stored now. Call it with the writer's lock held."""

    def __init__(self, parts: SnapshotParts) -> None:
        self._parts = parts

    def build(self, options: Options, *, revision: int, installation: str) -> tuple[Snapshot, tuple[Problem, ...]]:
        """Return the snapshot and what could not be part of it. Never raises for a bad object."""
        problems: list[Problem] = []
        providers: list[ProviderRecord] = []
        offered: list[Offered] = []
        for provider in self._parts.providers.all():
            record = self._provider(provider, options, problems)
            if record is not None and isinstance(provider, Provider):
                providers.append(record)
                offered += expand_offers(provider, self._parts.prices)
        if options.sandbox:
            providers.append(sandbox_provider())
            offered += sandbox_offers()
        services = [self._service(service, options, problems) for service in self._parts.services.all()]
        books = sorted({item.candidate.price_book for item in offered} - {""})
        found = (self._parts.prices.find_book(book) for book in books)
        snapshot = Snapshot(
            v=VERSION,
            revision=revision,
            published_ns=self._parts.clock.now_ns(),
            providers=tuple(providers),
            models=compile_models(offered),
            services=tuple(service for service in services if service is not None),
            unbounded_output=options.unbounded_output,
            unbounded_output_tokens_max=options.unbounded_output_tokens_max,
            cors_origins=options.cors_origins,
            installation=installation,
            price_books=tuple(book for book in found if book is not None),
            epochs=self._parts.epochs.all(),
            layout=LAYOUT,
        )
        limits = self._parts.limits
        snapshot = put_rights(snapshot, self._parts.rights)
        return put_levels(snapshot, limits.plans(), limits.levels(), limits.find_name), tuple(problems)

    def offers(self, name: str) -> bool:
        """Whether a provider that is stored now offers a model of that name."""
        readable = (provider for provider in self._parts.providers.all() if isinstance(provider, Provider))
        return any(item.name == name for provider in readable for item in expand_offers(provider, self._parts.prices))

    def _provider(
        self, provider: Provider | Damaged, options: Options, problems: list[Problem]
    ) -> ProviderRecord | None:
        if isinstance(provider, Damaged):
            problems.append(Problem("provider", provider.id, provider.name, provider.detail))
            return None
        owner = _Owner("provider", provider.id, provider.name, problems)
        upstream = self._upstream(provider.connection, options, owner)
        if upstream is None:
            return None
        keys = self._keys(provider.keys, owner)
        return ProviderRecord(
            id=provider.id,
            name=provider.name,
            kind=provider.kind,
            # An upstream that is meant to be called with a key is never called without one.
            state=provider.state if keys or not provider.keys else "disabled",
            upstream=upstream,
            keys=keys,
            headers=provider.connection.headers,
            environment=provider.environment,
        )

    def _service(self, service: Service | Damaged, options: Options, problems: list[Problem]) -> ServiceRecord | None:
        if isinstance(service, Damaged):
            problems.append(Problem("service", service.id, service.name, service.detail))
            return None
        owner = _Owner("service", service.id, service.name, problems)
        upstream = self._upstream(service.connection, options, owner)
        keys = self._keys(service.keys, owner)
        if upstream is None or len(keys) < len(service.keys):
            # A service whose key is missing must not be called without it.
            return None
        behaviour = service.behaviour
        return ServiceRecord(
            id=service.id,
            name=service.name,
            path_prefix=service.path_prefix,
            state=service.state,
            upstream=upstream,
            strip_prefix=behaviour.strip_prefix,
            methods=behaviour.methods,
            keys=keys,
            credential_header=behaviour.credential_header,
            credential_scheme=behaviour.credential_scheme,
            headers=service.connection.headers,
            query_token_parameter=behaviour.query_token_parameter,
            allow_set_cookie=behaviour.allow_set_cookie,
            sandbox_answers=behaviour.sandbox_answers,
            allow_websocket=behaviour.allow_websocket,
            allow_anonymous=behaviour.allow_anonymous,
            body_bytes_max=behaviour.body_bytes_max,
            environment=service.environment,
        )

    def _upstream(self, connection: Connection, options: Options, owner: "_Owner") -> Upstream | None:
        ca_pem = None
        if connection.ca_file is not None:
            try:
                ca_pem = self._parts.references.read_certificates(connection.ca_file)
            except ValueError as error:
                # Without its CA the upstream would be trusted on other terms than those asked for.
                owner.report(str(error))
                return None
        proxy_keys = () if connection.proxy_key is None else self._keys((connection.proxy_key,), owner)
        if connection.proxy_key is not None and not proxy_keys:
            # A proxy that asks for a login is never tried without it.
            return None
        return Upstream(
            base_url=connection.base_url,
            allow_private=connection.allow_private,
            ca_pem=ca_pem,
            proxy_url=connection.proxy_url,
            timeouts=_effective(connection.timeouts, options.timeouts),
            proxy_key=proxy_keys[0] if proxy_keys else None,
        )

    def _keys(self, keys: tuple[Key, ...], owner: "_Owner") -> tuple[SealedKey, ...]:
        found = []
        for key in keys:
            if key.source == "stored":
                found.append(SealedKey(key.id, key.sealed, key.aad))
                continue
            try:
                clear = self._parts.references.resolve(key.reference)
            except ValueError as error:
                owner.report(str(error))
                continue
            found.append(SealedKey(key.id, self._parts.sealer.seal(clear.encode(), key.aad), key.aad))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Owner:
    kind: ProblemKind
    id: str
    name: str
    problems: list[Problem]

    def report(self, detail: str) -> None:
        self.problems.append(Problem(self.kind, self.id, self.name, detail))


def _effective(own: Timeouts, general: Timeouts) -> Timeouts:
    """Return the deadlines that hold: those of the upstream that differ from the built-in ones, else the settings'."""
    stated = {
        name: getattr(own, name)
        for name in Timeouts.__struct_fields__
        if getattr(own, name) != getattr(DEFAULT_TIMEOUTS, name)
    }
    return structs.replace(general, **stated) if stated else general
