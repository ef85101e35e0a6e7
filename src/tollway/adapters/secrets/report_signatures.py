"""The public keys by which code hosts sign their reports of leaked tokens.

Wire format of GitHub's secret scanning partner programme: ECDSA over P-256 with SHA-256 of the raw body, the signature
in base64 DER, the key named by a header. https://docs.github.com/en/code-security/secret-scanning
"""

import base64
import binascii
import logging
import threading
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tollway.control.security.ports import SignatureCheck
from tollway.kernel.clock import NANOS_PER_SECOND, Clock, SystemClock
from tollway.kernel.errors import TollwayError

SIGNATURE_CHARACTERS_MAX = 512
FETCH_SECONDS = 300
FETCH_TIMEOUT_SECONDS = 10
KEYS_BYTES_MAX = 1_048_576

_log = logging.getLogger(__name__)


class ReportSignatures:
    """Implements SignatureCheck by keys in files, each `name:identifier=path`, and those of a list that is fetched.

    `url` "": nothing is ever fetched. The list is fetched when a report names a key that is not known, at most once
    in FETCH_SECONDS, so that reports cannot make us ask more often. Blocking; thread-safe.
    """

    def __init__(self, entries: Iterable[str] = (), url: str = "", clock: Clock | None = None) -> None:
        """Read the keys. Raises management.unavailable for an entry or a file that cannot be used."""
        self._url = url
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._fetched_ns: int | None = None
        self._fetched: dict[str, tuple[str, EllipticCurvePublicKey]] = {}
        self._keys: dict[str, tuple[str, EllipticCurvePublicKey]] = {}
        for entry in entries:
            named, _, path = entry.partition("=")
            reporter, _, key_id = named.partition(":")
            if not (reporter and key_id and path):
                raise _unusable(entry, "write it as name:identifier=path")
            self._keys[key_id] = (reporter, _read_key(entry, Path(path)))

    def find_reporter(self, body: bytes, key_id: str, signature: str) -> str | None:
        """Return whose key signed exactly these bytes; None for an unknown key or a wrong signature."""
        if len(signature) > SIGNATURE_CHARACTERS_MAX:
            return None
        known = self._keys.get(key_id) or self._fetched.get(key_id) or self._look_up(key_id)
        if known is None:
            return None
        reporter, key = known
        try:
            key.verify(base64.b64decode(signature, validate=True), body, ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return None
        return reporter

    def _look_up(self, key_id: str) -> tuple[str, EllipticCurvePublicKey] | None:
        if not self._url:
            return None
        with self._lock:
            now = self._clock.monotonic_ns()
            if self._fetched_ns is None or now - self._fetched_ns >= FETCH_SECONDS * NANOS_PER_SECOND:
                self._fetched_ns = now
                try:
                    self._fetched = _fetch(self._url)
                except (OSError, ValueError) as error:
                    _log.warning("security: the keys of %s cannot be had: %s", self._url, error)
            return self._fetched.get(key_id)


class _Listed(msgspec.Struct):
    key_identifier: str
    key: str


class _Keys(msgspec.Struct):
    public_keys: list[_Listed]


def _fetch(url: str) -> dict[str, tuple[str, EllipticCurvePublicKey]]:
    """Return the keys of a list in the form of GitHub's `meta/public_keys/secret_scanning`. Raises OSError, ValueError.

    A key of another kind is left out. The reporter is called by the host of the list.
    """
    host = urlsplit(url).hostname or ""
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked to be https
        listed = msgspec.json.decode(answer.read(KEYS_BYTES_MAX), type=_Keys)
    found: dict[str, tuple[str, EllipticCurvePublicKey]] = {}
    for each in listed.public_keys:
        key = load_pem_public_key(each.key.encode())
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            found[each.key_identifier] = (host, key)
    return found


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
