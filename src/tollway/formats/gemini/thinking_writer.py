"""How much to think, in Gemini's words: a level from Gemini 3 on, a budget of tokens in 2.5.

https://ai.google.dev/gemini-api/docs/thinking — the budgets for efforts are those of Google's own OpenAI-compatible
endpoint: https://ai.google.dev/gemini-api/docs/openai#thinking
"""

from typing import Any

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible
from tollway.formats.gemini.generation import generation

_LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH", "max": "HIGH"}
_BUDGETS = {"minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576, "xhigh": 24_576, "max": 24_576}
_LOWERED = ("xhigh", "max")
_BUDGET_MAX = 24_576
_BUDGET_MAX_OF_PRO = 32_768
"""https://ai.google.dev/gemini-api/docs/thinking#set-budget"""


def write_thinking(reasoning: hub.Reasoning, model: str, notes: list[str]) -> dict[str, Any]:
    """Return `thinkingConfig`, {} when the model's default is meant. Raises Inexpressible."""
    version = generation(model)
    if version < 2.5:
        if reasoning.effort in (None, "none") and reasoning.budget_tokens is None:
            return {}
        raise Inexpressible("reasoning", "this model does not think: leave it out or take a newer model")
    written: dict[str, Any] = {}
    if reasoning.budget_tokens is not None:
        written["thinkingBudget"] = _budget(reasoning.budget_tokens, model, notes)
    elif reasoning.effort is not None:
        written |= _effort(reasoning.effort, version, model, notes)
    elif reasoning.is_adaptive:
        written["thinkingBudget"] = -1
    wants_text = True if reasoning.wants_text is None and reasoning.summary is not None else reasoning.wants_text
    if wants_text is not None:
        written["includeThoughts"] = wants_text
    return written


def _budget(tokens: int, model: str, notes: list[str]) -> int:
    most = _BUDGET_MAX_OF_PRO if _is_pro(model) else _BUDGET_MAX
    if tokens > most:
        notes.append("thinking-budget-lowered")
    return min(tokens, most)


def _effort(effort: hub.Effort, version: float, model: str, notes: list[str]) -> dict[str, Any]:
    if effort == "none":
        if version >= 3 or _is_pro(model):
            raise Inexpressible("reasoning", "this model always thinks: ask for the effort `low`")
        return {"thinkingBudget": 0}
    if effort in _LOWERED:
        notes.append("effort-lowered")
    if version < 3:
        return {"thinkingBudget": _BUDGETS[effort]}
    if effort == "minimal" and _is_pro(model):
        notes.append("effort-raised")  # The larger models begin at `low`.
        return {"thinkingLevel": "LOW"}
    return {"thinkingLevel": _LEVELS[effort]}


def _is_pro(model: str) -> bool:
    """Whether it is one of the larger models, as `gemini-2.5-pro` and `gemini-pro-latest`."""
    return "pro" in model.split("-")
