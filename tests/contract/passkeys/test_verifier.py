"""What authenticators present, against the real package: right answers, and each thing that can be wrong."""

import json
from dataclasses import replace
from typing import Any

import pytest

from kit.authenticator import Authenticator
from tollway.adapters.passkeys import WebAuthnVerifier
from tollway.control.factors.model import Assertion, NewKey, Place, Registration
from tollway.control.factors.shown import read_bytes, write_bytes

PLACE = Place("gw.example", "https://gw.example")
CHALLENGE = b"c" * 32
OPTIONS: dict[str, Any] = {"challenge": write_bytes(CHALLENGE), "user": {"id": write_bytes(b"user_1")}}


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator(origin=PLACE.origin, rp_id=PLACE.rp_id)


def registration(phone: Authenticator) -> Registration:
    answer = phone.register(OPTIONS)
    parts = (read_bytes(answer[name]) for name in ("credential_id", "client_data", "attestation"))
    return Registration(*parts, transports=("internal", "something-new"))


def assertion(phone: Authenticator) -> Assertion:
    answer = phone.prove(OPTIONS)
    names = ("credential_id", "client_data", "authenticator_data", "signature")
    return Assertion(*(read_bytes(answer[name]) for name in names))


def registered(phone: Authenticator) -> NewKey:
    key = WebAuthnVerifier().register(registration(phone), CHALLENGE, PLACE)
    assert key is not None
    return key


def test_a_registration_and_its_proofs(phone: Authenticator) -> None:
    key = registered(phone)
    assert key.credential_id == phone.credential_id and not key.is_backed_up and key.sign_count == 0
    verifier = WebAuthnVerifier()
    for count in (1, 2):
        assert verifier.verify(assertion(phone), CHALLENGE, PLACE, key.public_key) == count


@pytest.mark.parametrize(
    ("field", "value"),
    [("origin", "https://gw.example.evil"), ("rp_id", "evil.example"), ("is_verified", False)],
)
def test_r29_a_wrong_place_or_unverified_person_proves_nothing(phone: Authenticator, field: str, value: object) -> None:
    key = registered(phone)
    setattr(phone, field, value)
    verifier = WebAuthnVerifier()
    assert verifier.register(registration(phone), CHALLENGE, PLACE) is None
    assert verifier.verify(assertion(phone), CHALLENGE, PLACE, key.public_key) is None


def test_r30_another_challenge_another_key_and_a_changed_byte_prove_nothing(phone: Authenticator) -> None:
    key, other = registered(phone), registered(Authenticator(origin=PLACE.origin, rp_id=PLACE.rp_id))
    verifier, presented = WebAuthnVerifier(), assertion(phone)
    assert verifier.verify(presented, b"d" * 32, PLACE, key.public_key) is None
    assert verifier.verify(presented, CHALLENGE, PLACE, other.public_key) is None
    for name in ("client_data", "authenticator_data", "signature"):
        raw = getattr(presented, name)
        changed = replace(presented, **{name: raw[:-1] + bytes([raw[-1] ^ 1])})
        assert verifier.verify(changed, CHALLENGE, PLACE, key.public_key) is None


def test_a_registration_names_the_credential_that_it_holds(phone: Authenticator) -> None:
    wrong = replace(registration(phone), credential_id=b"another")
    assert WebAuthnVerifier().register(wrong, CHALLENGE, PLACE) is None


@pytest.mark.parametrize("raw", [b"", b"\xa0", b"\x04", b"\xff" * 40, b"{}", b"\xa1\x01\x02"], ids=range(6))
def test_garbage_is_refused_and_never_a_fault(phone: Authenticator, raw: bytes) -> None:
    verifier, key = WebAuthnVerifier(), registered(phone)
    assert verifier.read_challenge(raw) is None
    assert verifier.register(replace(registration(phone), attestation=raw), CHALLENGE, PLACE) is None
    assert verifier.verify(replace(assertion(phone), authenticator_data=raw), CHALLENGE, PLACE, key.public_key) is None
    assert verifier.verify(assertion(phone), CHALLENGE, PLACE, raw) is None


def test_the_challenge_is_read_from_client_data() -> None:
    said = json.dumps({"type": "webauthn.get", "challenge": write_bytes(CHALLENGE), "more": {"x": 1}}).encode()
    assert WebAuthnVerifier().read_challenge(said) == CHALLENGE
    for wrong in (b'{"challenge": 5}', b'{"challenge": "\xc3\xa9"}', b"[]", b'{"challenge": "A"}'):
        assert WebAuthnVerifier().read_challenge(wrong) != CHALLENGE
