"""A passkey authenticator in software: what a phone does, for tests without a browser (WebAuthn sections 6 and 7)."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tollway.control.factors.shown import read_bytes, write_bytes

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """Holds one passkey. The fields can be set wrong, to see it refused."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    credential_id: bytes = b"credential-000001"
    is_verified: bool = True
    count: int = 0
    step: int = 1
    user_handle: bytes | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer the options of a registration, as the API takes it."""
        self.user_handle = read_bytes(options["user"]["id"])
        client_data = self._client_data("webauthn.create", options)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = b"a" * 16 + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(public)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        return {
            "credential_id": write_bytes(self.credential_id),
            "client_data": write_bytes(client_data),
            "attestation": write_bytes(cbor2.dumps(attestation)),
            "transports": ["internal"],
        }

    def prove(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer the options of a sign-in or confirmation, as the API takes it."""
        self.count += self.step
        client_data, data = self._client_data("webauthn.get", options), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return {
            "credential_id": write_bytes(self.credential_id),
            "client_data": write_bytes(client_data),
            "authenticator_data": write_bytes(data),
            "signature": write_bytes(signature),
            "user_handle": write_bytes(self.user_handle or b""),
        }

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.is_verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")
