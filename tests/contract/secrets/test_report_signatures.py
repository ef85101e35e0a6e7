"""Keys of reporters are read at the start, and only what they signed, byte by byte, is theirs."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tollway.adapters.secrets.report_signatures import ReportSignatures
from tollway.kernel.errors import TollwayError

KEY = generate_private_key(SECP256R1())


def write(path: Path, key) -> Path:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def test_a_signature_counts_for_its_key_and_its_bytes(tmp_path: Path) -> None:
    signatures = ReportSignatures([f"github:k1={write(tmp_path / 'a.pem', KEY)}"])
    signed = base64.b64encode(KEY.sign(b"body", ECDSA(SHA256()))).decode()
    assert signatures.find_reporter(b"body", "k1", signed) == "github"
    for body, key_id, signature in ((b"Body", "k1", signed), (b"body", "k2", signed), (b"body", "k1", signed[:-4])):
        assert signatures.find_reporter(body, key_id, signature) is None
    assert signatures.find_reporter(b"body", "k1", "A" * 10_000) is None
    assert ReportSignatures().find_reporter(b"body", "k1", signed) is None


def test_keys_that_cannot_be_used_stop_the_start(tmp_path: Path) -> None:
    other = write(tmp_path / "b.pem", generate_private_key(SECP384R1()))
    (tmp_path / "c.pem").write_text("nothing")
    for entry in ("github", "github=x", f"github:k={other}", f"github:k={tmp_path / 'c.pem'}", "github:k=/gone"):
        with pytest.raises(TollwayError, match="leak_report_keys"):
            ReportSignatures([entry])
