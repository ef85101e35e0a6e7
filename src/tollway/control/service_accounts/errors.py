"""Refusals of the domain of service accounts."""

from tollway.kernel.errors import TollwayError


def account_not_found() -> TollwayError:
    """Return management.not_found for a service account."""
    return TollwayError("management.not_found", public="There is no such service account.")


def account_name_taken() -> TollwayError:
    """Return management.conflict: people and service accounts share one set of names."""
    return TollwayError("management.conflict", public="A person or service account has this name.", param="name")
