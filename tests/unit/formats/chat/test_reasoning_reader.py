"""How much to think is read in the words of every speaker; contradictions are refused."""

import pytest

from kit.chat import read, refused
from tollway.formats.hub import Reasoning


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"reasoning_effort": "default"}, None),
        ({"reasoning": {}}, None),
        ({"reasoning_effort": "high"}, Reasoning(effort="high")),
        ({"reasoning": {"effort": "high", "exclude": True}}, Reasoning(effort="high", wants_text=False)),
        ({"reasoning": {"effort": "low"}, "reasoning_effort": "low"}, Reasoning(effort="low")),
        ({"reasoning": {"max_tokens": 500, "summary": "auto"}}, Reasoning(budget_tokens=500, summary="auto")),
        ({"reasoning": {"enabled": True}}, Reasoning(is_adaptive=True)),
        ({"reasoning": {"enabled": True, "effort": "low"}}, Reasoning(effort="low")),
        ({"reasoning": {"enabled": False}}, Reasoning(effort="none")),
        ({"thinking": {"type": "disabled"}}, Reasoning(effort="none")),
        ({"thinking": {"type": "enabled"}}, Reasoning(is_adaptive=True)),
        ({"thinking": {"type": "enabled"}, "reasoning_effort": "max"}, Reasoning(effort="max")),
        ({"thinking": {"type": "enabled", "budget_tokens": 99}}, Reasoning(budget_tokens=99)),
        ({"thinking": {"type": "adaptive"}}, Reasoning(is_adaptive=True)),
        ({"thinking": {"clear_thinking": False}}, None),
        ({"reasoning_format": "parsed"}, Reasoning(wants_text=True)),
        ({"reasoning_format": "hidden", "reasoning_effort": "low"}, Reasoning(effort="low", wants_text=False)),
        ({"include_reasoning": False}, Reasoning(wants_text=False)),
    ],
)
def test_each_speakers_words_are_read(fields, expected):
    assert read(**fields).reasoning == expected


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"reasoning_effort": "odd"}, "reasoning_effort"),
        ({"reasoning": {"effort": "low"}, "reasoning_effort": "high"}, "reasoning.effort"),
        ({"reasoning": {"enabled": False, "effort": "high"}}, "reasoning.enabled"),
        ({"reasoning": {"max_tokens": 0}}, "reasoning.max_tokens"),
        ({"reasoning": {"odd": 1}}, "reasoning.odd"),
        ({"thinking": {"type": "odd"}}, "thinking.type"),
        ({"thinking": {"type": "disabled"}, "reasoning_effort": "high"}, "thinking.type"),
        ({"reasoning_format": "raw"}, "reasoning_format"),
    ],
)
def test_contradictions_and_unknown_words_are_refused(fields, param):
    assert refused(**fields).param == param
