"""Every dialect is there under its name, and is asked at the path its vendors document."""

import pytest

from tollway.formats.dialects import (
    CHAT,
    DIALECTS,
    GEMINI,
    NOTES,
    count_target,
    embed_target,
    embedding_dialect,
    request_target,
)


def test_each_dialect_has_its_name_and_its_notes() -> None:
    assert {name: dialect.name for name, dialect in DIALECTS.items()} == {name: name for name in DIALECTS}
    assert len(NOTES) == len(DIALECTS) + 1  # and those of embeddings
    texts = [text for notes in NOTES.values() for text in notes.values()]
    assert all(text.endswith(".") and text[0].isupper() for text in texts)


@pytest.mark.parametrize(
    ("dialect", "is_stream", "target"),
    [
        ("chat", True, b"/v1/chat/completions"),
        ("responses", False, b"/v1/responses"),
        ("messages", True, b"/v1/messages"),
        ("gemini", False, b"/v1/models/a%20b:generateContent"),
        ("gemini", True, b"/v1/models/a%20b:streamGenerateContent?alt=sse"),
    ],
)
def test_a_model_is_asked_below_the_base_path(dialect, is_stream, target) -> None:
    assert request_target("/v1", dialect, "a b", is_stream) == target


def test_embeddings_are_asked_for_in_one_of_two_ways() -> None:
    assert [embedding_dialect(dialect).name for dialect in (CHAT, GEMINI)] == ["openai", "gemini"]
    assert embed_target("/v1", "m", "") == b"/v1/embeddings"
    assert embed_target("/v1beta", "m", "batchEmbedContents") == b"/v1beta/models/m:batchEmbedContents"


def test_tokens_are_counted_where_a_dialect_counts() -> None:
    assert count_target("", "messages", "m") == b"/messages/count_tokens"
    assert count_target("", "gemini", "m") == b"/models/m:countTokens"
