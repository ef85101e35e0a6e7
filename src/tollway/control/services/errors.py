"""Refusals of the services domain."""

from tollway.kernel.errors import TollwayError


def service_not_found() -> TollwayError:
    """Return management.not_found for a service."""
    return TollwayError("management.not_found", public="There is no such service.")


def service_name_taken() -> TollwayError:
    """Return management.conflict: service names are unique."""
    return TollwayError("management.conflict", public="Another service has this name.", param="name")


def path_prefix_taken(name: str) -> TollwayError:
    """Return management.conflict: path prefixes are unique."""
    return TollwayError(
        "management.conflict", public=f"The service {name!r} has this path prefix.", param="path_prefix"
    )
