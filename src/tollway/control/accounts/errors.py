"""Refusals of the accounts domain."""

from tollway.kernel.errors import TollwayError


def user_not_found() -> TollwayError:
    """Return management.not_found for a person."""
    return TollwayError("management.not_found", public="There is no such person.")


def user_name_taken() -> TollwayError:
    """Return management.conflict: the names people sign in with are unique."""
    return TollwayError("management.conflict", public="Another person has this name.", param="name")


def last_owner() -> TollwayError:
    """Return management.conflict: an installation always has an owner who can sign in."""
    return TollwayError("management.conflict", public="This is the last owner; make somebody else an owner first.")


def equal_or_higher() -> TollwayError:
    """Return management.forbidden: factors are reset by who may do more than their person (tokens.md R20)."""
    return TollwayError(
        "management.forbidden",
        public="Second factors are reset by somebody who may do more than the person, or on the machine itself.",
    )


def not_oneself() -> TollwayError:
    """Return management.conflict: nobody ends their own account."""
    return TollwayError("management.conflict", public="Nobody ends their own account; ask another administrator.")


def not_in_this_state(state: str) -> TollwayError:
    """Return management.conflict: the act does not fit the person's state."""
    return TollwayError("management.conflict", public=f"The person is {state}.")


def member_not_found() -> TollwayError:
    """Return management.not_found for a membership."""
    return TollwayError("management.not_found", public="The person is not in this team.")


def already_in() -> TollwayError:
    """Return management.conflict for a membership that there is already."""
    return TollwayError("management.conflict", public="The person is in this team already.")
