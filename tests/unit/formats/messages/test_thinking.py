"""How much to think is read as it is meant, and said as each model takes it."""

import json

import pytest

from tollway.formats.asked import Asked
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.hub import Reasoning, Request
from tollway.formats.messages.model import find_model
from tollway.formats.messages.thinking import Plan, plan_thinking, read_reasoning
from tollway.kernel.errors import TollwayError


def read(thinking: object, effort: str | None = None) -> tuple[Reasoning | None, str | None]:
    return read_reasoning(Asked.parse(json.dumps({"thinking": thinking}).encode()), effort, "output_config.effort")


def plan(
    model: str, reasoning: Reasoning | None, *, bound: int | None = None, cap: int | None = None
) -> tuple[Plan, list[str]]:
    notes: list[str] = []
    request = Request(model="m", turns=(), reasoning=reasoning, output_tokens_max=bound)
    target = Target(vendor="anthropic", model=model, output_cap=cap)
    return plan_thinking(request, target, find_model(model), notes), notes


@pytest.mark.parametrize(
    ("thinking", "effort", "expected"),
    [
        (None, None, (None, None)),
        (None, "xhigh", (Reasoning(effort="xhigh"), None)),
        ({"type": "enabled", "budget_tokens": 1024}, None, (Reasoning(budget_tokens=1024), None)),
        (
            {"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
            "low",
            (Reasoning(budget_tokens=2000, effort="low", wants_text=False), None),
        ),
        ({"type": "adaptive"}, None, (Reasoning(is_adaptive=True), None)),
        (
            {"type": "adaptive", "display": "summarized"},
            "max",
            (Reasoning(is_adaptive=True, effort="max", wants_text=True), None),
        ),
        ({"type": "disabled"}, None, (Reasoning(effort="none"), None)),
        ({"type": "between_tools"}, "medium", (Reasoning(effort="none"), "medium")),
        ({"type": "disabled"}, "low", (Reasoning(effort="none"), "low")),
        ({"type": "disabled"}, "high", (Reasoning(effort="none"), None)),
    ],
)
def test_the_callers_wish_is_read(thinking, effort, expected):
    assert read(thinking, effort) == expected


@pytest.mark.parametrize(
    ("thinking", "effort", "param"),
    [
        ({"type": "deep"}, None, "thinking.type"),
        ({}, None, "thinking.type"),
        ({"type": "enabled"}, None, "thinking.budget_tokens"),
        ({"type": "enabled", "budget_tokens": 0}, None, "thinking.budget_tokens"),
        ({"type": "adaptive", "display": "loud"}, None, "thinking.display"),
        ({"type": "adaptive", "hours": 3}, None, "thinking.hours"),
        (None, "enormous", "output_config.effort"),
    ],
)
def test_what_is_no_such_wish_is_refused_by_place(thinking, effort, param):
    with pytest.raises(TollwayError) as refusal:
        read(thinking, effort)
    assert refusal.value.param == param


ADAPTIVE = {"type": "adaptive"}


@pytest.mark.parametrize(
    ("model", "reasoning", "expected", "noted"),
    [
        ("claude-sonnet-4-5", None, Plan(4096), []),
        ("claude-sonnet-4-5", Reasoning(effort="none"), Plan(4096), []),
        ("claude-opus-4-6", Reasoning(effort="none"), Plan(4096, {"type": "disabled"}), []),
        ("claude-sonnet-5-5", Reasoning(effort="none"), Plan(4096, {"type": "between_tools"}), []),
        ("claude-opus-4-6", Reasoning(effort="low"), Plan(6144, ADAPTIVE, "low"), []),
        ("claude-opus-5", Reasoning(effort="xhigh"), Plan(28672, ADAPTIVE, "xhigh"), []),
        ("claude-opus-4-6", Reasoning(effort="xhigh"), Plan(20480, ADAPTIVE, "high"), ["effort-lowered"]),
        ("claude-opus-4-6", Reasoning(effort="minimal"), Plan(6144, ADAPTIVE, "low"), ["effort-raised"]),
        ("claude-opus-4-8", Reasoning(is_adaptive=True), Plan(20480, ADAPTIVE), []),
        (
            "claude-opus-4-8",
            Reasoning(budget_tokens=5000),
            Plan(12288, ADAPTIVE, "medium"),
            ["budget-as-effort"],
        ),
        (
            "claude-opus-4-8",
            Reasoning(budget_tokens=50_000),
            Plan(31096, ADAPTIVE, "max"),
            ["budget-as-effort"],
        ),
        ("claude-opus-4-6", Reasoning(budget_tokens=5000), Plan(9096, {"type": "enabled", "budget_tokens": 5000}), []),
        (
            "claude-sonnet-4-5",
            Reasoning(budget_tokens=100),
            Plan(5120, {"type": "enabled", "budget_tokens": 1024}),
            ["thinking-budget-raised"],
        ),
        (
            "claude-sonnet-4-5",
            Reasoning(effort="medium"),
            Plan(12288, {"type": "enabled", "budget_tokens": 8192}),
            [],
        ),
        (
            "claude-sonnet-4-5",
            Reasoning(is_adaptive=True),
            Plan(12288, {"type": "enabled", "budget_tokens": 8192}),
            ["adaptive-thinking-as-budget"],
        ),
    ],
)
def test_each_model_is_asked_in_its_own_words(model, reasoning, expected, noted):
    assert plan(model, reasoning) == (expected, noted)


@pytest.mark.parametrize(
    ("model", "wants_text", "display", "noted"),
    [
        ("claude-opus-4-8", True, "summarized", []),
        ("claude-opus-4-6", False, "omitted", []),
        ("claude-opus-4-8", None, None, []),
        ("claude-sonnet-4-5", True, None, []),
        ("claude-sonnet-4-5", False, None, ["thinking-always-shown"]),
    ],
)
def test_thinking_is_shown_where_that_can_be_chosen(model, wants_text, display, noted):
    found, notes = plan(model, Reasoning(effort="high", wants_text=wants_text))
    assert found.thinking is not None and found.thinking.get("display") == display
    assert notes == noted


def test_a_model_that_thinks_by_itself_may_be_asked_to_show_it():
    assert plan("claude-sonnet-5", Reasoning(summary="auto"))[0].thinking == {
        "type": "adaptive",
        "display": "summarized",
    }
    assert plan("claude-opus-4-8", Reasoning(summary="auto"))[0].thinking is None


def test_the_lower_bound_counts_and_the_budget_stays_below_it():
    found, notes = plan("claude-sonnet-4-5", Reasoning(budget_tokens=9_000), bound=8_000, cap=4_000)
    assert found == Plan(4_000, {"type": "enabled", "budget_tokens": 3_999})
    assert notes == ["thinking-budget-lowered"]


def test_an_effort_leaves_half_of_the_bound_for_the_answer():
    found, notes = plan("claude-sonnet-4-5", Reasoning(effort="high"), bound=6_000)
    assert found == Plan(6_000, {"type": "enabled", "budget_tokens": 3_000}) and notes == []


def test_an_effort_gives_way_to_a_bound_without_room_for_it():
    found, notes = plan("claude-sonnet-4-5", Reasoning(effort="low"), bound=500)
    assert found == Plan(500) and notes == ["effort-ignored"]


@pytest.mark.parametrize(
    ("model", "reasoning", "bound", "advice"),
    [
        ("claude-fable-5", Reasoning(effort="none"), None, "always thinks"),
        ("claude-opus-5-5", Reasoning(effort="none"), None, "always thinks"),
        ("claude-3-5-haiku-20241022", Reasoning(effort="low"), None, "does not think"),
        ("claude-sonnet-4-5", Reasoning(budget_tokens=4_000), 1_000, "raise their bound"),
    ],
)
def test_what_a_model_cannot_be_asked_for_is_refused_with_what_would_work(model, reasoning, bound, advice):
    with pytest.raises(Inexpressible, match=advice) as refusal:
        plan(model, reasoning, bound=bound)
    assert refusal.value.field == "reasoning"


def test_only_thinking_that_was_asked_for_is_thinking():
    assert plan("claude-opus-4-8", Reasoning(effort="low"))[0].is_thinking
    assert not plan("claude-opus-4-6", Reasoning(effort="none"))[0].is_thinking
    assert not plan("claude-opus-4-6", None)[0].is_thinking
