"""Refusals of second factors."""

from tollway.control.faults import Invalid, refuse
from tollway.kernel.errors import TollwayError


def no_passkeys_here() -> TollwayError:
    """Return management.conflict: browsers have passkeys for names over TLS and for localhost only."""
    return TollwayError(
        "management.conflict",
        public="Passkeys need a console with a name and TLS, or one on localhost: set `console.public_url`.",
    )


def wrong_code(field: str = "code") -> Invalid:
    """Return management.invalid: the code is wrong, was used already, or is of another time."""
    return refuse(f"/{field}", "This code is wrong or was used already. Wait for the next one.")


def wrong_passkey() -> Invalid:
    """Return management.invalid: the authenticator's answer proves nothing."""
    return refuse("/passkey", "This passkey was not accepted. Try again.")


def has_app_already() -> TollwayError:
    """Return management.conflict: one authenticator app at a time."""
    return TollwayError("management.conflict", public="There is an authenticator app already; remove it first.")


def no_app() -> TollwayError:
    """Return management.not_found for an authenticator app."""
    return TollwayError("management.not_found", public="There is no authenticator app.")


def no_app_begun() -> TollwayError:
    """Return management.conflict: there is nothing to confirm."""
    return TollwayError("management.conflict", public="No authenticator app waits to be confirmed; begin anew.")


def passkey_not_found() -> TollwayError:
    """Return management.not_found for a passkey."""
    return TollwayError("management.not_found", public="There is no such passkey.")


def too_many_passkeys(most: int) -> TollwayError:
    """Return management.conflict: a person has so many passkeys and no more."""
    return TollwayError("management.conflict", public=f"A person has at most {most} passkeys; remove one first.")


def no_factor() -> TollwayError:
    """Return management.conflict: recovery codes stand in for a factor that there is."""
    return TollwayError(
        "management.conflict", public="Recovery codes come with an authenticator app or a passkey; add one first."
    )
