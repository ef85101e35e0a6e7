"""What names of models say."""

import pytest

from tollway.formats.responses.models import seals_thinking, takes_cache_marks


@pytest.mark.parametrize(
    ("model", "expected"),
    [("gpt-5.6", True), ("gpt-5.6-sol", True), ("openai/gpt-6-astra", True), ("gpt-5.5", False), ("o3", False)],
)
def test_cache_marks_are_taken_from_one_generation_on(model: str, *, expected: bool) -> None:
    assert takes_cache_marks(model) is expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5", True),
        ("o1", True),
        ("o4-mini", True),
        ("openai/gpt-5.6-sol", True),
        ("codex-mini-latest", True),
        ("gpt-4o", False),
        ("gpt-5-chat-latest", False),
        ("gpt-4.1", False),
        ("omni", False),
    ],
)
def test_thinking_models_are_known(model: str, *, expected: bool) -> None:
    assert seals_thinking(model) is expected
