"""Refusals of the teams domain."""

from tollway.kernel.errors import TollwayError


def team_not_found() -> TollwayError:
    """Return management.not_found for a team."""
    return TollwayError("management.not_found", public="There is no such team.")


def team_name_taken() -> TollwayError:
    """Return management.conflict: team names are unique."""
    return TollwayError("management.conflict", public="Another team has this name.", param="name")


def team_in_use() -> TollwayError:
    """Return management.conflict: the default team and teams that own something cannot be deleted."""
    owning = "The team owns applications, services, providers or service accounts, or is the default team."
    return TollwayError("management.conflict", public=owning)
