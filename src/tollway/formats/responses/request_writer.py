"""Writing a hub request as a body of Responses.

https://platform.openai.com/docs/api-reference/responses/create — stateless: the whole conversation is sent and nothing
is asked to be kept unless the caller did, so thinking comes back sealed. Law: a field that is stated and cannot be
said raises Inexpressible with the field's name and what would work; a difference that changes no answer is a note.
"""

from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target, Written
from tollway.formats.responses.item_writer import OPENAI_VENDORS, ItemWriter
from tollway.formats.responses.models import seals_thinking
from tollway.formats.responses.notes import note
from tollway.formats.responses.request_reader import LOGPROBS
from tollway.formats.strict_mode import fits_strict_mode

OUTPUT_TOKENS_MIN = 16
LOGPROBS_MAX = 20
"""https://platform.openai.com/docs/api-reference/responses/create"""

TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
_USUAL_TIERS = ("standard", "standard_only", "on_demand")
"""What other vendors call OpenAI's `default`."""

Object = dict[str, Any]
_SEALING_VENDORS = (*OPENAI_VENDORS, "openrouter")
_NOTHING_TAKEN = msgspec.Raw(b'{"type":"object","properties":{}}')
_LOW_BUDGET, _MEDIUM_BUDGET = 1_024, 8_192
_SIZES = ("low", "medium", "high")


def write_request(request: hub.Request, target: Target) -> Written:
    """Write a request for a vendor of this dialect. Raises Inexpressible."""
    notes: list[str] = []
    _refuse(request)
    items = ItemWriter(target, notes)
    body: Object = {"model": target.model}
    lead: list[Object] = []
    if len(request.system) == 1 and request.system[0].cache is None:
        body["instructions"] = request.system[0].text
    elif request.system:
        lead = [items.system(request.system)]
    body["input"] = lead + items.write(request.turns)
    body |= _stated(request, target, notes)
    if request.seed is not None:
        note(notes, "seed-ignored")
    body["store"] = request.store is True
    if request.is_stream:
        body["stream"] = True
    return Written(body=msgspec.json.encode(body), notes=tuple(notes))


def _refuse(request: hub.Request) -> None:
    """Refuse what Responses has no field for."""
    for name, advice in (
        ("top_k", "use top_p"),
        ("min_p", "use top_p"),
        ("logit_bias", "leave it out"),
        ("frequency_penalty", "leave it out"),
        ("presence_penalty", "leave it out"),
        ("stop", "cut the text yourself"),
    ):
        # A penalty of 0 is the usual one.
        if getattr(request, name) not in (None, (), {}, 0):
            raise Inexpressible(name, f"OpenAI's Responses has none: {advice}")
    if (request.choices or 1) > 1:
        raise Inexpressible("choices", "OpenAI's Responses gives one answer: ask again")
    if (request.top_logprobs or 0) > LOGPROBS_MAX:
        raise Inexpressible("top_logprobs", f"OpenAI gives at most {LOGPROBS_MAX}")
    if request.verbosity is not None and request.verbosity not in _SIZES:
        raise Inexpressible("verbosity", "OpenAI knows `low`, `medium` and `high`")


def _stated(request: hub.Request, target: Target, notes: list[str]) -> Object:
    tools = [_tool(tool, target, notes) for tool in request.tools]
    include = [LOGPROBS] if request.logprobs else []
    if target.vendor in _SEALING_VENDORS and seals_thinking(target.model):
        include.append("reasoning.encrypted_content")
    text: Object = {}
    if request.output is not None:
        text["format"] = _format(request.output, target, notes)
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    stated: Object = {
        "max_output_tokens": _bound(request, target),
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_logprobs": request.top_logprobs,
        "parallel_tool_calls": request.parallel_tool_calls,
        "reasoning": None if request.reasoning is None else _reasoning(request.reasoning, notes) or None,
        "text": text or None,
        "tool_choice": None if request.tool_choice is None else write_choice(request.tool_choice),
        "include": include or None,
        "user": request.user,
        "metadata": request.metadata,
        "service_tier": _tier(request.service_tier),
        "prompt_cache_key": request.prompt_cache_key,
    }
    if (search := request.web_search) is not None:
        tools.append(_search(search))
        stated["max_tool_calls"] = search.uses_max
    stated["tools"] = tools or None
    return {name: value for name, value in stated.items() if value is not None}


