"""How much to think: `thinking` and `output_config.effort`, read and written.

https://platform.claude.com/docs/en/build-with-claude/thinking — until Claude 4.6 a budget of tokens, from 4.6 on an
effort that the model adapts to; budgets for efforts, where only these are taken, are ours and stay below the bound of
the output, since thinking counts towards it.
"""

from typing import Any, Literal

import msgspec

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.messages.model import Model
from tollway.formats.messages.notes import note

BUDGET_MIN = 1_024
"""Anthropic's least. https://platform.claude.com/docs/en/build-with-claude/extended-thinking"""

# The highest leaves room for an answer in the 32,000 output tokens of the models that take budgets alone.
_BUDGETS: dict[hub.Effort, int] = {
    "minimal": 1_024,
    "low": 2_048,
    "medium": 8_192,
    "high": 16_384,
    "xhigh": 24_576,
    "max": 27_000,
}
_EFFORTS: tuple[hub.Effort, ...] = ("low", "medium", "high", "xhigh", "max")
_TYPES = ("enabled", "disabled", "adaptive", "between_tools")


class Plan(msgspec.Struct, frozen=True, gc=False):
    """What a request says about thinking; `max_tokens` leaves room for it."""

    max_tokens: int
    thinking: dict[str, Any] | None = None
    effort: hub.Effort | None = None

    @property
    def is_thinking(self) -> bool:
        """Whether thinking was asked for."""
        return self.thinking is not None and self.thinking["type"] in ("enabled", "adaptive")


def read_reasoning(body: Asked, effort: str | None, effort_at: str) -> tuple[hub.Reasoning | None, str | None]:
    """Return what `thinking` and the effort mean, and the verbosity that an effort amounts to without thinking."""
    wanted = next((known for known in _EFFORTS if known == effort), None)
    if effort is not None and wanted is None:
        invalid(effort_at, "must be one of " + ", ".join(f"`{known}`" for known in _EFFORTS))
    config = body.child("thinking")
    if config is None:
        return (None if wanted is None else hub.Reasoning(effort=wanted)), None
    kind = config.text("type")
    if kind not in _TYPES:
        invalid(config.place("type"), "must be `adaptive`, `enabled`, `disabled` or `between_tools`")
    budget = config.integer("budget_tokens")
    if kind == "enabled" and (budget is None or budget < 1):
        invalid(config.place("budget_tokens"), "must be a positive integer")
    wants_text = _wants_text(config)
    config.nothing_else()
    if kind in ("disabled", "between_tools"):  # The least of a model that cannot be kept from thinking altogether.
        # Without thinking, effort only steers how much the model writes.
        return hub.Reasoning(effort="none"), _verbosity(wanted)
    reasoning = hub.Reasoning(
        effort=wanted,
        budget_tokens=budget if kind == "enabled" else None,
        is_adaptive=kind == "adaptive",
        wants_text=wants_text,
    )
    return reasoning, None


def plan_thinking(request: hub.Request, target: Target, model: Model, notes: list[str]) -> Plan:
    """Return what to write. Raises Inexpressible for what the model cannot be asked for."""
    bound, cap = request.output_tokens_max, target.output_cap
    if cap is not None and (bound is None or cap < bound):
        bound = cap
    reasoning = request.reasoning
    if reasoning is None:
        return Plan(max_tokens=bound or target.output_tokens_default)
    if reasoning.effort == "none":
        return Plan(max_tokens=bound or target.output_tokens_default, thinking=_off(model))
    if not (reasoning.effort or reasoning.budget_tokens or reasoning.is_adaptive):
        plan = Plan(max_tokens=bound or target.output_tokens_default)
        return _with_display(plan, reasoning, model, notes) if model.thinks_by_itself else plan
    if reasoning.budget_tokens is not None and model.takes_budgets:
        plan = _with_budget(reasoning, bound, target=target, model=model, notes=notes)
    elif model.is_adaptive:
        plan = _adaptive(reasoning, bound, target=target, model=model, notes=notes)
    elif model.takes_budgets:
        plan = _effort_as_budget(reasoning, bound, target=target, notes=notes)
    else:
        raise Inexpressible("reasoning", "this model does not think: leave it out or take a newer model")
    return _with_display(plan, reasoning, model, notes)


