"""Checks registrations and assertions with the webauthn package, which is loaded when it is first needed.

Law: the person must have been verified by the authenticator, and origin and relying party are those that we were given
from the settings; nothing that a request says changes either.
"""

import logging
from typing import TYPE_CHECKING

import msgspec

from tollway.control.factors.model import Assertion, NewKey, Place, Registration
from tollway.control.factors.ports import PasskeyVerifier

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticatorTransport

_NEVER_COUNTED = 0
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What the package lets through from CBOR and keys that are not what they should be."""

_log = logging.getLogger(__name__)


class _ClientData(msgspec.Struct):
    """The part of the client data that names its challenge (WebAuthn section 5.8.1)."""

    challenge: str


class WebAuthnVerifier:
    """Implements PasskeyVerifier."""

    def read_challenge(self, client_data: bytes) -> bytes | None:
        """Return the challenge that the client data claims to answer."""
        from webauthn.helpers import base64url_to_bytes

        try:
            return base64url_to_bytes(msgspec.json.decode(client_data, type=_ClientData).challenge)
        except (msgspec.MsgspecError, ValueError):  # also UnicodeError and binascii.Error
            return None

    def register(self, presented: Registration, challenge: bytes, place: Place) -> NewKey | None:
        """Return the new key; None unless everything is right and the person was verified."""
        from webauthn import verify_registration_response
        from webauthn.helpers import bytes_to_base64url
        from webauthn.helpers.exceptions import WebAuthnException
        from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential

        try:
            verified = verify_registration_response(
                credential=RegistrationCredential(
                    id=bytes_to_base64url(presented.credential_id),
                    raw_id=presented.credential_id,
                    response=AuthenticatorAttestationResponse(
                        client_data_json=presented.client_data,
                        attestation_object=presented.attestation,
                        transports=_transports(presented.transports),
                    ),
                ),
                expected_challenge=challenge,
                expected_rp_id=place.rp_id,
                expected_origin=place.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, *_MALFORMED) as error:
            _log.info("a passkey was not registered: %s", error)
            return None
        if verified.credential_id != presented.credential_id:
            return None
        return NewKey(
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            is_backed_up=verified.credential_backed_up,
        )

    def verify(self, presented: Assertion, challenge: bytes, place: Place, public_key: bytes) -> int | None:
        """Return the signature counter; None unless everything is right and the person was verified."""
        from webauthn import verify_authentication_response
        from webauthn.helpers import bytes_to_base64url
        from webauthn.helpers.exceptions import WebAuthnException
        from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

        try:
            verified = verify_authentication_response(
                credential=AuthenticationCredential(
                    id=bytes_to_base64url(presented.credential_id),
                    raw_id=presented.credential_id,
                    response=AuthenticatorAssertionResponse(
                        client_data_json=presented.client_data,
                        authenticator_data=presented.authenticator_data,
                        signature=presented.signature,
                        user_handle=presented.user_handle,
                    ),
                ),
                expected_challenge=challenge,
                expected_rp_id=place.rp_id,
                expected_origin=place.origin,
                credential_public_key=public_key,
                # The store compares the counter with the one before and sets it, in one step.
                credential_current_sign_count=_NEVER_COUNTED,
                require_user_verification=True,
            )
        except (WebAuthnException, *_MALFORMED) as error:
            _log.info("a passkey was not accepted: %s", error)
            return None
        return verified.new_sign_count


def _transports(names: tuple[str, ...]) -> "list[AuthenticatorTransport]":
    """Return the transports that the package knows; a browser may name newer ones."""
    from webauthn.helpers.structs import AuthenticatorTransport

    known = {one.value: one for one in AuthenticatorTransport}
    return [known[name] for name in names if name in known]


_: type[PasskeyVerifier] = WebAuthnVerifier
