"""Each key has one purpose; a sealed value opens only where it was sealed; a keyed hash is plain HMAC."""

import hashlib
import hmac
import secrets

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from tollway.adapters.secrets import KeyRing, RootKey, build_aad
from tollway.gateway.ports import SecretBox, TokenHasher
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

ROOT = Secret(bytes(range(32)))
RING = KeyRing(ROOT)
AAD = build_aad("provider_keys", "sealed", "prov_1")


def derived(purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=f"tollway/1/{purpose}".encode()).derive(ROOT.reveal())


@given(st.binary(max_size=300))
def test_the_keyed_hash_is_hmac_sha_256(token: bytes) -> None:
    hasher: TokenHasher = RING
    assert hasher.mac(token, 1) == hmac.digest(derived("token-pepper/1"), token, hashlib.sha256)


SECOND = RootKey(2, Secret(bytes(range(1, 33))))
FIRST = RootKey(1, ROOT)


def test_every_pepper_of_the_ring_verifies_and_that_of_the_key_in_use_signs() -> None:
    ring = KeyRing((SECOND, FIRST))
    assert ring.pepper_version == 2
    assert ring.mac(b"token", 1) == RING.mac(b"token", 1)
    assert ring.mac(b"token", 2) not in (None, ring.mac(b"token", 1))
    assert ring.mac(b"token", 3) is None
    assert KeyRing((SECOND,)).mac(b"token", 1) is None


def test_a_key_that_is_not_in_use_yet_verifies_already() -> None:
    ring = KeyRing((FIRST, SECOND))
    assert ring.pepper_version == 1
    assert ring.mac(b"token", 2) == KeyRing((SECOND,)).mac(b"token", 2)
    assert ring.open(KeyRing((SECOND, FIRST)).seal(b"clear", AAD), AAD) == b"clear"


def test_what_was_handed_out_follows_a_change_of_keys() -> None:
    ring = KeyRing(ROOT)
    boxes = [ring.provider_secrets, ring.response_states, ring.notices]
    rings = [ring.cookie_key, ring.audit_key, ring.cursor_key]
    sealed = [box.seal(b"clear", AAD) for box in boxes]
    old = [one.current().reveal() for one in rings]
    ring.adopt((SECOND, FIRST))
    assert [box.open(one, AAD) for box, one in zip(boxes, sealed, strict=True)] == [b"clear"] * 3
    assert all(box.is_old(one) and not box.is_old(box.reseal(one, AAD)) for box, one in zip(boxes, sealed, strict=True))
    assert [one.all()[1].reveal() for one in rings] == old
    resealed = [box.reseal(one, AAD) for box, one in zip(boxes, sealed, strict=True)]
    ring.adopt((SECOND,))
    assert [box.open(one, AAD) for box, one in zip(boxes, resealed, strict=True)] == [b"clear"] * 3
    for box, one in zip(boxes, sealed, strict=True):
        with pytest.raises(TollwayError, match="another root key"):
            box.open(one, AAD)


def test_r16_keys_of_different_purposes_and_roots_differ() -> None:
    rings = [RING, KeyRing(Secret(secrets.token_bytes(32)))]
    keys = [key.current().reveal() for ring in rings for key in (ring.cookie_key, ring.audit_key, ring.cursor_key)]
    assert len(set(keys)) == 6
    assert {len(key) for key in keys} == {32}
    assert rings[0].mac(b"token", 1) != rings[1].mac(b"token", 1)
    assert RING.cookie_key.current().reveal() == derived("cookie")


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_what_was_sealed_opens_with_the_same_place_only(clear: bytes, aad: bytes) -> None:
    box: SecretBox = RING
    sealed = RING.seal(clear, aad)
    assert box.open(sealed, aad) == clear
    assert RING.seal(clear, aad) != sealed
    assert len(clear) < 16 or clear not in sealed
    with pytest.raises(TollwayError) as caught:
        box.open(sealed, aad + b"x")
    assert caught.value.code.name == "upstream.no_credential"


def test_every_change_cut_and_extension_of_sealed_bytes_is_refused() -> None:
    sealed = RING.seal(b"sk-provider-key", AAD)
    changed = [sealed[:i] + bytes((sealed[i] ^ bit,)) + sealed[i + 1 :] for i in range(len(sealed)) for bit in (1, 128)]
    cut = [sealed[:i] for i in range(len(sealed))]
    for wrong in [*changed, *cut, sealed + b"x", b""]:
        with pytest.raises(TollwayError) as caught:
            RING.open(wrong, AAD)
        assert caught.value.code.name == "upstream.no_credential"
        assert "sk-provider-key" not in str(caught.value)


def test_another_root_key_opens_nothing_and_says_so() -> None:
    other = KeyRing(Secret(secrets.token_bytes(32)))
    with pytest.raises(TollwayError, match="another root key"):
        other.open(RING.seal(b"clear", AAD), AAD)


@pytest.mark.parametrize(
    "place", [("a|b", "c", "d"), ("a", "b|c", "d"), ("", "b", "c"), ("a", "", "c"), ("a", "b", "")]
)
def test_places_that_could_be_confused_are_refused(place: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="table, column and row"):
        build_aad(*place)
    assert build_aad("a", "b", "c|d") == b"a|b|c|d"


def test_no_representation_shows_a_key() -> None:
    shown = repr(RING) + repr(vars(RING)) + str(RING.cookie_key)
    for purpose in ("cookie", "audit-chain", "cursor", "provider-secret", "token-pepper/1"):
        assert derived(purpose).hex() not in shown
        assert repr(derived(purpose))[2:-1] not in shown


def test_responses_are_sealed_with_a_key_of_their_own() -> None:
    sealed = RING.response_states.seal(b"words", AAD)
    assert KeyRing(ROOT).response_states.open(sealed, AAD) == b"words"
    with pytest.raises(TollwayError):
        RING.open(sealed, AAD)
    with pytest.raises(TollwayError):
        RING.response_states.open(RING.seal(b"words", AAD), AAD)
