"""Refusals of the upstreams domain."""

from tollway.kernel.errors import TollwayError


def provider_not_found() -> TollwayError:
    """Return management.not_found for a provider."""
    return TollwayError("management.not_found", public="There is no such provider.")


def provider_name_taken() -> TollwayError:
    """Return management.conflict: provider names are unique."""
    return TollwayError("management.conflict", public="Another provider has this name.", param="name")
