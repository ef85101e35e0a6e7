"""Signing secrets of webhooks: made, sealed, opened for signing.

Law: the clear text leaves this module as a Secret only: once to the person who made the webhook, and for signing.
"""

from tollway.control.notices.model import Webhook
from tollway.control.notices.ports import Sealer
from tollway.control.notices.signing import generate_secret
from tollway.kernel.secret import Secret


class SigningSecrets:
    """Seals and opens."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def make(self, webhook_id: str) -> tuple[Secret[str], bytes]:
        """Return a fresh secret and its sealed form, which opens for this webhook only."""
        secret = generate_secret()
        return secret, self._sealer.seal(secret.reveal().encode(), secret_aad(webhook_id))

    def in_force(self, webhook: Webhook, now_ns: int) -> tuple[Secret[str], ...]:
        """Return the secrets that sign now: the newest first. Raises upstream.no_credential when one does not open."""
        sealed = [webhook.sealed]
        if webhook.previous_sealed is not None and now_ns < (webhook.previous_until_ns or 0):
            sealed.append(webhook.previous_sealed)
        aad = secret_aad(webhook.id)
        return tuple(Secret(self._sealer.open(one, aad).decode()) for one in sealed)


def secret_aad(webhook_id: str) -> bytes:
    """Return the associated data of a webhook's secrets: they open in no other row."""
    return f"webhooks|secret|{webhook_id}".encode()
