"""The refusals of this domain, each made in one place so that its text never varies with the reason."""

from tollway.control.faults import Invalid, refuse
from tollway.kernel.errors import TollwayError


def wrong_sign_in() -> TollwayError:
    """The name or the password is wrong; says the same for both."""
    return TollwayError("management.sign_in")


def wrong_password() -> Invalid:
    """The current password, asked for again before a new one is set, is wrong. The session stays as it is."""
    return unusable("current", "This is not your current password.")


def session_not_found() -> TollwayError:
    """There is no such session, or it is somebody else's."""
    return TollwayError("management.not_found", public="There is no such session.")


def throttled(retry_after_seconds: float) -> TollwayError:
    """Too many attempts from here, for this account, or in all."""
    return TollwayError("management.throttled", retry_after_seconds=retry_after_seconds)


def busy() -> TollwayError:
    """As many passwords are being checked as the pool holds."""
    return TollwayError("management.throttled", public="Too many sign-ins at the same time.", retry_after_seconds=2.0)


def bad_setup_link() -> TollwayError:
    """The link is wrong, used, expired, or set-up is done already."""
    return TollwayError("management.setup_link")


def bad_user_link() -> TollwayError:
    """The link with which a person chooses a password is wrong, used, expired or replaced."""
    return TollwayError("management.user_link")


def already_set_up() -> TollwayError:
    """Somebody can sign in, so there is no set-up to do."""
    return TollwayError("management.conflict", public="The console is set up already; sign in.")


def unusable(field: str, message: str) -> Invalid:
    """A field that cannot be used as name or password."""
    return refuse(f"/{field}", message)
