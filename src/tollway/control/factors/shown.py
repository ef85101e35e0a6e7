"""Second factors in JSON: what browsers are asked, and what they answer. Shared by sign-in, confirmation and account.

Bytes travel as base64url without padding (RFC 4648 section 5), as WebAuthn's own JSON has them.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from tollway.control.factors.model import PASSKEY_NAME_CHARS_MAX, Asked, Assertion, Passkey, Registration
from tollway.web.fields import Input, Instant, Output, format_instant, format_instant_or_none

_BYTES = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256 (IANA COSE), which every authenticator has one of; the first is preferred."""


def _check_bytes(text: str) -> str:
    if _BYTES.fullmatch(text) is None or len(text) % 4 == 1:
        raise ValueError("base64url without padding")
    return text


CredentialId = Annotated[str, Field(min_length=1, max_length=1_364), AfterValidator(_check_bytes)]
"""At most 1,023 bytes (WebAuthn section 4, credential id)."""
Short = Annotated[str, Field(min_length=1, max_length=4_096), AfterValidator(_check_bytes)]
Long = Annotated[str, Field(min_length=1, max_length=65_536), AfterValidator(_check_bytes)]
PasskeyName = Annotated[str, Field(min_length=1, max_length=PASSKEY_NAME_CHARS_MAX)]
Code = Annotated[str, Field(min_length=1, max_length=64, json_schema_extra={"format": "password"})]
"""Six digits of an authenticator app, or a recovery code."""


class AssertionInput(Input):
    """What an authenticator answered to prove a passkey: parts of `PublicKeyCredential.toJSON()`."""

    credential_id: CredentialId
    client_data: Short
    authenticator_data: Short
    signature: Short
    user_handle: Annotated[str, Field(max_length=128), AfterValidator(_check_bytes)] | None = None


class RegistrationInput(Input):
    """What an authenticator answered for a new passkey: parts of `PublicKeyCredential.toJSON()`."""

    credential_id: CredentialId
    client_data: Short
    attestation: Long
    transports: Annotated[list[Annotated[str, Field(pattern=r"^[a-z-]{1,32}$")]], Field(max_length=10)] = Field(
        default=[]
    )


class PasskeyOptions(Output):
    """What to ask the browser for: `public_key` as `PublicKeyCredential.parse…OptionsFromJSON` takes it."""

    public_key: dict[str, Any]
    expires_at: Instant


class PasskeyOutput(Output):
    """A passkey: its public half only."""

    id: str
    name: str
    is_backed_up: bool
    created_at: Instant
    used_at: Instant | None


def read_assertion(given: AssertionInput) -> Assertion:
    """Turn an answer into the domain's bytes."""
    return Assertion(
        credential_id=read_bytes(given.credential_id),
        client_data=read_bytes(given.client_data),
        authenticator_data=read_bytes(given.authenticator_data),
        signature=read_bytes(given.signature),
        user_handle=None if given.user_handle is None else read_bytes(given.user_handle),
    )


def read_registration(given: RegistrationInput) -> Registration:
    """Turn an answer into the domain's bytes."""
    return Registration(
        credential_id=read_bytes(given.credential_id),
        client_data=read_bytes(given.client_data),
        attestation=read_bytes(given.attestation),
        transports=tuple(given.transports),
    )


def show_request(asked: Asked) -> PasskeyOptions:
    """Write a challenge that passkeys prove (WebAuthn section 5.5). The person must be verified."""
    options = {
        "challenge": write_bytes(asked.challenge),
        "rpId": asked.place.rp_id,
        "allowCredentials": [_descriptor(one) for one in asked.passkeys],
        "userVerification": "required",
        "timeout": 120_000,
    }
    return PasskeyOptions(public_key=options, expires_at=format_instant(asked.expires_ns))


def show_creation(asked: Asked, *, user_id: str, user_name: str) -> PasskeyOptions:
    """Write a challenge for a new passkey (WebAuthn section 5.4): one that names its person, on no authenticator twice.

    No attestation is asked for: who made the authenticator decides nothing here.
    """
    options = {
        "challenge": write_bytes(asked.challenge),
        "rp": {"id": asked.place.rp_id, "name": "Tollway"},
        "user": {"id": write_bytes(user_id.encode()), "name": user_name, "displayName": user_name},
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in _ALGORITHMS],
        "excludeCredentials": [_descriptor(one) for one in asked.passkeys],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": 120_000,
    }
    return PasskeyOptions(public_key=options, expires_at=format_instant(asked.expires_ns))


def show_passkey(passkey: Passkey) -> PasskeyOutput:
    """Write a passkey without its key."""
    return PasskeyOutput(
        id=passkey.id,
        name=passkey.name,
        is_backed_up=passkey.is_backed_up,
        created_at=format_instant(passkey.created_ns),
        used_at=format_instant_or_none(passkey.used_ns),
    )


def read_bytes(text: str) -> bytes:
    """Read base64url that was checked."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def write_bytes(raw: bytes) -> str:
    """Write base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _descriptor(passkey: Passkey) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "public-key", "id": write_bytes(passkey.credential_id)}
    return {**found, "transports": passkey.transports.split()} if passkey.transports else found
