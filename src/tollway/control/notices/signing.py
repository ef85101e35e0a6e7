"""Signs webhooks by the Standard Webhooks specification, version 1, symmetric (https://www.standardwebhooks.com). Pure.

A secret is `whsec_` and the base64 of its bytes. What is signed is `<id>.<timestamp>.<body>` by HMAC-SHA-256; the
header holds one `v1,<base64>` for each secret in force, so that a receiver may know the old one or the new one.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence

from tollway.kernel.secret import Secret

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


def generate_secret(random_bytes: Callable[[int], bytes] = os.urandom) -> Secret[str]:
    """Return a fresh signing secret."""
    return Secret(PREFIX + b64encode(random_bytes(SECRET_BYTES)).decode())


def build_headers(
    message_id: str, timestamp_seconds: int, body: bytes, secrets: Sequence[Secret[str]]
) -> tuple[tuple[str, str], ...]:
    """Return the three headers. Raises ValueError without a secret: an unsigned webhook is never sent."""
    if not secrets:
        raise ValueError("a webhook is signed with at least one secret")
    signatures = (sign(message_id, timestamp_seconds, body, secret) for secret in secrets)
    return (
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp_seconds)),
        ("webhook-signature", " ".join(signatures)),
    )


def sign(message_id: str, timestamp_seconds: int, body: bytes, secret: Secret[str]) -> str:
    """Return one signature, `v1,<base64>`. Raises ValueError for what is not a signing secret."""
    text = secret.reveal()
    key = b64decode(text.removeprefix(PREFIX), validate=True)
    if not text.startswith(PREFIX) or not key:
        raise ValueError("not a signing secret")
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp_seconds, body)
    return "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
