"""Refusals of the access domain."""

from tollway.kernel.errors import TollwayError


def role_not_found() -> TollwayError:
    """Return management.not_found for a role."""
    return TollwayError("management.not_found", public="There is no such role.")


def role_name_taken() -> TollwayError:
    """Return management.conflict: role names are unique."""
    return TollwayError("management.conflict", public="Another role has this name.", param="name")


def role_is_built_in() -> TollwayError:
    """Return management.conflict: built-in roles stay as they are."""
    return TollwayError("management.conflict", public="A built-in role cannot be changed; make one of your own.")


def role_in_use(holders: int) -> TollwayError:
    """Return management.conflict: somebody holds the role."""
    people = "1 person holds" if holders == 1 else f"{holders} people hold"
    return TollwayError("management.conflict", public=f"{people} this role; give them another one first.")
