"""Writing a hub request as a body of generateContent.

https://ai.google.dev/api/generate-content#request-body — schemas go where JSON Schema is taken as it is
(`parametersJsonSchema`, `responseJsonSchema`), so that they keep their bytes. Law: a field that is stated and cannot
be said raises Inexpressible with the field's name and what would work; a difference that changes no answer is a note.
"""

import re
from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target, Written
from tollway.formats.gemini.content_writer import ContentWriter
from tollway.formats.gemini.generation import generation
from tollway.formats.gemini.thinking_writer import write_thinking

VERTEX = "vertex"
"""The vendor's name of Google's models at Vertex AI, which takes some fields that the Gemini API has not."""

STOP_MAX = 5
SEED_MAX = 2**31 - 1
CANDIDATES_MAX = 8
LOGPROBS_MAX = 20
"""https://ai.google.dev/api/generate-content#generationconfig"""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_TIERS = {"auto": None, "default": "standard", "standard": "standard", "standard_only": "standard"} | {
    "flex": "flex",
    "priority": "priority",
}

Object = dict[str, Any]


def write_request(request: hub.Request, target: Target) -> Written:
    """Write a request for a vendor of this dialect. Raises Inexpressible."""
    notes: list[str] = []
    _refuse(request)
    _refuse_together(request, target.model)
    contents = ContentWriter(target, notes)
    body: Object = {}
    if request.system:
        body["systemInstruction"] = {"parts": contents.texts(request.system)}
    body["contents"] = contents.write(request.turns)
    if tools := _tools(request, target, notes):
        body["tools"] = tools
    if config := _tool_config(request, target, notes):
        body["toolConfig"] = config
    if generation_config := _generation_config(request, target, notes):
        body["generationConfig"] = generation_config
    if (tier := _service_tier(request)) is not None:
        body["serviceTier"] = tier
    if request.store is not None:
        if target.vendor == VERTEX:
            _note(notes, "store-ignored")
        else:
            body["store"] = request.store
    for name in ("user", "metadata", "prompt_cache_key"):
        if getattr(request, name):
            notes.append(f"{name.replace('_', '-')}-ignored")
    return Written(body=msgspec.json.encode(body), notes=tuple(notes))


def _refuse(request: hub.Request) -> None:
    """Refuse what Gemini has no field for."""
    if request.min_p:
        raise Inexpressible("min_p", "Gemini has none: use top_p")
    if request.logit_bias:
        raise Inexpressible("logit_bias", "Gemini has none: leave it out")
    if request.verbosity not in (None, "medium"):
        raise Inexpressible("verbosity", "Gemini has none: ask for it in the prompt")
    if request.parallel_tool_calls is False and request.tools:
        raise Inexpressible("parallel_tool_calls", "Gemini cannot be kept to one call at a time: leave it out")
    if len(request.stop) > STOP_MAX:
        raise Inexpressible("stop", f"Gemini takes at most {STOP_MAX}")
    if abs(request.seed or 0) > SEED_MAX:
        raise Inexpressible("seed", f"Gemini takes at most {SEED_MAX}")
    if (request.choices or 1) > CANDIDATES_MAX:
        raise Inexpressible("choices", f"Gemini gives at most {CANDIDATES_MAX}")
    if (request.top_logprobs or 0) > LOGPROBS_MAX:
        raise Inexpressible("top_logprobs", f"Gemini gives at most {LOGPROBS_MAX}")


def _refuse_together(request: hub.Request, model: str) -> None:
    """Refuse what models before Gemini 3 do not do at once.

    https://ai.google.dev/gemini-api/docs/structured-output and https://ai.google.dev/gemini-api/docs/tool-combination
    """
    if generation(model) >= 3:
        return
    if request.tools and request.web_search is not None:
        raise Inexpressible("web_search", "before Gemini 3, search and functions exclude each other: take one")
    if request.output is not None and request.output.kind != "text" and (request.tools or request.web_search):
        advice = "before Gemini 3, JSON as the form of the output excludes tools: take one, or a newer model"
        raise Inexpressible("output", advice)


def _tools(request: hub.Request, target: Target, notes: list[str]) -> list[Object]:
    tools: list[Object] = []
    if request.tools:
        tools.append({"functionDeclarations": [_tool(tool) for tool in request.tools]})
        if any(tool.cache is not None for tool in request.tools):
            _note(notes, "cache-marks-ignored")
    if (search := request.web_search) is not None:
        tools.append({"googleSearch": _search(search, target, notes)})
    return tools


