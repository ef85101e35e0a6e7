"""Seals survive the way through a foreign dialect, and no seal is taken for an envelope by mistake."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.hub import Signature
from tollway.formats.signature import read_signature, write_signature

ORIGINS = st.sampled_from(["anthropic", "gemini", "openai", "openrouter"])


@given(ORIGINS, ORIGINS, st.text())
def test_any_seal_survives_any_dialect(origin: str, dialect: str, value: str) -> None:
    signature = Signature(origin=origin, value=value)
    written = write_signature(signature, dialect)
    if origin == dialect:
        assert written == value
    else:
        assert read_signature(written, dialect) == signature


@given(st.text(), ORIGINS)
def test_what_is_no_envelope_is_the_dialects_own(value: str, dialect: str) -> None:
    assert read_signature("EqQB" + value, dialect) == Signature(origin=dialect, value="EqQB" + value)
