"""Keys of reporters are read at the start, and only what they signed, byte by byte, is theirs."""

import base64
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tollway.adapters.secrets.report_signatures import FETCH_SECONDS, ReportSignatures
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError

KEY = generate_private_key(SECP256R1())


def write(path: Path, key) -> Path:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def test_r29_a_signature_counts_for_its_key_and_its_bytes(tmp_path: Path) -> None:
    signatures = ReportSignatures([f"github:k1={write(tmp_path / 'a.pem', KEY)}"])
    signed = base64.b64encode(KEY.sign(b"body", ECDSA(SHA256()))).decode()
    assert signatures.find_reporter(b"body", "k1", signed) == "github"
    for body, key_id, signature in ((b"Body", "k1", signed), (b"body", "k2", signed), (b"body", "k1", signed[:-4])):
        assert signatures.find_reporter(body, key_id, signature) is None
    assert signatures.find_reporter(b"body", "k1", "A" * 10_000) is None
    assert ReportSignatures().find_reporter(b"body", "k1", signed) is None


def test_r30_only_keys_of_the_one_algorithm_are_taken_and_others_stop_the_start(tmp_path: Path) -> None:
    other = write(tmp_path / "b.pem", generate_private_key(SECP384R1()))
    (tmp_path / "c.pem").write_text("nothing")
    for entry in ("github", "github=x", f"github:k={other}", f"github:k={tmp_path / 'c.pem'}", "github:k=/gone"):
        with pytest.raises(TollwayError, match="leak_report_keys"):
            ReportSignatures([entry])


class Listing(BaseHTTPRequestHandler):
    """Serves a list of keys, and counts how often it is asked."""

    asked = 0
    body = b""

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listing() -> Iterator[tuple[type[Listing], str]]:
    handler = type("OneListing", (Listing,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_list_of_keys_is_fetched_when_a_key_is_not_known_and_seldom(listing, caplog) -> None:
    handler, url = listing
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    other = generate_private_key(SECP384R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keys = [{"key_identifier": "k1", "key": pem, "is_current": True}, {"key_identifier": "k2", "key": other.decode()}]
    handler.body = json.dumps({"public_keys": keys}).encode()
    clock = FixedClock()
    signatures = ReportSignatures(url=url, clock=clock)
    signed = base64.b64encode(KEY.sign(b"body", ECDSA(SHA256()))).decode()
    assert handler.asked == 0, "nothing is fetched before it is needed"
    assert signatures.find_reporter(b"body", "k1", signed) == "127.0.0.1"
    for key_id in ("k2", "k3", "k4"):
        assert signatures.find_reporter(b"body", key_id, signed) is None
    assert handler.asked == 1
    handler.body = b"not JSON"
    clock.advance(FETCH_SECONDS)
    with caplog.at_level(logging.WARNING):
        assert signatures.find_reporter(b"body", "k3", signed) is None
    assert handler.asked == 2 and "cannot be had" in caplog.text
    assert signatures.find_reporter(b"body", "k1", signed) == "127.0.0.1", "what was known stays known"
