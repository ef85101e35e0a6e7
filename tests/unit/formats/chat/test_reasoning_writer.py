"""How much to think is asked for in each vendor's words, or refused where a model cannot."""

import pytest

from kit.chat import hello, inexpressible, write, written
from tollway.formats import hub
from tollway.formats.hub import Reasoning

FIELDS = ("reasoning_effort", "reasoning", "thinking", "reasoning_format", "include_reasoning")


@pytest.mark.parametrize(
    ("vendor", "model", "reasoning", "expected", "notes"),
    [
        ("openai", "gpt-5", Reasoning(effort="minimal"), {"reasoning_effort": "minimal"}, ()),
        ("openai", "gpt-5", Reasoning(effort="none"), {"reasoning_effort": "minimal"}, ("effort-raised",)),
        ("openai", "gpt-5.1", Reasoning(effort="none"), {"reasoning_effort": "none"}, ()),
        ("openai", "gpt-5.2", Reasoning(effort="max"), {"reasoning_effort": "xhigh"}, ("effort-lowered",)),
        ("openai", "gpt-5.6", Reasoning(effort="max"), {"reasoning_effort": "max"}, ()),
        ("openai", "o3", Reasoning(effort="minimal"), {"reasoning_effort": "low"}, ("effort-raised",)),
        ("openai", "o3", Reasoning(budget_tokens=2_000), {"reasoning_effort": "medium"}, ("budget-as-effort",)),
        ("openai", "o3", Reasoning(is_adaptive=True, wants_text=True), {}, ("thinking-not-shown",)),
        ("openai", "gpt-4o", Reasoning(effort="none"), {}, ()),
        ("groq", "openai/gpt-oss-120b", Reasoning(effort="xhigh"), {"reasoning_effort": "high"}, ("effort-lowered",)),
        ("groq", "openai/gpt-oss-120b", Reasoning(wants_text=False), {"include_reasoning": False}, ()),
        ("groq", "qwen/qwen3-32b", None, {"reasoning_format": "parsed"}, ()),
        (
            "groq",
            "qwen/qwen3-32b",
            Reasoning(effort="none", wants_text=False),
            {"reasoning_format": "hidden", "reasoning_effort": "none"},
            (),
        ),
        (
            "groq",
            "qwen/qwen3-32b",
            Reasoning(effort="low"),
            {"reasoning_format": "parsed", "reasoning_effort": "default"},
            ("effort-ignored",),
        ),
        ("groq", "llama-3.3", None, {}, ()),
        ("openrouter", "m", Reasoning(effort="max"), {"reasoning": {"effort": "xhigh"}}, ("effort-lowered",)),
        (
            "openrouter",
            "m",
            Reasoning(budget_tokens=99, wants_text=True, summary="auto"),
            {"reasoning": {"max_tokens": 99, "exclude": False, "summary": "auto"}},
            (),
        ),
        ("openrouter", "m", Reasoning(is_adaptive=True), {"reasoning": {"enabled": True}}, ()),
        ("deepseek", "m", Reasoning(effort="none"), {"thinking": {"type": "disabled"}}, ()),
        ("deepseek", "m", Reasoning(is_adaptive=True), {"thinking": {"type": "enabled"}}, ()),
        (
            "deepseek",
            "m",
            Reasoning(effort="max", wants_text=False),
            {"thinking": {"type": "enabled"}, "reasoning_effort": "max"},
            ("thinking-always-shown",),
        ),
        ("zai", "m", Reasoning(effort="high"), {"thinking": {"type": "enabled"}}, ("effort-ignored",)),
        ("zai", "m", Reasoning(effort="none"), {"thinking": {"type": "disabled"}}, ()),
        ("zai", "m", Reasoning(is_adaptive=True), {"thinking": {"type": "enabled"}}, ()),
        (
            "cerebras",
            "m",
            Reasoning(effort="minimal", wants_text=False),
            {"reasoning_effort": "low", "reasoning_format": "hidden"},
            ("effort-raised",),
        ),
        ("mistral", "m", Reasoning(effort="max"), {"reasoning_effort": "max"}, ()),
        ("ollama", "m", Reasoning(effort="max"), {"reasoning_effort": "high"}, ("effort-lowered",)),
        ("openai", "our-deployment", Reasoning(effort="none"), {"reasoning_effort": "none"}, ()),
        ("moonshot", "kimi-k3", Reasoning(effort="medium"), {"reasoning_effort": "low"}, ("effort-lowered",)),
        ("moonshot", "kimi-k2.6", Reasoning(effort="none"), {"thinking": {"type": "disabled"}}, ()),
        ("moonshot", "kimi-k2.6", Reasoning(effort="low"), {"thinking": {"type": "enabled"}}, ("effort-ignored",)),
        (
            "moonshot",
            "kimi-k2.6",
            Reasoning(is_adaptive=True, wants_text=False),
            {"thinking": {"type": "enabled"}},
            ("thinking-always-shown",),
        ),
        ("moonshot", "kimi-k2.6", Reasoning(), {}, ()),
        ("huggingface", "m", Reasoning(wants_text=False), {}, ("thinking-always-shown",)),
        ("openai-compatible", "m", Reasoning(), {}, ()),
    ],
)
def test_each_vendor_is_asked_in_its_words(vendor, model, reasoning, expected, notes):
    request = hello(reasoning=reasoning)
    body = write(request, vendor, model)
    assert {name: body[name] for name in FIELDS if name in body} == expected
    assert written(request, vendor, model).notes == notes


@pytest.mark.parametrize(
    ("vendor", "model", "effort"),
    [
        ("openai", "gpt-4o", "high"),
        ("openai", "o3", "none"),
        ("groq", "llama-3.3", "low"),
        ("groq", "openai/gpt-oss-20b", "none"),
    ],
)
def test_what_a_model_cannot_do_is_refused(vendor, model, effort):
    assert inexpressible(hello(reasoning=Reasoning(effort=effort)), vendor, model).field == "reasoning"


def test_zai_keeps_the_thinking_it_is_sent():
    turns = (
        hub.Turn(role="user", parts=(hub.Text(text="a"),)),
        hub.Turn(role="assistant", parts=(hub.Thinking(text="b"), hub.Text(text="c"))),
    )
    assert write(hello(turns=turns), "zai")["thinking"] == {"clear_thinking": False}
