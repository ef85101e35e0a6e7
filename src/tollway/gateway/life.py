"""What a token's life asks of a call: which of its secrets was presented, what the caller is told of its end, and what
a quarantine refuses.

Law: a call with the newest secret of a plain token never comes here; see `Subject.usable_until_ns`.
"""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from tollway.contract.life import ALWAYS_NS, Act, OldSecret
from tollway.contract.policy import ApplicationRecord, TokenRecord
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError
from tollway.policy.usability import Epochs, find_refusal

WARNING_NS = 30 * 86_400 * NANOS_PER_SECOND
"""How long before its end a token's answers say when that is."""
EXPIRES_HEADER = b"x-tollway-token-expires"

Hash = Callable[[bytes, int], bytes | None]


class Remarks(msgspec.Struct, frozen=True, gc=False):
    """What is unusual about a caller. `old_secret` is the generation of the secret that was presented, "" for the
    newest; `expires_ns` when what was presented stops working, if that is to be told."""

    old_secret: str = ""
    expires_ns: int | None = None
    denied: tuple[Act, ...] = ()


NOTHING_UNUSUAL = Remarks()


def find_old_secret(credential: bytes, token: TokenRecord, known: bytes | None, mac: Hash) -> OldSecret | None:
    """Return which of the replaced secrets was presented, None for none of them.

    `known` is the credential's hash under the pepper of the newest secret. Hashed again only for another pepper, so
    that a token with a past takes as long to refuse as one without.
    """
    for old in token.old_secrets:
        found = known if old.pepper_version == token.pepper_version else mac(credential, old.pepper_version)
        if hmac.compare_digest(found or b"", old.mac):
            return old
    return None


def look_closer(
    token: TokenRecord, application: ApplicationRecord | None, old: OldSecret | None, now_ns: int, epochs: Epochs
) -> Remarks:
    """Judge a token that is not plainly usable. Raises the code of `find_refusal`, or token.replaced."""
    refusal = find_refusal(token, application, now_ns, epochs)
    if refusal == "token.not_yet_valid":
        raise TollwayError(refusal, retry_after_seconds=(token.not_before_ns - now_ns) / NANOS_PER_SECOND)
    if refusal is not None:
        raise TollwayError(refusal)
    expires_ns = ALWAYS_NS if token.expires_ns is None else token.expires_ns
    if old is not None:
        if now_ns >= old.valid_until_ns:
            raise TollwayError("token.replaced")
        expires_ns = min(expires_ns, old.valid_until_ns)
    denied = () if token.quarantine is None else token.quarantine.denied
    if token.state == "quarantined" and token.quarantine is None:
        # A record that says so and not how: refused like a disabled one rather than trusted.
        raise TollwayError("token.disabled")
    return Remarks(
        "" if old is None else str(old.generation),
        expires_ns if old is not None or expires_ns - now_ns <= WARNING_NS else None,
        denied,
    )


def write_instant(instant_ns: int) -> bytes:
    """Write an instant as RFC 3339 in whole seconds (cut)."""
    return datetime.fromtimestamp(instant_ns // NANOS_PER_SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
