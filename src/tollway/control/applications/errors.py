"""Refusals of the applications domain."""

from tollway.kernel.errors import TollwayError


def application_not_found() -> TollwayError:
    """Return management.not_found for an application."""
    return TollwayError("management.not_found", public="There is no such application.")


def application_name_taken() -> TollwayError:
    """Return management.conflict: application names are unique."""
    return TollwayError("management.conflict", public="Another application has this name.", param="name")


def application_in_use(tokens: int) -> TollwayError:
    """Return management.conflict: live tokens must be revoked first."""
    return TollwayError(
        "management.conflict", public=f"The application owns {tokens} tokens that are not revoked or expired."
    )
