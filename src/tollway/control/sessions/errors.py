"""The refusals of this domain, each made in one place so that its text never varies with the reason."""

from tollway.control.faults import Invalid, refuse
from tollway.kernel.errors import TollwayError


def wrong_sign_in() -> TollwayError:
    """The name or the password is wrong; says the same for both."""
    return TollwayError("management.sign_in")


def wrong_second_step() -> TollwayError:
    """The second step of a sign-in failed: a wrong code, or a first step too long ago. One answer for both."""
    return TollwayError("management.second_factor")


def wrong_proof(field: str) -> Invalid:
    """What was given to confirm who one is does not. The session stays as it is."""
    messages = {
        "password": "This is not your password.",
        "code": "This code is wrong or was used already.",
        "passkey": "This passkey was not accepted.",
    }
    return unusable(field, messages[field])


def not_this_way(methods: str) -> Invalid:
    """A person with a second factor confirms with that, and one without with the password."""
    return unusable("password", f"Confirm with one of: {methods}.")


def nobody() -> TollwayError:
    """Whoever asks may not sign in any more."""
    return TollwayError("management.unauthenticated")


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
