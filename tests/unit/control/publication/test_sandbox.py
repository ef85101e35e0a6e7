"""The sandbox comes last of all that offer a name."""

from tollway.control.publication.sandbox import SANDBOX_ID, sandbox_offers, sandbox_provider
from tollway.control.upstreams.offers import PRIORITY_MAX


def test_every_sandbox_model_is_priced_and_comes_last() -> None:
    assert sandbox_provider().id == SANDBOX_ID
    for offer in sandbox_offers():
        assert offer.priority > PRIORITY_MAX
        assert offer.candidate.prices and offer.candidate.provider_id == SANDBOX_ID
