"""Providers and models over HTTP. Credentials go in and never come out."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import UNSET
from pydantic import Field

from tollway.control.audit.model import Subject
from tollway.control.faults import refuse
from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.control.upstreams.model import ModelOffer, NewProvider, PriceOverride, Provider, ProviderChange
from tollway.kernel.secret import Secret
from tollway.providers.registry import KINDS
from tollway.web.asking import Asking, FreshProviders, ReadProviders, WriteProviders
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Output, absent, format_instant
from tollway.web.paging import NamedQuery, Page
from tollway.web.upstreams import (
    ConnectionInput,
    ConnectionOutput,
    ConnectionPatch,
    Credential,
    ProbeOutput,
    Url,
    read_connection_change,
    read_credentials,
    read_login,
    read_networks,
    read_timeouts,
    show_key,
    show_login,
    show_networks,
    show_timeouts,
)

router = APIRouter(tags=["providers"])

ProviderId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
ProviderName = Annotated[str, Field(min_length=1, max_length=63)]
Priority = Annotated[int, Field(ge=0, le=1_000_000)]
Credentials = Annotated[list[Credential], Field(max_length=20)]
PriceText = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,12})?$", examples=["0.15"])]


class PriceInput(Input):
    """A price of your own, in decimal USD per million tokens; `request_usd` per call."""

    input_usd_per_million: PriceText | None = None
    output_usd_per_million: PriceText | None = None
    cached_input_usd_per_million: PriceText | None = None
    cache_write_usd_per_million: PriceText | None = None
    request_usd: PriceText | None = None


class OfferInput(Input):
    """A model of the provider under the name callers use. Lower priority comes first."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    upstream_model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    priority: Priority | None = None
    price: PriceInput | None = None


Offers = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)] | OfferInput], Field(max_length=1_000)]


class ProviderInput(ConnectionInput):
    """A provider to add. `credential` or `credentials`, not both; `base_url` left out: the kind's own."""

    name: ProviderName
    kind: Annotated[str, Field(min_length=1, max_length=64)]
    base_url: Url | None = None
    credential: Credential | None = None
    credentials: Credentials | None = None
    models: Offers = Field(default=["*"])
    priority: Priority = 100


class ProviderPatch(ConnectionPatch):
    """Fields to change. `credentials` replaces all keys; `stored` in it stands for those there are."""

    name: ProviderName = absent()
    credential: Credential | None = absent()
    credentials: Credentials = absent()
    models: Offers = absent()
    priority: Priority = absent()


class OverrideOutput(Output):
    """A price of your own."""

    input_usd_per_million: str | None
    output_usd_per_million: str | None
    cached_input_usd_per_million: str | None
    cache_write_usd_per_million: str | None
    request_usd: str | None


class OfferOutput(Output):
    """A model of the provider."""

    name: str
    upstream_model: str | None
    priority: int | None
    price: OverrideOutput | None


class ProviderOutput(ConnectionOutput):
    """A configured account at a provider."""

    id: str
    name: str
    kind: str
    models: list[OfferOutput]
    priority: int
    created_at: Instant


class ChangedProviderOutput(ProviderOutput):
    """A provider after a change. `credentials_cleared`: it now points elsewhere, so keys and headers were removed."""

    credentials_cleared: bool


class KindOutput(Output):
    """A kind of provider."""

    kind: str
    title: str
    base_url: str
    docs_url: str
    needs_credential: bool


class KindList(Output):
    """All kinds of provider."""

    items: list[KindOutput]


@router.get("/provider-kinds")
def list_provider_kinds(ask: ReadProviders) -> KindList:
    """List the kinds of provider there are, by name."""
    items = [
        KindOutput(
            kind=kind.name,
            title=kind.title,
            base_url=kind.base_url,
            docs_url=kind.docs_url,
            needs_credential=kind.needs_credential,
        )
        for _, kind in sorted(KINDS.items())
    ]
    return KindList(items=items)


@router.get("/providers")
def list_providers(query: Annotated[NamedQuery, Query()], ask: ReadProviders) -> Page[ProviderOutput]:
    """List providers, newest first. The built-in sandbox is not among them."""
    providers = ask.services.providers

    def fetch(after: Position | None, limit: int) -> Found[tuple[Provider, str | None]]:
        page = providers.page(search=query.search, sight=ask.sight, after=after, limit=limit)
        return Found(tuple(_with_team(page.items, ask)), page.next)

    return ask.page(query, fetch, lambda pair: show_provider(*pair))


@router.post("/providers", status_code=201)
def create_provider(body: ProviderInput, ask: FreshProviders) -> ProviderOutput:
    """Add a provider."""
    new = NewProvider(
        name=body.name,
        kind=body.kind,
        base_url=body.base_url,
        credentials=_credentials(body),
        models=tuple(_read_offer(offer) for offer in body.models),
        priority=body.priority,
        allow_private=read_networks(body.allow_private),
        ca_file=body.ca_file,
        proxy_url=body.proxy_url,
        timeouts=read_timeouts(body.timeouts),
        headers=tuple(body.headers.items()),
        proxy_credential=read_login(body.proxy_credential),
        environment=body.environment,
        team_id=body.team_id,
    )
    return _answer(ask.services.providers.create(new, ask.actor), ask)


