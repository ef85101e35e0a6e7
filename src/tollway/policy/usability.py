"""May this token be used at this instant? The one predicate that every path asks.

Order: what is for ever before what passes, the token's own state before its owner's, so that a revoked token says so
whatever became of its owner. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from tollway.contract.life import ALWAYS_NS, Epoch, EpochKind, TokenState
from tollway.contract.policy import ApplicationRecord, TokenRecord

Epochs = Mapping[tuple[EpochKind, str], int]
"""By subject: tokens that were issued before the instant are revoked."""

NO_EPOCHS: Final[Epochs] = {}


class Life(msgspec.Struct, frozen=True, gc=False):
    """What decides whether a token may be used: a worker has it as a record, the console as a row."""

    state: TokenState
    not_before_ns: int
    expires_ns: int | None
    issued_ns: int
    team_id: str | None
    user_id: str | None
    application_id: str | None


def find_refusal(
    token: TokenRecord | Life, application: ApplicationRecord | None, now_ns: int, epochs: Epochs = NO_EPOCHS
) -> str | None:
    """Return the code that refuses the token at `now_ns`, None when it may be used.

    A token is valid from `not_before_ns` on and strictly before `expires_ns`. A token that names an application needs
    that application's record. A quarantined token may be used; which acts it is refused is asked for each act.
    """
    if token.state == "revoked" or (epochs and token.issued_ns < epoch_of(token, epochs)):
        return "token.revoked"
    if token.expires_ns is not None and now_ns >= token.expires_ns:
        return "token.expired"
    if token.state not in ("active", "quarantined"):
        return "token.disabled"
    if now_ns < token.not_before_ns:
        return "token.not_yet_valid"
    if token.application_id is None:
        return None
    if application is None or application.state != "active":
        return "token.owner_disabled"
    return None


def epoch_of(token: TokenRecord | Life, epochs: Epochs) -> int:
    """Return the latest epoch of all subjects that the token belongs to; 0 when none has one.

    The latest of all counts: an epoch of the installation is not undone by an older one of a team
    (Keycloak CVE-2026-8922 honoured only one of them).
    """
    return max(
        epochs.get(("installation", ""), 0),
        epochs.get(("team", token.team_id or ""), 0),
        epochs.get(("user", token.user_id or ""), 0),
        epochs.get(("application", token.application_id or ""), 0),
    )


def usable_window(token: TokenRecord, epochs: Epochs) -> tuple[int, int]:
    """Return the stretch [from, until) in which an active token is usable as far as it alone decides.

    Anything but a plain active token gets an empty stretch. Compiled once for each record, so that a call compares
    one instant with it; outside of it `find_refusal` says why.
    """
    if token.state != "active" or (epochs and token.issued_ns < epoch_of(token, epochs)):
        return 0, 0
    return token.not_before_ns, ALWAYS_NS if token.expires_ns is None else token.expires_ns


def read_epochs(epochs: Iterable[Epoch]) -> Epochs:
    """Return the epochs by subject; of several of one subject the latest."""
    found: dict[tuple[EpochKind, str], int] = {}
    for epoch in epochs:
        key = (epoch.kind, epoch.id)
        found[key] = max(found.get(key, 0), epoch.before_ns)
    return found
