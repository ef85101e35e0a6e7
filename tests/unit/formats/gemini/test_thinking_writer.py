"""How much to think is said as the model's generation takes it, or refused with what would work."""

import pytest

from tollway.formats.dialect import Inexpressible
from tollway.formats.gemini.thinking_writer import write_thinking
from tollway.formats.hub import Reasoning


@pytest.mark.parametrize(
    ("reasoning", "model", "expected", "noted"),
    [
        (Reasoning(effort="low"), "gemini-2.5-flash", {"thinkingBudget": 1024}, []),
        (Reasoning(effort="high"), "gemini-2.5-pro", {"thinkingBudget": 24576}, []),
        (Reasoning(effort="max"), "gemini-2.5-pro", {"thinkingBudget": 24576}, ["effort-lowered"]),
        (Reasoning(effort="none"), "gemini-2.5-flash", {"thinkingBudget": 0}, []),
        (Reasoning(effort="medium"), "gemini-3-flash-preview", {"thinkingLevel": "MEDIUM"}, []),
        (Reasoning(effort="minimal"), "gemini-3-flash-preview", {"thinkingLevel": "MINIMAL"}, []),
        (Reasoning(effort="minimal"), "gemini-3-flash-prototype", {"thinkingLevel": "MINIMAL"}, []),
        (Reasoning(effort="minimal"), "gemini-3.1-pro", {"thinkingLevel": "LOW"}, ["effort-raised"]),
        (Reasoning(effort="xhigh"), "gemini-flash-latest", {"thinkingLevel": "HIGH"}, ["effort-lowered"]),
        (Reasoning(budget_tokens=2048), "gemini-2.5-flash", {"thinkingBudget": 2048}, []),
        (Reasoning(budget_tokens=30000), "gemini-2.5-pro", {"thinkingBudget": 30000}, []),
        (Reasoning(budget_tokens=30000), "gemini-2.5-flash", {"thinkingBudget": 24576}, ["thinking-budget-lowered"]),
        (Reasoning(is_adaptive=True), "gemini-2.5-flash", {"thinkingBudget": -1}, []),
        (Reasoning(wants_text=True), "gemini-2.5-flash", {"includeThoughts": True}, []),
        (Reasoning(summary="auto"), "gemini-2.5-flash", {"includeThoughts": True}, []),
        (Reasoning(summary="auto", wants_text=False), "gemini-2.5-flash", {"includeThoughts": False}, []),
        (Reasoning(effort="none"), "gemini-2.0-flash", {}, []),
        (Reasoning(is_adaptive=True), "gemini-2.0-flash", {}, []),
    ],
)
def test_each_generation_is_asked_in_its_own_words(reasoning, model, expected, noted):
    notes: list[str] = []
    assert write_thinking(reasoning, model, notes) == expected
    assert notes == noted


@pytest.mark.parametrize(
    ("reasoning", "model", "advice"),
    [
        (Reasoning(effort="low"), "gemini-2.0-flash", "does not think"),
        (Reasoning(budget_tokens=9), "gemini-1.5-pro", "does not think"),
        (Reasoning(effort="none"), "gemini-2.5-pro", "always thinks"),
        (Reasoning(effort="none"), "gemini-3-flash-preview", "always thinks"),
    ],
)
def test_what_a_model_cannot_do_is_refused(reasoning, model, advice):
    with pytest.raises(Inexpressible, match=advice) as caught:
        write_thinking(reasoning, model, [])
    assert caught.value.field == "reasoning"