@router.get("/providers/{provider_id}")
def get_provider(provider_id: ProviderId, ask: ReadProviders) -> ProviderOutput:
    """Show a provider."""
    return _answer(ask.services.providers.get(provider_id, ask.sight), ask)


@router.patch("/providers/{provider_id}")
def change_provider(
    provider_id: ProviderId, body: ProviderPatch, expected: ExpectedVersion, ask: FreshProviders
) -> ChangedProviderOutput:
    """Change a provider. A base URL with another scheme, host or port clears the keys, unless new ones come with it."""
    given = body.model_fields_set
    change = ProviderChange(
        name=body.name,
        credentials=_credentials(body) if given & {"credential", "credentials"} else UNSET,
        models=tuple(_read_offer(offer) for offer in body.models) if "models" in given else UNSET,
        priority=body.priority,
        connection=read_connection_change(body),
        environment=body.environment,
        team_id=body.team_id,
    )
    changed = ask.services.providers.change(provider_id, change, ask.actor, expected_version=expected)
    shown = _answer(changed.provider, ask)
    return ChangedProviderOutput(**dict(iter(shown)), credentials_cleared=changed.credentials_cleared)


@router.delete("/providers/{provider_id}", status_code=204)
def delete_provider(provider_id: ProviderId, expected: ExpectedVersion, ask: WriteProviders) -> None:
    """Delete a provider and its keys."""
    ask.services.providers.delete(provider_id, ask.actor, expected_version=expected)


@router.post("/providers/{provider_id}/disable")
def disable_provider(provider_id: ProviderId, expected: ExpectedVersion, ask: WriteProviders) -> ProviderOutput:
    """Take the provider's candidates out of all models until it is enabled again."""
    return _answer(ask.services.providers.disable(provider_id, ask.actor, expected_version=expected), ask)


@router.post("/providers/{provider_id}/enable")
def enable_provider(provider_id: ProviderId, expected: ExpectedVersion, ask: FreshProviders) -> ProviderOutput:
    """Offer the provider's models again."""
    return _answer(ask.services.providers.enable(provider_id, ask.actor, expected_version=expected), ask)


@router.post("/providers/{provider_id}/test")
def test_provider(provider_id: ProviderId, ask: WriteProviders) -> ProbeOutput:
    """Make one cheap call to the provider with its key and say what came back."""
    provider = ask.services.providers.get(provider_id, ask.sight)
    probe = ask.services.prober.probe(provider)
    subject = Subject("provider", provider.id, provider.name)
    ask.services.audit.record(ask.actor, "provider.test", subject, None, {"ok": probe.is_ok})
    return ProbeOutput(
        ok=probe.is_ok, status=probe.status, latency_ms=probe.latency_ms, detail=probe.detail, code=probe.code
    )


def show_provider(provider: Provider, team_name: str | None) -> ProviderOutput:
    """Write a provider without anything secret."""
    connection = provider.connection
    return ProviderOutput(
        id=provider.id,
        name=provider.name,
        kind=provider.kind,
        state=provider.state,
        base_url=connection.base_url,
        keys=[show_key(key) for key in provider.keys],
        allow_private=show_networks(connection.allow_private),
        ca_file=connection.ca_file,
        proxy_url=connection.proxy_url,
        proxy_credential=show_login(connection.proxy_key),
        timeouts=show_timeouts(connection.timeouts),
        headers=[name for name, _ in connection.headers],
        environment=provider.environment,
        team_id=provider.team_id,
        team_name=team_name,
        models=[_show_offer(offer) for offer in provider.models],
        priority=provider.priority,
        created_at=format_instant(provider.created_ns),
    )


def _answer(provider: Provider, ask: Asking) -> ProviderOutput:
    ask.tag(provider.version)
    (pair,) = _with_team((provider,), ask)
    return show_provider(*pair)


def _with_team(items: tuple[Provider, ...], ask: Asking) -> list[tuple[Provider, str | None]]:
    """Return each with the name of its team, None where it belongs to the installation."""
    names = ask.services.teams.names({item.team_id for item in items if item.team_id is not None})
    return [(item, None if item.team_id is None else names.get(item.team_id)) for item in items]


def _credentials(body: ProviderInput | ProviderPatch) -> tuple[Secret[str], ...]:
    given = body.model_fields_set
    if {"credential", "credentials"} <= given:
        raise refuse("/credentials", "give credential or credentials, not both")
    if "credentials" in given:
        return read_credentials(body.credentials or [])
    return read_credentials([body.credential] if "credential" in given and body.credential else [])


def _read_offer(offer: str | OfferInput) -> ModelOffer:
    if isinstance(offer, str):
        return ModelOffer(offer)
    price = PriceOverride(**dict(offer.price)) if offer.price else None
    return ModelOffer(offer.name, offer.upstream_model, offer.priority, price)


def _show_offer(offer: ModelOffer) -> OfferOutput:
    price = offer.price
    return OfferOutput(
        name=offer.name,
        upstream_model=offer.upstream_model,
        priority=offer.priority,
        price=OverrideOutput(
            input_usd_per_million=price.input_usd_per_million,
            output_usd_per_million=price.output_usd_per_million,
            cached_input_usd_per_million=price.cached_input_usd_per_million,
            cache_write_usd_per_million=price.cache_write_usd_per_million,
            request_usd=price.request_usd,
        )
        if price
        else None,
    )
