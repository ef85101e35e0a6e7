"""Reading how much to think: OpenAI has one field for it, other speakers of this dialect have theirs.

`reasoning_effort` is OpenAI's (https://platform.openai.com/docs/guides/reasoning), `reasoning` OpenRouter's
(https://openrouter.ai/docs/use-cases/reasoning-tokens), `thinking` Z.ai's, DeepSeek's and Anthropic's
(https://docs.z.ai/guides/capabilities/thinking-mode), `reasoning_format` and `include_reasoning` Groq's
(https://console.groq.com/docs/reasoning). Those that say the same differently must agree.
"""

from typing import get_args

from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable

_EFFORTS: tuple[hub.Effort, ...] = get_args(hub.Effort)


def read_reasoning(body: Asked) -> hub.Reasoning | None:
    """Return what is asked for, None for nothing. Raises request.field_invalid or request.untranslatable."""
    found = hub.Reasoning(effort=_effort(body, "reasoning_effort"))
    found = _router(body, found)
    found = _switch(body, found)
    wants_text = _wants_text(body)
    if wants_text is not None:
        found = structs.replace(found, wants_text=wants_text)
    return None if found == hub.Reasoning() else found


def _effort(fields: Asked, name: str) -> hub.Effort | None:
    """Read an effort; Groq's `default` asks for nothing."""
    value = fields.text(name)
    if value in (None, "default"):
        return None
    found = next((effort for effort in _EFFORTS if effort == value), None)
    return found or invalid(fields.place(name), "must be one of " + ", ".join(f"`{effort}`" for effort in _EFFORTS))


def _router(body: Asked, found: hub.Reasoning) -> hub.Reasoning:
    reasoning = body.child("reasoning")
    if reasoning is None:
        return found
    effort = _effort(reasoning, "effort")
    if effort is not None and found.effort is not None and effort != found.effort:
        invalid(reasoning.place("effort"), "differs from `reasoning_effort`: send one of them")
    budget = _budget(reasoning, "max_tokens")
    enabled, excluded = reasoning.flag("enabled"), reasoning.flag("exclude")
    effort = effort or found.effort
    if enabled is False and effort not in (None, "none"):
        invalid(reasoning.place("enabled"), "is false although an effort is asked for")
    summary = reasoning.text("summary")
    reasoning.nothing_else()
    return structs.replace(
        found,
        effort="none" if enabled is False else effort,
        budget_tokens=budget,
        is_adaptive=enabled is True and effort is None and budget is None,
        wants_text=None if excluded is None else not excluded,
        summary=summary,
    )


def _switch(body: Asked, found: hub.Reasoning) -> hub.Reasoning:
    thinking = body.child("thinking")
    if thinking is None:
        return found
    kind = thinking.text("type")
    budget = _budget(thinking, "budget_tokens")
    # Whether thinking of earlier turns is kept (Z.ai): it is, if the caller sends it.
    thinking.flag("clear_thinking")
    thinking.nothing_else()
    if kind == "disabled":
        if found.effort not in (None, "none"):
            invalid(thinking.place("type"), "is `disabled` although an effort is asked for")
        return structs.replace(found, effort="none")
    if kind not in (None, "enabled", "adaptive"):
        invalid(thinking.place("type"), "must be `enabled`, `disabled` or `adaptive`")
    has_amount = budget is not None or found.effort is not None or found.budget_tokens is not None
    return structs.replace(
        found,
        budget_tokens=found.budget_tokens if budget is None else budget,
        is_adaptive=kind == "adaptive" or (kind == "enabled" and not has_amount),
    )


def _budget(fields: Asked, name: str) -> int | None:
    budget = fields.integer(name)
    if budget is not None and budget < 1:
        invalid(fields.place(name), "must be a positive integer")
    return budget


def _wants_text(body: Asked) -> bool | None:
    form = body.text("reasoning_format")
    includes = body.flag("include_reasoning")
    if form is None:
        return includes
    if form not in ("parsed", "hidden"):
        untranslatable(body.place("reasoning_format"), "can only be `parsed` or `hidden`")
    return form == "parsed"
