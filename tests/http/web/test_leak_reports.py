"""Reports from outside: GitHub's wire format, signatures over the raw body, the same answer for everybody, a page."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.testclient import TestClient

from kit.console import Console, console_on
from kit.control import ACTOR
from kit.security import Security
from tollway.adapters.secrets.report_signatures import ReportSignatures
from tollway.control.security import throttle
from tollway.control.tokens.model import NewToken
from tollway.policy.token import generate_token

LEAKS = "/security/leaks"
OTHER = generate_token("s", bytes(range(48))).reveal()


@pytest.fixture
def key(tmp_path: Path) -> EllipticCurvePrivateKey:
    made = generate_private_key(SECP256R1())
    pem = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "github.pem").write_bytes(pem)
    return made


@pytest.fixture
def reported(tmp_path: Path, key: EllipticCurvePrivateKey) -> Iterator[Console]:
    with console_on(tmp_path) as made:
        made.security = Security(made.plane, ReportSignatures([f"github:k1={tmp_path / 'github.pem'}"]))
        services = made.app.state.services
        object.__setattr__(services, "security", made.security.desk)
        yield made


def issue(console: Console) -> tuple[str, str]:
    issued = console.plane.tokens.issue(NewToken("shop"), ACTOR)
    return issued.token.id, issued.secret.reveal()


def outside(console: Console) -> TestClient:
    """A program somewhere: no browser, no session."""
    return TestClient(console.app, base_url="http://localhost:8081", follow_redirects=False)


def matches(*texts: str) -> bytes:
    found = [{"token": text, "type": "tollway", "url": "https://code.example/a", "source": "content"} for text in texts]
    return json.dumps(found).encode()


def look(console: Console) -> list[str]:
    while console.security.desk.leaks.look():
        pass
    return [str(event.facts["reporter"]) for event in console.security.events()]


def sign(key: EllipticCurvePrivateKey, body: bytes) -> str:
    return base64.b64encode(key.sign(body, ECDSA(SHA256()))).decode()


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("key_header", "signature_header"),
    [
        ("Github-Public-Key-Identifier", "Github-Public-Key-Signature"),
        ("GITHUB-PUBLIC-KEY-ID", "GITHUB-PUBLIC-KEY-SIGNATURE"),
        ("X-Public-Key-Identifier", "X-Public-Key-Signature"),
    ],
)
def test_a_signed_report_is_taken_under_each_name_of_the_headers(
    reported: Console, key: EllipticCurvePrivateKey, key_header: str, signature_header: str
) -> None:
    token_id, text = issue(reported)
    body = matches(OTHER, text)
    headers = {**JSON, key_header: "k1", signature_header: sign(key, body)}
    answer = outside(reported).post(LEAKS, content=body, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert look(reported) == ["github"] and reported.plane.tokens.get(token_id).state == "quarantined"


def test_a_wrong_signature_takes_nothing_and_is_answered_the_same(
    reported: Console, key: EllipticCurvePrivateKey
) -> None:
    _, text = issue(reported)
    body = matches(text)
    other = generate_private_key(SECP256R1())
    for key_id, signature in (
        ("k1", sign(other, body)),
        ("k1", sign(key, body + b" ")),
        ("k1", "no base64"),
        ("k2", sign(key, body)),
        ("", sign(key, body)),
    ):
        headers = {**JSON, "Github-Public-Key-Identifier": key_id, "Github-Public-Key-Signature": signature}
        assert outside(reported).post(LEAKS, content=body, headers=headers).status_code == 204
    assert look(reported) == []


def test_the_answer_is_the_same_whatever_is_reported(reported: Console) -> None:
    token_id, text = issue(reported)
    answers = [
        outside(reported).post(LEAKS, content=body, headers=JSON)
        for body in (matches(text), matches(OTHER), matches(token_id), b"[]", b'[{"token":""}]')
    ]
    seen = [(answer.status_code, answer.content, sorted(set(answer.headers) - {"x-request-id"})) for answer in answers]
    assert len({str(each) for each in seen}) == 1 and seen[0][0] == 204
    assert look(reported) == ["anybody"]


def test_many_matches_are_taken_at_once(reported: Console) -> None:
    _, text = issue(reported)
    body = matches(*([OTHER] * 4_000), text)
    assert outside(reported).post(LEAKS, content=body, headers=JSON).status_code == 204
    assert look(reported) == ["anybody"]


@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense", b"[1]", b'[{"token":5}]', b"[" * 5_000])
def test_what_is_no_array_of_matches_is_refused(reported: Console, body: bytes) -> None:
    assert outside(reported).post(LEAKS, content=body, headers=JSON).status_code == 400


def test_a_source_is_slowed_down_and_a_signed_report_is_not(reported: Console, key: EllipticCurvePrivateKey) -> None:
    body = matches(OTHER)
    client = outside(reported)
    statuses = [client.post(LEAKS, content=body, headers=JSON).status_code for _ in range(throttle.REPORTS_MAX + 1)]
    assert statuses == [204] * throttle.REPORTS_MAX + [429]
    headers = {**JSON, "Github-Public-Key-Identifier": "k1", "Github-Public-Key-Signature": sign(key, body)}
    assert client.post(LEAKS, content=body, headers=headers).status_code == 204


def test_anybody_can_report_on_a_page_without_script(reported: Console) -> None:
    _, text = issue(reported)
    client = reported.client()
    page = client.get("/report-token")
    assert page.status_code == 200 and "<script" not in page.text and 'name="token"' in page.text
    thanks = client.post("/report-token", data={"token": f" {text}\n", "url": "https://code.example/b"})
    nothing = client.post("/report-token", data={"token": OTHER})
    assert thanks.status_code == 200 and thanks.text == nothing.text and text not in thanks.text
    assert look(reported) == ["anybody"]
    assert reported.security.events()[0].facts["url"] == "https://code.example/b"
    foreign = client.post("/report-token", data={"token": text}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
