"""Compile what providers offer into the names callers may ask for. Pure but for the price list.

A name has one candidate per provider that offers it, ordered by (priority, provider name). Each is also
offered as `provider/name`, through that provider alone. Where such a name equals a plain one (an aggregator's
`openai/gpt-4o` beside a provider called openai), a plain name that somebody listed wins, one that only `*` brought
loses. A provider that offers `*` gets all models its price list knows, the catch-all `provider/*` and, when it
is the first of its kind in its environment, the catch-all `*`; what they serve is priced by the vendor's list, by
name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgspec import structs

from tollway.contract.policy import Candidate, DatedPrice, Environment, ModelRecord
from tollway.control.upstreams.model import ModelOffer, Provider
from tollway.control.upstreams.offers import build_price
from tollway.control.upstreams.ports import PriceList
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.providers.registry import find_kind

ALL = "*"


@dataclass(frozen=True, slots=True)
class Offered:
    """One provider's way to serve one name."""

    name: str
    priority: int
    provider_name: str
    created_seconds: int
    candidate: Candidate
    context_tokens: int | None = None
    is_listed: bool = True
    """Whether the operator named it, rather than `*`."""
    environment: Environment | None = "live"


def compile_models(offered: Iterable[Offered]) -> tuple[ModelRecord, ...]:
    """Return the model records, ordered by name."""
    plain: dict[str, list[Offered]] = {}
    qualified: dict[str, list[Offered]] = {}
    for item in sorted(offered, key=lambda item: (item.priority, item.provider_name)):
        if item.name == ALL:
            first = plain.setdefault(ALL, [])
            if all(other.environment != item.environment for other in first):
                first.append(item)
        else:
            plain.setdefault(item.name, []).append(item)
        qualified.setdefault(f"{item.provider_name}/{item.name}", [item])
    listed = {name: items for name, items in plain.items() if any(item.is_listed for item in items)}
    records = plain | qualified | listed
    return tuple(
        ModelRecord(
            name=name,
            candidates=tuple(item.candidate for item in items),
            created_seconds=items[0].created_seconds,
            owned_by=items[0].provider_name,
            context_tokens=items[0].context_tokens,
        )
        for name, items in sorted(records.items())
    )


def expand_offers(provider: Provider, prices: PriceList) -> tuple[Offered, ...]:
    """Return everything a provider offers. An explicit offer beats what `*` says about the same name."""
    kind = find_kind(provider.kind)
    price_kind = kind.price_kind if kind else ""
    offers = {offer.name: offer for offer in provider.models if offer.name != ALL}
    catch_all = next((offer for offer in provider.models if offer.name == ALL), None)
    if catch_all is not None:
        for name in prices.list_models(price_kind) if price_kind else ():
            offers.setdefault(name, ModelOffer(name, None, catch_all.priority, catch_all.price))
        offers[ALL] = catch_all
    listed = {offer.name for offer in provider.models}
    return tuple(
        replace(_offered(provider, offer, price_kind, prices), is_listed=offer.name in listed)
        for offer in offers.values()
    )


def _prices(offer: ModelOffer, price_kind: str, prices: PriceList) -> tuple[DatedPrice, ...]:
    if offer.price is not None:
        return (build_price(offer.price),)
    if not price_kind or offer.name == ALL:
        return ()
    return prices.find_prices(price_kind, offer.upstream_model or offer.name)


def _offered(provider: Provider, offer: ModelOffer, price_kind: str, prices: PriceList) -> Offered:
    candidate = Candidate(provider.id, offer.upstream_model or offer.name, _prices(offer, price_kind, prices))
    if offer.name == ALL and offer.price is None:
        candidate = structs.replace(candidate, price_book=price_kind)
    return Offered(
        name=offer.name,
        priority=provider.priority if offer.priority is None else offer.priority,
        provider_name=provider.name,
        created_seconds=provider.created_ns // NANOS_PER_SECOND,
        candidate=candidate,
        context_tokens=prices.find_context_tokens(price_kind, candidate.upstream_model) if price_kind else None,
        environment=provider.environment,
    )