def _tier(tier: str | None) -> str | None:
    if tier is None or tier in TIERS:
        return tier
    if tier in _USUAL_TIERS:
        return "default"
    raise Inexpressible("service_tier", "OpenAI knows `default`, `flex`, `scale`, `priority` and `ultrafast`")


def _bound(request: hub.Request, target: Target) -> int | None:
    bounds = [bound for bound in (request.output_tokens_max, target.output_cap) if bound is not None]
    bound = min(bounds, default=None)
    if bound is not None and bound < OUTPUT_TOKENS_MIN and target.vendor in OPENAI_VENDORS:
        raise Inexpressible("output_tokens_max", f"OpenAI's Responses takes at least {OUTPUT_TOKENS_MIN}")
    return bound


def _tool(tool: hub.Tool, target: Target, notes: list[str]) -> Object:
    if tool.cache is not None:
        note(notes, "cache-marks-ignored")
    written: Object = {"type": "function", "name": tool.name}
    if tool.description is not None:
        written["description"] = tool.description
    written["parameters"] = _NOTHING_TAKEN if tool.parameters is None else msgspec.Raw(tool.parameters)
    # Left out it would mean strict here, where everybody else means not strict.
    written["strict"] = _strict(tool.strict, tool.parameters, target, notes)
    return written


def _strict(strict: bool | None, schema: bytes | None, target: Target, notes: list[str]) -> bool:
    """Whether to ask for strictness: not of OpenAI for a schema that it would refuse the whole call for."""
    if strict and target.vendor in OPENAI_VENDORS and not fits_strict_mode(schema):
        note(notes, "strict-ignored")
        return False
    return strict is True


def _search(search: hub.WebSearch) -> Object:
    if search.blocked_domains:
        raise Inexpressible("web_search", "OpenAI cannot leave domains out: name those to search", at=search.at)
    written: Object = {"type": "web_search"}
    if search.allowed_domains:
        written["filters"] = {"allowed_domains": search.allowed_domains}
    if search.context_size is not None:
        written["search_context_size"] = search.context_size
    names = ("country", "region", "city", "timezone")
    if place := {name: value for name in names if (value := getattr(search, name)) is not None}:
        written["user_location"] = {"type": "approximate"} | place
    return written


def write_choice(choice: hub.ToolChoice) -> str | Object:
    """Return `tool_choice`."""
    if choice.mode == "none" or not choice.names:
        return "required" if choice.mode == "tool" else choice.mode
    if choice.mode == "tool" and len(choice.names) == 1:
        return {"type": "function", "name": choice.names[0]}
    mode = "auto" if choice.mode == "auto" else "required"
    named = [{"type": "function", "name": name} for name in choice.names]
    return {"type": "allowed_tools", "mode": mode, "tools": named}


def _format(output: hub.Output, target: Target, notes: list[str]) -> Object:
    match output.kind:
        case "text":
            return {"type": "text"}
        case "json":
            return {"type": "json_object"}
    if output.schema is None:
        return {"type": "json_object"}
    written: Object = {"type": "json_schema", "name": output.name or "answer", "schema": msgspec.Raw(output.schema)}
    if output.description is not None:
        written["description"] = output.description
    if output.strict is not None:
        written["strict"] = _strict(output.strict, output.schema, target, notes)
    return written


def _reasoning(reasoning: hub.Reasoning, notes: list[str]) -> Object:
    """Write how much to think; thinking is seen as a summary only, and its text is one of the vendor's choice."""
    written: Object = {}
    if reasoning.effort is not None:
        written["effort"] = reasoning.effort
    elif reasoning.budget_tokens is not None:
        note(notes, "budget-as-effort")
        written["effort"] = _effort(reasoning.budget_tokens)
    if reasoning.summary is not None or reasoning.wants_text:
        written["summary"] = reasoning.summary or "auto"
    return written


def _effort(budget_tokens: int) -> str:
    if budget_tokens <= _LOW_BUDGET:
        return "low"
    return "medium" if budget_tokens <= _MEDIUM_BUDGET else "high"