def _off(model: Model) -> dict[str, Any] | None:
    if model.always_thinks:
        raise Inexpressible("reasoning", "this model always thinks: ask for the effort `low`")
    return {"type": model.thinking_off} if model.thinks_by_itself or model.is_adaptive else None


def _with_budget(
    reasoning: hub.Reasoning, bound: int | None, *, target: Target, model: Model, notes: list[str]
) -> Plan:
    budget = reasoning.budget_tokens or 0
    if budget < BUDGET_MIN:
        note(notes, "thinking-budget-raised")
        budget = BUDGET_MIN
    max_tokens = budget + target.output_tokens_default if bound is None else bound
    if budget >= max_tokens:
        if max_tokens <= BUDGET_MIN:
            raise Inexpressible("reasoning", f"thinking needs more than {BUDGET_MIN} output tokens: raise their bound")
        note(notes, "thinking-budget-lowered")
        budget = max_tokens - 1
    effort = _known_effort(reasoning.effort, model, notes) if reasoning.effort and model.is_adaptive else None
    return Plan(max_tokens=max_tokens, thinking={"type": "enabled", "budget_tokens": budget}, effort=effort)


def _adaptive(reasoning: hub.Reasoning, bound: int | None, *, target: Target, model: Model, notes: list[str]) -> Plan:
    effort = reasoning.effort
    if reasoning.budget_tokens is not None:
        note(notes, "budget-as-effort")
        effort = effort or _nearest_effort(reasoning.budget_tokens)
    if effort is not None:
        effort = _known_effort(effort, model, notes)
    max_tokens = _BUDGETS[effort or "high"] + target.output_tokens_default if bound is None else bound
    return Plan(max_tokens=max_tokens, thinking={"type": "adaptive"}, effort=effort)


def _effort_as_budget(reasoning: hub.Reasoning, bound: int | None, *, target: Target, notes: list[str]) -> Plan:
    """An effort is a wish, so it gives way to a bound that is too small; half of the bound is for the answer."""
    if reasoning.effort is None:
        note(notes, "adaptive-thinking-as-budget")
    budget = _BUDGETS[reasoning.effort or "medium"]
    if bound is None:
        max_tokens = budget + target.output_tokens_default
    elif bound // 2 < BUDGET_MIN:
        note(notes, "effort-ignored")
        return Plan(max_tokens=bound)
    else:
        max_tokens, budget = bound, min(budget, bound // 2)
    return Plan(max_tokens=max_tokens, thinking={"type": "enabled", "budget_tokens": budget})


def _known_effort(effort: hub.Effort, model: Model, notes: list[str]) -> hub.Effort:
    known = model.find_effort(effort)
    if known != effort:
        note(notes, "effort-raised" if effort == "minimal" else "effort-lowered")
    return known


def _nearest_effort(budget: int) -> hub.Effort:
    return next((effort for effort in ("low", "medium", "high") if budget <= _BUDGETS[effort]), "max")


def _with_display(plan: Plan, reasoning: hub.Reasoning, model: Model, notes: list[str]) -> Plan:
    """Say whether the thinking is to be seen. Before 4.6 it always is, from 4.7 on it must be asked for."""
    wants_text = True if reasoning.wants_text is None and reasoning.summary is not None else reasoning.wants_text
    if wants_text is None or (plan.thinking is None and not model.thinks_by_itself):
        return plan
    if not model.is_adaptive:
        if not wants_text:
            note(notes, "thinking-always-shown")
        return plan
    thinking = plan.thinking or {"type": "adaptive"}
    return msgspec.structs.replace(plan, thinking={**thinking, "display": "summarized" if wants_text else "omitted"})


def _wants_text(config: Asked) -> bool | None:
    display = config.text("display")
    if display not in (None, "summarized", "omitted"):
        invalid(config.place("display"), "must be `summarized` or `omitted`")
    return None if display is None else display == "summarized"


def _verbosity(effort: hub.Effort | None) -> Literal["low", "medium"] | None:
    match effort:
        case "low" | "medium":
            return effort
    return None
