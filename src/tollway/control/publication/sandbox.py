"""The built-in sandbox as part of a snapshot. Pure."""

from tollway.contract.policy import Candidate, DatedPrice, Price, ProviderRecord, UnitPrice, Upstream
from tollway.control.publication.models import Offered
from tollway.control.upstreams.offers import PRIORITY_MAX
from tollway.control.upstreams.service import SANDBOX
from tollway.kernel.money import attos_per_unit
from tollway.providers.registry import KINDS
from tollway.providers.sandbox.models import MODELS, SandboxModel

SANDBOX_ID = "prov_sandbox"


def sandbox_provider() -> ProviderRecord:
    """Return the sandbox's provider record; it answers live and test tokens alike."""
    return ProviderRecord(SANDBOX_ID, SANDBOX, SANDBOX, "active", Upstream(KINDS[SANDBOX].base_url), environment=None)


def sandbox_offers() -> tuple[Offered, ...]:
    """Return the sandbox's models with their made-up prices; any configured provider comes before it."""
    return tuple(
        Offered(
            name=model.name,
            priority=PRIORITY_MAX + 1,
            provider_name=SANDBOX,
            created_seconds=0,
            candidate=Candidate(SANDBOX_ID, model.name, (_price(model),), model.output_tokens_max or None),
            environment=None,
        )
        for model in MODELS
    )


def _price(model: SandboxModel) -> DatedPrice:
    cached = model.cached_input_usd_per_million
    return DatedPrice(
        None,
        Price(
            source="sandbox",
            input=UnitPrice(attos_per_unit(model.input_usd_per_million)),
            output=UnitPrice(attos_per_unit(model.output_usd_per_million)),
            cached_input=None if cached is None else UnitPrice(attos_per_unit(cached)),
        ),
    )
