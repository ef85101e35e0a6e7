"""Checks of the models a provider offers, and the exact prices of overrides."""

from dataclasses import replace
from decimal import Decimal

from tollway.contract.policy import DatedPrice, Price, UnitPrice
from tollway.control.faults import Faults
from tollway.control.upstreams.model import ModelOffer, PriceOverride
from tollway.kernel.money import ATTOS_PER_USD_PER_MILLION_UNITS, attos_per_unit

MODELS_MAX = 1_000
MODEL_CHARACTERS_MAX = 200
PRIORITY_MAX = 1_000_000
SOURCE = "override"


def check_offers(offers: tuple[ModelOffer, ...], faults: Faults) -> None:
    """Add every fault of a provider's models below /models."""
    if len(offers) > MODELS_MAX:
        faults.add("/models", f"at most {MODELS_MAX} models")
    seen: set[str] = set()
    for index, offer in enumerate(offers):
        path = f"/models/{index}"
        if offer.name in seen:
            faults.add(path, f"{offer.name!r} is offered twice")
        seen.add(offer.name)
        _check_model_name(path, offer.name, faults)
        if offer.upstream_model is not None:
            _check_model_name(f"{path}/upstream_model", offer.upstream_model, faults)
            if offer.name == "*":
                faults.add(f"{path}/upstream_model", "`*` offers models under their own names")
        if offer.priority is not None:
            check_priority(f"{path}/priority", offer.priority, faults)
        if offer.price is not None:
            _check_price(f"{path}/price", offer.price, faults)


def check_priority(path: str, priority: int, faults: Faults) -> None:
    """Add a fault unless 0 <= priority <= PRIORITY_MAX."""
    if not 0 <= priority <= PRIORITY_MAX:
        faults.add(path, f"use a number from 0 to {PRIORITY_MAX}")


def canonical_offers(offers: tuple[ModelOffer, ...]) -> tuple[ModelOffer, ...]:
    """Return the offers with one spelling for each price, so that 2.50 and 2.5 are no difference."""
    return tuple(
        replace(offer, price=None if offer.price is None else _canonical_price(offer.price)) for offer in offers
    )


def build_price(override: PriceOverride) -> DatedPrice:
    """Return the price that holds at all times. The override must have passed `check_offers`.

    A price of the call alone is all that it costs: its tokens are free.
    """

    def unit(text: str | None) -> UnitPrice | None:
        return None if text is None else UnitPrice(attos_per_unit(text))

    request = override.request_usd
    is_by_call = override == PriceOverride(request_usd=request) and request is not None
    free = UnitPrice(0) if is_by_call else None
    return DatedPrice(
        None,
        Price(
            source=SOURCE,
            input=free or unit(override.input_usd_per_million),
            output=free or unit(override.output_usd_per_million),
            cached_input=unit(override.cached_input_usd_per_million),
            cache_write=unit(override.cache_write_usd_per_million),
            # One request is one unit: USD per unit is a million times USD per million units.
            request=None if request is None else UnitPrice(attos_per_unit(request) * 1_000_000),
        ),
    )


def _canonical_price(price: PriceOverride) -> PriceOverride:
    texts = {name: getattr(price, name) for name in PriceOverride.__slots__}
    return PriceOverride(
        **{name: None if text is None else format(Decimal(text).normalize(), "f") for name, text in texts.items()}
    )


def _check_model_name(path: str, name: str, faults: Faults) -> None:
    if not 1 <= len(name) <= MODEL_CHARACTERS_MAX or not name.isprintable() or " " in name:
        faults.add(path, f"a model's name has 1 to {MODEL_CHARACTERS_MAX} printable characters without blanks")
    elif "*" in name and name != "*":
        faults.add(path, "`*` stands alone")


def _check_price(path: str, price: PriceOverride, faults: Faults) -> None:
    for name in PriceOverride.__slots__:
        text = getattr(price, name)
        if text is None:
            continue
        try:
            attos = attos_per_unit(text)
        except ValueError as error:
            faults.add(f"{path}/{name}", str(error))
            continue
        if attos > ATTOS_PER_USD_PER_MILLION_UNITS * 1_000_000:
            faults.add(f"{path}/{name}", "at most one million")
