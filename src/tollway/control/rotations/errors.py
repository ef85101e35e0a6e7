"""Refusals of the rotations domain."""

from tollway.kernel.errors import TollwayError


def policy_not_found() -> TollwayError:
    """Return management.not_found for a policy."""
    return TollwayError("management.not_found", public="There is no such rotation policy.")


def nothing_to_collect() -> TollwayError:
    """Return management.not_found: the same for an unknown, a used, an expired and a void collecting token."""
    return TollwayError(
        "management.not_found",
        public="There is nothing to collect: the link is unknown, was used already, or is too old. "
        "If you did not use it, tell whoever runs this gateway.",
    )


def nothing_waits() -> TollwayError:
    """Return management.conflict: no new secret of the token waits."""
    return TollwayError("management.conflict", public="No new secret of this token waits to be collected.")


def mail_is_missing() -> TollwayError:
    """Return management.conflict: there is no mail server to hand a letter to."""
    return TollwayError("management.conflict", public="Mail is not set up, so that no link can be sent by it.")


def name_taken() -> TollwayError:
    """Return management.conflict: a name in use."""
    return TollwayError("management.conflict", public="There is a rotation policy of this name already.")


def not_granted() -> TollwayError:
    """Return management.forbidden: a token that may not rotate itself."""
    return TollwayError("management.forbidden", public="This token may not rotate itself; ask its owner to allow it.")
