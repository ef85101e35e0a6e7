"""Seals come back as they were given, whichever alphabet of base64 the client sends them in."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.gemini.seal import ORIGIN, WAIVER, read_seal, write_seal
from tollway.formats.hub import Signature


def test_no_seal_is_none():
    assert read_seal("") is None


@pytest.mark.parametrize(
    "waiver", [WAIVER, b64encode(WAIVER.encode()).decode(), urlsafe_b64encode(WAIVER.encode()).decode().rstrip("=")]
)
def test_the_waiver_is_no_seal(waiver):
    """SDKs send the documented words as base64, since the field is bytes."""
    assert read_seal(waiver) is None


def test_googles_own_seal_keeps_its_letters():
    assert read_seal("Cg-_8w==") == Signature(origin=ORIGIN, value="Cg-_8w==")
    assert write_seal(Signature(origin=ORIGIN, value="Cg-_8w==")) == "Cg-_8w=="


@given(st.text(), st.sampled_from(["anthropic", "openai"]))
def test_a_foreign_seal_survives_any_client(value, origin):
    signature = Signature(origin=origin, value=value.encode("utf-8", "ignore").decode())
    sealed = write_seal(signature)
    for text in (sealed, sealed.replace("+", "-").replace("/", "_"), sealed.rstrip("=")):
        assert read_seal(text) == signature


@given(st.text(max_size=40))
def test_any_text_is_read(text):
    read_seal(text)
