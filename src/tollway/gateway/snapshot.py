"""The policy snapshot, compiled for look-ups: routes, models, destinations.

Built once for each revision and never changed. An item that cannot be compiled is left out alone and reported;
the rest is served.
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import structs

from tollway.contract.policy import (
    Candidate,
    Environment,
    ModelRecord,
    ProviderRecord,
    SealedKey,
    ServiceRecord,
    Snapshot,
    UnboundedOutput,
    Upstream,
)
from tollway.formats.dialect import Target
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.limit_levels import LimitLevels
from tollway.gateway.limit_levels import compile_levels as compile_limits
from tollway.gateway.ports import Destination, Headers, SecretBox
from tollway.gateway.room import Claims
from tollway.kernel.errors import TollwayError
from tollway.policy.levels import NO_LEVELS, Levels, compile_levels
from tollway.policy.tariff import DatedTariffs, Tariff, TariffsByName
from tollway.providers.contract import ProviderKind
from tollway.providers.registry import find_kind
from tollway.wire.http1 import are_field_lines

_AI_HEADERS = ((b"content-type", b"application/json"), (b"accept-encoding", b"identity"))
_ANSWER_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"sandbox"))
_UNPRINTABLE = re.compile(rb"[^\x20-\x7e]")
_VERSION = re.compile(r"v[0-9]+(?:(?:alpha|beta)[0-9]*)?")

BuildDestination = Callable[[Upstream, str], Destination]


class ProviderKey(msgspec.Struct, frozen=True, gc=False):
    """One credential of a provider, ready to send: `headers`, and `lines` that every request of this key has."""

    id: str
    headers: tuple[tuple[bytes, bytes], ...]
    lines: bytes


class Provider(msgspec.Struct, frozen=True, gc=False):
    """A provider that can be called."""

    id: str
    name: str
    kind: ProviderKind
    destination: Destination
    keys: tuple[ProviderKey, ...]
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Of its kind: sent unless a call has its own of that name."""
    claims: Claims | None = None
    """What each attempt needs; None when the provider has no limits."""
    environment: Environment | None = None
    """Whose calls it serves; None: everybody's."""


class Route(msgspec.Struct, frozen=True, gc=False):
    """One way to serve a model."""

    provider: Provider
    upstream_model: str
    tariffs: DatedTariffs
    output_tokens_max: int | None
    lines: bytes
    """Header lines of every answer of this route."""
    target: Target
    """Whom a request is written for, without an output cap."""
    tariffs_by_name: TariffsByName | None = None
    """Of a catch-all: the tariffs of the names that it serves; None where one price holds for all."""


class Model(msgspec.Struct, frozen=True, gc=False):
    """A model name and the ways to serve it, best first."""

    name: str
    routes: tuple[Route, ...]
    created_seconds: int
    owned_by: str
    candidates: tuple[tuple[int, ProviderKey], ...]
    """Each route, by its place, with each of its provider's keys."""
    context_tokens: int | None = None
    tariffs: tuple[Tariff | None, ...] | None = None
    """What each route costs, None for one without a price; None altogether when that depends on the time."""


class Service(msgspec.Struct, frozen=True, gc=False):
    """A REST service that can be called."""

    record: ServiceRecord
    destination: Destination
    headers: tuple[tuple[bytes, bytes], ...]
    methods: frozenset[str]


class Compiled(msgspec.Struct, frozen=True, gc=False):
    """Everything a worker routes by. `faults` names what was left out and why.

    Models and providers are those that live tokens reach; what test tokens reach is `test`, for which `test` is None.
    Services are all in it, and say themselves which environment they are of.
    """

    revision: int
    models: dict[str, Model]
    services: dict[str, Service]
    """By their prefix."""
    providers: dict[str, Provider]
    """By id; also those that serve no model."""
    unbounded_output: UnboundedOutput
    unbounded_output_tokens_max: int
    cors_origins: frozenset[str]
    faults: tuple[str, ...]
    elsewhere: frozenset[str] = frozenset()
    """Names of models, also catch-alls, that only providers of the other environment serve."""
    test: "Compiled | None" = None
    limits: LimitLevels | None = None
    """Limits beside those of tokens and applications; None when there are none."""
    levels: Levels = NO_LEVELS
    """The rights of installation, teams, people and plans."""
    prefix_length_max: int = 0
    """Of the services."""

    def find_model(self, name: str) -> Model | None:
        """Return the model of that name; a catch-all (`provider/*`, `*`) serves names that no record has."""
        model = self.models.get(name)
        if model is not None:
            return model
        prefix, slash, rest = name.partition("/")
        if slash and (catch_all := self.models.get(f"{prefix}/*")) is not None:
            return _under_name(catch_all, name, rest)
        if (catch_all := self.models.get("*")) is not None:
            return _under_name(catch_all, name, name)
        return None

    def is_elsewhere(self, name: str) -> bool:
        """Return whether a name that is not found here would be found in the other environment."""
        prefix, slash, _ = name.partition("/")
        return name in self.elsewhere or "*" in self.elsewhere or bool(slash and f"{prefix}/*" in self.elsewhere)

    def find_service(self, path: str) -> Service | None:
        """Return the service with the longest prefix of `path`, on whole segments: one look-up for each that may be
        the end of a prefix, however many services there are."""
        services, longest = self.services, self.prefix_length_max
        end = len(path)
        if end > longest:
            end = path.rfind("/", 0, longest + 1)
        while end > 0:
            service = services.get(path[:end])
            if service is not None:
                return service
            end = path.rfind("/", 0, end)
        return None

    def find_query_token_parameter(self, path: str) -> str | None:
        """Return the query parameter that may carry the token on this path, if its service allows one."""
        service = self.find_service(path)
        return None if service is None else service.record.query_token_parameter


