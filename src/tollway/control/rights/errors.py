"""Refusals of the rights domain."""

from tollway.kernel.errors import TollwayError


def owner_not_found() -> TollwayError:
    """Return management.not_found for who was to have the rights."""
    return TollwayError("management.not_found", public="There is nothing of that kind with this id.")


def group_not_found() -> TollwayError:
    """Return management.not_found for a group of models."""
    return TollwayError("management.not_found", public="There is no such group of models.")


def group_name_taken() -> TollwayError:
    """Return management.conflict: names of groups are unique."""
    return TollwayError("management.conflict", public="Another group of models has this name.", param="name")


def group_in_use(place: str) -> TollwayError:
    """Return management.conflict: somebody's rights name the group."""
    return TollwayError("management.conflict", public=f"The group is named by {place}; take it out there first.")
