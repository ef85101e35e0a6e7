"""Seals come back to what they sealed, whoever made them."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.hub import Signature
from tollway.formats.responses.seal import ENVELOPE_PREFIX, read_seal, write_call_seal, write_seal

ORIGINS = st.sampled_from(["anthropic", "gemini", "openai", "deepseek"])


@given(ORIGINS, st.text(st.characters(blacklist_categories=("Cs",))))
def test_thoughts_and_calls_are_told_apart(origin: str, value: str) -> None:
    seal = Signature(origin=origin, value=value)
    if origin != "openai":
        assert read_seal(write_seal(seal)) == (seal, False)
        assert write_seal(seal).encode().startswith(ENVELOPE_PREFIX)
    assert read_seal(write_call_seal(seal)) == (seal, True)


def test_openais_own_travels_as_it_is() -> None:
    assert write_seal(Signature(origin="openai", value="gAAAA")) == "gAAAA"
    assert read_seal("gAAAA", "openrouter") == (Signature(origin="openrouter", value="gAAAA"), False)