EMPTY = Compiled(0, {}, {}, {}, "cap", 16_384, frozenset(), ())


def compile_snapshot(
    snapshot: Snapshot, *, box: SecretBox, build_destination: BuildDestination, before: Compiled = EMPTY
) -> Compiled:
    """Compile a snapshot. Never raises for a bad item: it is left out and named in `faults`.

    Services that are the same in the snapshot `before` are taken from there: calls wait while one of 10,000 changes.
    """
    faults: list[str] = []
    providers: dict[str, Provider] = {}
    for record in snapshot.providers:
        if record.state == "active":
            try:
                providers[record.id] = compile_provider(record, box, build_destination)
            except (ValueError, TollwayError) as error:
                faults.append(f"provider {record.name}: {error}")
    services: dict[str, Service] = {}
    known = {service.record.id: service for service in before.services.values()}
    for service in snapshot.services:
        if service.state == "active":
            try:
                same = known.get(service.id)
                if same is None or same.record != service:
                    same = _compile_service(service, box, build_destination)
                services.setdefault(service.path_prefix, same)
            except (ValueError, TollwayError) as error:
                faults.append(f"service {service.name}: {error}")
    books = {book.id: TariffsByName(book) for book in snapshot.price_books}
    live, test = (
        {item.id: item for item in providers.values() if item.environment in (environment, None)}
        for environment in ("live", "test")
    )
    live_models, test_models = _compile_models(snapshot, live, books), _compile_models(snapshot, test, books)
    levels = compile_levels(snapshot)
    compiled = Compiled(
        revision=snapshot.revision,
        models=live_models,
        services=services,
        providers=live,
        unbounded_output=snapshot.unbounded_output,
        unbounded_output_tokens_max=snapshot.unbounded_output_tokens_max,
        cors_origins=frozenset(snapshot.cors_origins),
        faults=(*faults, *levels.faults()),
        elsewhere=frozenset(test_models.keys() - live_models.keys()),
        limits=compile_limits(snapshot),
        levels=levels,
        prefix_length_max=max(map(len, services), default=0),
    )
    elsewhere = frozenset(live_models.keys() - test_models.keys())
    of_test = structs.replace(compiled, models=test_models, providers=test, elsewhere=elsewhere)
    return structs.replace(compiled, test=of_test)


def compile_provider(record: ProviderRecord, box: SecretBox, build_destination: BuildDestination) -> Provider:
    """Compile one provider. Raises ValueError or TollwayError when it cannot be called."""
    kind = find_kind(record.kind)
    if kind is None:
        raise ValueError(f"unknown kind {record.kind!r}")
    fixed = _fixed(record.headers)
    keys = tuple(
        _provider_key(key.id, fixed + _credential(key, box, kind.credential_header, kind.credential_scheme))
        for key in record.keys
    )
    if not keys and kind.needs_credential:
        raise ValueError("it has no credential")
    return Provider(
        id=record.id,
        name=record.name,
        kind=kind,
        destination=build_destination(_with_version(_with_proxy_login(record.upstream, box), kind), record.id),
        keys=keys or (_provider_key("", fixed),),
        headers=_fixed(kind.headers),
        claims=None if record.limits.is_empty else combine(build_claims(record.limits, "provider", record.id)),
        environment=record.environment,
    )


