"""The public keys by which code hosts sign their reports of leaked tokens.

Wire format of GitHub's secret scanning partner programme: ECDSA over P-256 with SHA-256 of the raw body, the signature
in base64 DER, the key named by a header. https://docs.github.com/en/code-security/secret-scanning
"""

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tollway.control.security.ports import SignatureCheck
from tollway.kernel.errors import TollwayError

SIGNATURE_CHARACTERS_MAX = 512


class ReportSignatures:
    """Implements SignatureCheck by keys in files, each `name:identifier=path`."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Read the keys. Raises management.unavailable for an entry or a file that cannot be used."""
        self._keys: dict[str, tuple[str, EllipticCurvePublicKey]] = {}
        for entry in entries:
            named, _, path = entry.partition("=")
            reporter, _, key_id = named.partition(":")
            if not (reporter and key_id and path):
                raise _unusable(entry, "write it as name:identifier=path")
            self._keys[key_id] = (reporter, _read_key(entry, Path(path)))

    def find_reporter(self, body: bytes, key_id: str, signature: str) -> str | None:
        """Return whose key signed exactly these bytes; None for an unknown key or a wrong signature."""
        known = self._keys.get(key_id)
        if known is None or len(signature) > SIGNATURE_CHARACTERS_MAX:
            return None
        reporter, key = known
        try:
            key.verify(base64.b64decode(signature, validate=True), body, ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return None
        return reporter


def _read_key(entry: str, path: Path) -> EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(entry, str(error)) from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise _unusable(entry, "it is not a public key on the curve P-256")
    return key


def _unusable(entry: str, why: str) -> TollwayError:
    return TollwayError("management.unavailable", public=f"console.leak_report_keys: {entry!r} cannot be used: {why}.")


_: type[SignatureCheck] = ReportSignatures