def _tool(tool: hub.Tool) -> Object:
    if not _NAME.fullmatch(tool.name):
        advice = "Gemini's names of functions begin with a letter and have at most 128 letters, digits and `_.:-`"
        raise Inexpressible("tools", advice, at=tool.at)
    declared: Object = {"name": tool.name}
    if tool.description is not None:
        declared["description"] = tool.description
    if tool.parameters is not None:
        declared["parametersJsonSchema"] = msgspec.Raw(tool.parameters)
    return declared


def _search(search: hub.WebSearch, target: Target, notes: list[str]) -> Object:
    place = {"field": "web_search", "at": search.at}
    if search.uses_max is not None:
        raise Inexpressible(advice="Gemini cannot be kept to a number of searches: leave it out", **place)
    if search.allowed_domains or (search.blocked_domains and target.vendor != VERTEX):
        raise Inexpressible(advice="Gemini searches all domains: leave them out", **place)
    if any((search.country, search.region, search.city, search.timezone)):
        raise Inexpressible(advice="Gemini's search takes no place: name it in the prompt", **place)
    if search.context_size not in (None, "medium"):
        _note(notes, "web-search-size-ignored")
    return {"excludeDomains": search.blocked_domains} if search.blocked_domains else {}


def _tool_config(request: hub.Request, target: Target, notes: list[str]) -> Object:
    calling = _calling(request, notes)
    if not request.tools or request.web_search is None or target.vendor == VERTEX:
        return {"functionCallingConfig": calling} if calling else {}
    # "To combine built-in tools with function calling, set include_server_side_tool_invocations." What the model does
    # by itself is then not stated: combining has a mode of its own.
    stated = {} if calling in ({}, {"mode": "AUTO"}) else {"functionCallingConfig": calling}
    return stated | {"includeServerSideToolInvocations": True}


def _calling(request: hub.Request, notes: list[str]) -> Object:
    """Return `functionCallingConfig`. Only `VALIDATED` and `ANY` keep calls to their schemas and to names."""
    choice = request.tool_choice or hub.ToolChoice(mode="auto")
    if not request.tools and choice.mode in ("auto", "none"):
        return {}  # "Function calling config is set without function_declarations": nothing is called anyway.
    strict = [tool.strict is True for tool in request.tools]
    match choice.mode:
        case "none":
            return {"mode": "NONE"}
        case "required" | "tool":
            return {"mode": "ANY", "allowedFunctionNames": choice.names} if choice.names else {"mode": "ANY"}
    if any(strict) or choice.names:
        if not all(strict):
            _note(notes, "strict-for-all-tools")
        named = {"allowedFunctionNames": choice.names} if choice.names else {}
        return {"mode": "VALIDATED"} | named
    return {} if request.tool_choice is None else {"mode": "AUTO"}


def _generation_config(request: hub.Request, target: Target, notes: list[str]) -> Object:
    bounds = [bound for bound in (request.output_tokens_max, target.output_cap) if bound is not None]
    stated: Object = {
        "maxOutputTokens": min(bounds, default=None),
        "temperature": request.temperature,
        "topP": request.top_p,
        "topK": request.top_k,
        "stopSequences": request.stop or None,
        "seed": request.seed,
        "frequencyPenalty": request.frequency_penalty,
        "presencePenalty": request.presence_penalty,
        "responseLogprobs": request.logprobs,
        "logprobs": request.top_logprobs if request.top_logprobs or request.logprobs else None,
        "candidateCount": request.choices,
    }
    if request.output is not None:
        stated |= _output(request.output, notes)
    if request.reasoning is not None and (thinking := write_thinking(request.reasoning, target.model, notes)):
        stated["thinkingConfig"] = thinking
    return {name: value for name, value in stated.items() if value is not None}


def _output(output: hub.Output, notes: list[str]) -> Object:
    if output.kind == "text":
        return {"responseMimeType": "text/plain"}
    written: Object = {"responseMimeType": "application/json"}
    if output.kind == "json_schema" and output.schema is not None:
        written["responseJsonSchema"] = msgspec.Raw(output.schema)
    if output.description:
        _note(notes, "schema-description-ignored")
    return written


def _service_tier(request: hub.Request) -> str | None:
    tier = request.service_tier
    if tier is None:
        return None
    if tier not in _TIERS:
        raise Inexpressible("service_tier", "Gemini knows `default`, `flex` and `priority`")
    return _TIERS[tier]


def _note(notes: list[str], name: str) -> None:
    if name not in notes:
        notes.append(name)
