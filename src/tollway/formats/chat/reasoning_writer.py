"""How much to think, in each vendor's words.

OpenAI, Hugging Face and Ollama: `reasoning_effort` (https://platform.openai.com/docs/guides/reasoning). Groq: the same,
but other words for Qwen (https://console.groq.com/docs/reasoning). OpenRouter: `reasoning`
(https://openrouter.ai/docs/use-cases/reasoning-tokens). DeepSeek: `thinking` and three efforts
(https://api-docs.deepseek.com/guides/thinking_mode). Z.ai: only on and off
(https://docs.z.ai/guides/capabilities/thinking-mode). Moonshot: a switch, or efforts for Kimi K3
(https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model). Cerebras:
https://inference-docs.cerebras.ai/capabilities/reasoning
"""

from tollway.formats import hub
from tollway.formats.chat.content_writer import Object
from tollway.formats.chat.models import generation, is_o_series, thinks
from tollway.formats.chat.notes import note
from tollway.formats.dialect import Inexpressible, Target

_NONE: frozenset[hub.Effort] = frozenset({"none"})
_MINIMAL: frozenset[hub.Effort] = frozenset({"minimal"})
_XHIGH: frozenset[hub.Effort] = frozenset({"xhigh"})
_MAX: frozenset[hub.Effort] = frozenset({"max"})
_LADDER: tuple[hub.Effort, ...] = ("minimal", "low", "medium", "high", "xhigh", "max")
_USUAL: frozenset[hub.Effort] = frozenset({"low", "medium", "high"})


def write_reasoning(request: hub.Request, target: Target, notes: list[str]) -> Object:
    """Return the fields that say it, {} for the vendor's default. Raises Inexpressible."""
    reasoning = request.reasoning or hub.Reasoning()
    match target.vendor:
        case "openai":
            return _openai(reasoning, target.model, notes)
        case "groq":
            return _groq(reasoning, target.model, notes)
        case "openrouter" | "sandbox":
            return _openrouter(reasoning, notes)
        case "deepseek":
            return _deepseek(reasoning, notes)
        case "zai":
            return _zai(reasoning, request.turns, notes)
        case "moonshot":
            return _moonshot(reasoning, target.model, notes)
        case "cerebras":
            hides = {"reasoning_format": "hidden"} if reasoning.wants_text is False else {}
            return _named(_fit(_effort(reasoning, notes), _USUAL | _NONE, notes)) | hides
    if reasoning.wants_text is False:
        note(notes, "thinking-always-shown")
    allowed = _USUAL | _NONE if target.vendor == "ollama" else frozenset(_LADDER) | _NONE
    return _named(_fit(_effort(reasoning, notes), allowed, notes))


def _openai(reasoning: hub.Reasoning, model: str, notes: list[str]) -> Object:
    effort = _effort(reasoning, notes)
    if not thinks(model):
        if effort not in (None, "none"):
            raise Inexpressible("reasoning", "this model does not think: leave it out or take another")
        return {}
    if reasoning.wants_text or reasoning.summary is not None:
        note(notes, "thinking-not-shown")
    return _named(_fit(effort, _openai_efforts(model), notes))


def _openai_efforts(model: str) -> frozenset[hub.Effort]:
    """Return what a model knows: https://platform.openai.com/docs/guides/reasoning#reasoning-effort."""
    version = generation(model)
    if is_o_series(model):
        return _USUAL
    if version < (5, 0):  # A name that tells nothing.
        return frozenset(_LADDER) | _NONE
    if version < (5, 1):
        return _USUAL | _MINIMAL
    known = _USUAL | _NONE
    if version >= (5, 2):
        known |= _XHIGH
    return known | _MAX if version >= (5, 6) else known


def _groq(reasoning: hub.Reasoning, model: str, notes: list[str]) -> Object:
    effort = _effort(reasoning, notes)
    if "gpt-oss" in model:
        shown = {} if reasoning.wants_text is None else {"include_reasoning": reasoning.wants_text}
        return _named(_fit(effort, _USUAL, notes)) | shown
    if "qwen" in model or "deepseek-r1" in model:
        # Otherwise the thinking comes inside of the text, between tags.
        written = {"reasoning_format": "hidden" if reasoning.wants_text is False else "parsed"}
        if effort is None:
            return written
        if effort != "none":
            note(notes, "effort-ignored")
        return written | {"reasoning_effort": "none" if effort == "none" else "default"}
    if effort not in (None, "none"):
        raise Inexpressible("reasoning", "this model does not think: leave it out or take another")
    return {}


