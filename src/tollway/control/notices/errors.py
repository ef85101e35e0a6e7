"""Refusals of the notices domain."""

from tollway.kernel.errors import TollwayError


def webhook_not_found() -> TollwayError:
    """Return management.not_found for a webhook."""
    return TollwayError("management.not_found", public="There is no such webhook.")


def webhook_name_taken() -> TollwayError:
    """Return management.conflict: names of webhooks are unique."""
    return TollwayError("management.conflict", public="Another webhook has this name.", param="name")


def delivery_not_found() -> TollwayError:
    """Return management.not_found for a delivery."""
    return TollwayError("management.not_found", public="There is no such delivery of this webhook.")


def webhook_is_disabled() -> TollwayError:
    """Return management.conflict: nothing is sent to a webhook that is switched off."""
    return TollwayError("management.conflict", public="The webhook is disabled; enable it first.")


def mail_not_set_up() -> TollwayError:
    """Return management.not_found: no mail server was entered."""
    return TollwayError("management.not_found", public="Mail is not set up.")
