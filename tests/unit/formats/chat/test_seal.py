"""Seals keep their origin on the way through this dialect."""

import pytest

from tollway.formats.chat.seal import format_of, origin_of, read_call_seal, write_call_seal
from tollway.formats.hub import Signature


@pytest.mark.parametrize("origin", ["anthropic", "gemini", "openai", "mistral", "xai-responses-v1"])
def test_a_format_names_its_origin(origin):
    assert origin_of(format_of(origin)) == origin


def test_openrouters_formats_are_known():
    assert origin_of("anthropic-claude-v1") == "anthropic"
    assert origin_of("google-gemini-v1") == "gemini"
    assert origin_of("") == "unknown"


@pytest.mark.parametrize("origin", ["gemini", "anthropic"])
def test_a_seal_on_a_call_survives(origin):
    signature = Signature(origin=origin, value="c2VhbA==")
    written = write_call_seal(signature)["google"]["thought_signature"]
    assert read_call_seal(written) == signature
    assert (written == "c2VhbA==") is (origin == "gemini")
    assert read_call_seal("") is None