def _provider_key(key_id: str, headers: tuple[tuple[bytes, bytes], ...]) -> ProviderKey:
    return ProviderKey(key_id, headers, _lines((*_AI_HEADERS, *headers)))


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as lines. Raises ValueError when one could be read as more than one header."""
    lines = [b"%b: %b\r\n" % header for header in headers]
    if not all(are_field_lines(line) and line.count(b"\n") == 1 for line in lines):
        raise ValueError("a header has a character that no header can carry")
    return b"".join(lines)


def _compile_service(record: ServiceRecord, box: SecretBox, build_destination: BuildDestination) -> Service:
    headers: Headers = list(_fixed(record.headers))
    if record.keys:
        headers += _credential(record.keys[0], box, record.credential_header, record.credential_scheme)
    return Service(
        record=record,
        destination=build_destination(_with_proxy_login(record.upstream, box), record.id),
        headers=tuple(headers),
        methods=frozenset(method.upper() for method in record.methods),
    )


def _compile_models(
    snapshot: Snapshot, providers: dict[str, Provider], books: dict[str, TariffsByName]
) -> dict[str, Model]:
    """Return the models that these providers serve, by name."""
    models = (_compile_model(model, providers, books) for model in snapshot.models)
    return {model.name: model for model in models if model.routes}


def _compile_model(record: ModelRecord, providers: dict[str, Provider], books: dict[str, TariffsByName]) -> Model:
    routes = tuple(
        _compile_route(candidate, providers[candidate.provider_id], books)
        for candidate in record.candidates
        if candidate.provider_id in providers
    )
    is_first = bool(routes) and routes[0].provider.id == record.candidates[0].provider_id
    # Who would have been first may be of the other environment, which nobody here hears of.
    owned_by = record.owned_by if is_first or not routes else routes[0].provider.name
    model = build_model(record.name, routes, record.created_seconds, owned_by)
    return structs.replace(model, context_tokens=record.context_tokens)


def build_model(name: str, routes: tuple[Route, ...], created_seconds: int, owned_by: str) -> Model:
    """Build a model from its routes."""
    candidates = tuple((at, key) for at, route in enumerate(routes) for key in route.provider.keys)
    return Model(name, routes, created_seconds, owned_by, candidates, tariffs=steady_tariffs(routes))


def steady_tariffs(routes: tuple[Route, ...]) -> tuple[Tariff | None, ...] | None:
    """Return what each route costs at all times; None when that depends on the time."""
    if not all(route.tariffs.is_steady for route in routes):
        return None
    return tuple([route.tariffs.at(0) for route in routes])


def _compile_route(candidate: Candidate, provider: Provider, books: dict[str, TariffsByName]) -> Route:
    tariffs = DatedTariffs(candidate.prices)
    route = build_route(provider, candidate.upstream_model, tariffs, candidate.output_tokens_max)
    return structs.replace(route, tariffs_by_name=books.get(candidate.price_book))


def build_route(provider: Provider, upstream_model: str, tariffs: DatedTariffs, output_tokens_max: int | None) -> Route:
    """Build a route; names that no header can carry are shown with `?` in their place."""
    shown = [
        (name, _UNPRINTABLE.sub(b"?", text.encode("ascii", "replace")))
        for name, text in ((b"x-tollway-provider", provider.name), (b"x-tollway-upstream-model", upstream_model))
    ]
    kind = provider.kind
    target = Target(
        vendor=kind.ways,
        model=upstream_model,
        cap_field=kind.cap_field,
        asks_stream_usage=kind.stream_usage == "option",
    )
    if output_tokens_max is not None:
        target = structs.replace(target, output_tokens_default=output_tokens_max)
    return Route(provider, upstream_model, tariffs, output_tokens_max, _lines((*shown, *_ANSWER_HEADERS)), target)


def _under_name(catch_all: Model, name: str, upstream_model: str) -> Model:
    routes = tuple(
        build_route(
            route.provider,
            upstream_model,
            route.tariffs if route.tariffs_by_name is None else route.tariffs_by_name.find(upstream_model),
            None,
        )
        for route in catch_all.routes
    )
    return build_model(name, routes, catch_all.created_seconds, catch_all.owned_by)


def _credential(key: SealedKey, box: SecretBox, header: str, scheme: str) -> tuple[tuple[bytes, bytes], ...]:
    secret = box.open(key.sealed, key.aad)
    if any(byte < 0x21 or byte > 0x7E for byte in secret):
        raise ValueError("its credential has characters that no header can carry")
    value = f"{scheme} ".encode() + secret if scheme else secret
    return ((header.lower().encode(), value),)


def _with_version(upstream: Upstream, kind: ProviderKind) -> Upstream:
    """Return the upstream with the version of the kind's API in its path, unless the URL names one itself."""
    base_url = upstream.base_url.rstrip("/")
    path = urlsplit(base_url).path
    if not kind.version_path or any(_VERSION.fullmatch(segment) for segment in path.split("/")):
        return upstream
    return structs.replace(upstream, base_url=base_url + kind.version_path)


def _with_proxy_login(upstream: Upstream, box: SecretBox) -> Upstream:
    """Return the upstream with the login in its proxy's URL, where the client reads it; never written anywhere."""
    key, url = upstream.proxy_key, upstream.proxy_url
    if key is None or url is None:
        return upstream
    login = quote(box.open(key.sealed, key.aad), safe=":")
    return structs.replace(upstream, proxy_url=url.replace("://", f"://{login}@", 1), proxy_key=None)


def _fixed(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers)