def _openrouter(reasoning: hub.Reasoning, notes: list[str]) -> Object:
    written: Object = {}
    if reasoning.effort is not None:
        written["effort"] = _fit(reasoning.effort, frozenset(_LADDER[:-1]) | _NONE, notes)
    elif reasoning.budget_tokens is not None:
        written["max_tokens"] = reasoning.budget_tokens
    elif reasoning.is_adaptive:
        written["enabled"] = True
    if reasoning.wants_text is not None:
        written["exclude"] = not reasoning.wants_text
    if reasoning.summary is not None:
        written["summary"] = reasoning.summary
    return {"reasoning": written} if written else {}


def _deepseek(reasoning: hub.Reasoning, notes: list[str]) -> Object:
    """Write a switch and an effort; `medium` and `xhigh` mean `high` there, so that nothing is lost by saying it."""
    if reasoning.wants_text is False:
        note(notes, "thinking-always-shown")
    effort = _effort(reasoning, notes)
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    if effort is None:
        return {"thinking": {"type": "enabled"}} if reasoning.is_adaptive else {}
    fitting = _fit(effort, frozenset({"low", "high", "max"}), notes)
    return {"thinking": {"type": "enabled"}} | _named(fitting)


def _zai(reasoning: hub.Reasoning, turns: tuple[hub.Turn, ...], notes: list[str]) -> Object:
    if reasoning.wants_text is False:
        note(notes, "thinking-always-shown")
    thinking: Object = {}
    if reasoning.effort == "none":
        thinking["type"] = "disabled"
    elif reasoning.effort is not None or reasoning.budget_tokens is not None:
        note(notes, "effort-ignored")
        thinking["type"] = "enabled"
    elif reasoning.is_adaptive:
        thinking["type"] = "enabled"
    if any(isinstance(part, hub.Thinking) for turn in turns for part in turn.parts):
        thinking["clear_thinking"] = False
    return {"thinking": thinking} if thinking else {}


def _moonshot(reasoning: hub.Reasoning, model: str, notes: list[str]) -> Object:
    """Write a switch; Kimi K3 always thinks, and takes an effort."""
    if reasoning.wants_text is False:
        note(notes, "thinking-always-shown")
    if "k3" in model:
        return _named(_fit(_effort(reasoning, notes), frozenset({"low", "high", "max"}), notes))
    if reasoning.effort == "none":
        return {"thinking": {"type": "disabled"}}
    if reasoning.effort is not None or reasoning.budget_tokens is not None:
        note(notes, "effort-ignored")
        return {"thinking": {"type": "enabled"}}
    return {"thinking": {"type": "enabled"}} if reasoning.is_adaptive else {}


def _effort(reasoning: hub.Reasoning, notes: list[str]) -> hub.Effort | None:
    """Return the effort, also for a budget; None for the vendor's default."""
    if reasoning.effort is not None or reasoning.budget_tokens is None:
        return reasoning.effort
    note(notes, "budget-as-effort")
    return "low" if reasoning.budget_tokens <= 1_024 else "medium" if reasoning.budget_tokens <= 8_192 else "high"


def _fit(effort: hub.Effort | None, known: frozenset[hub.Effort], notes: list[str]) -> hub.Effort | None:
    """Return the effort, or the nearest one that is known: below it if there is one, else above it."""
    if effort is None or effort in known:
        return effort
    if effort == "none":
        if "minimal" not in known:
            raise Inexpressible("reasoning", "this model always thinks: ask for the effort `low`")
        note(notes, "effort-raised")
        return "minimal"
    place = _LADDER.index(effort)
    for lower in reversed(_LADDER[:place]):
        if lower in known:
            note(notes, "effort-lowered")
            return lower
    note(notes, "effort-raised")
    return next(higher for higher in _LADDER[place:] if higher in known)


def _named(effort: hub.Effort | None) -> Object:
    return {} if effort is None else {"reasoning_effort": effort}
