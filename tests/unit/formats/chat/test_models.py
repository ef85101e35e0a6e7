"""What a name tells of a model."""

import pytest

from tollway.formats.chat.models import generation, is_o_series, seal_origin, takes_cache_marks, thinks


@pytest.mark.parametrize(
    ("model", "version", "is_thinking", "has_marks"),
    [
        ("gpt-4o", (4, 0), False, False),
        ("gpt-4.1-mini", (4, 1), False, False),
        ("ft:gpt-4.1:acme", (4, 1), False, False),
        ("gpt-5", (5, 0), True, False),
        ("gpt-5-chat-latest", (5, 0), False, False),
        ("openai/gpt-5.2", (5, 2), True, False),
        ("gpt-5.6-sol", (5, 6), True, True),
        ("gpt-10", (10, 0), True, True),
        ("o3", (0, 0), True, False),
        ("o4-mini", (0, 0), True, False),
        ("gpt-4o-search-preview", (4, 0), False, False),
        ("chatgpt-4o-latest", (0, 0), False, False),
        ("our-deployment", (0, 0), True, False),
    ],
)
def test_a_name_tells_the_generation(model, version, is_thinking, has_marks):
    assert (generation(model), thinks(model), takes_cache_marks(model)) == (version, is_thinking, has_marks)


def test_the_o_series_is_known():
    assert is_o_series("o3") and is_o_series("openai/o4-mini") and not is_o_series("gpt-4o")


def test_a_prefix_tells_whose_seals_are_read():
    assert seal_origin("anthropic/claude-sonnet-4.5") == "anthropic"
    assert seal_origin("google/gemini-3") == "gemini"
    assert seal_origin("deepseek/deepseek-chat") is None
