"""Writing a hub request as a body of Chat Completions, for one vendor.

https://platform.openai.com/docs/api-reference/chat/create — schemas keep their bytes. Law: a field that is stated and
cannot be said raises Inexpressible with the field's name and what would work; a difference that changes no answer is
a note.
"""

import msgspec

from tollway.formats import hub
from tollway.formats.chat.content_writer import Object
from tollway.formats.chat.message_writer import MessageWriter
from tollway.formats.chat.notes import note
from tollway.formats.chat.reasoning_writer import write_reasoning
from tollway.formats.chat.tool_writer import can_be_strict, write_tools
from tollway.formats.chat.vendors import Ways, ways_of
from tollway.formats.dialect import Inexpressible, Target, Written

_FIELDS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logit_bias": "logit_bias",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "choices": "n",
    "verbosity": "verbosity",
    "user": "user",
    "metadata": "metadata",
    "store": "store",
    "prompt_cache_key": "prompt_cache_key",
}
"""The fields that are written as they are, by the hub's name and OpenAI's; of its two names for the end user the older
one, which Azure knows too."""

_MEANINGLESS: dict[str, object] = {
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "min_p": 0,
    "logprobs": False,
    "top_logprobs": 0,
    "choices": 1,
    "verbosity": "medium",
    "parallel_tool_calls": True,
}
"""Values that mean the same as absence."""

_IGNORED = {
    "user": "user-ignored",
    "metadata": "metadata-ignored",
    "store": "store-ignored",
    "seed": "seed-ignored",
    "prompt_cache_key": "prompt-cache-key-ignored",
}
_USUAL_TIERS = frozenset({"auto", "default", "standard", "standard_only", "on_demand"})
_TIERS = {
    "openai": {"standard": "default", "standard_only": "default", "on_demand": "default"}
    | {tier: tier for tier in ("auto", "default", "flex", "scale", "priority", "fast")},
    # https://console.groq.com/docs/service-tiers
    "groq": {"default": "on_demand", "standard": "on_demand", "standard_only": "on_demand"}
    | {tier: tier for tier in ("auto", "on_demand", "flex", "performance")},
    # https://docs.mistral.ai/api/#tag/chat
    "mistral": dict.fromkeys(("default", "standard", "standard_only"), "standard_only")
    | {"auto": "auto", "priority": "auto"},
    # https://inference-docs.cerebras.ai/capabilities/service-tiers
    "cerebras": {"standard": "default", "standard_only": "default", "on_demand": "default"}
    | {tier: tier for tier in ("auto", "default", "flex", "priority")},
}


def write_request(request: hub.Request, target: Target) -> Written:
    """Write a request for a vendor of this dialect. Raises Inexpressible."""
    notes: list[str] = []
    ways = ways_of(target.vendor)
    body: Object = {"model": target.model}
    body["messages"] = MessageWriter(target, notes).write(request.system, request.turns)
    body |= write_tools(request, target, notes)
    if request.output is not None:
        body["response_format"] = _output(request.output, target, notes)
    body |= write_reasoning(request, target, notes)
    bounds = [bound for bound in (request.output_tokens_max, target.output_cap) if bound is not None]
    if bounds:
        body[target.cap_field] = min(bounds)
    body |= _fields(request, target, ways, notes)
    if request.is_stream:
        body["stream"] = True
        if target.asks_stream_usage:
            body["stream_options"] = {"include_usage": True}
    return Written(body=msgspec.json.encode(body), notes=tuple(notes))


def _fields(request: hub.Request, target: Target, ways: Ways, notes: list[str]) -> Object:
    written: Object = {}
    for name, wire_name in _FIELDS.items():
        value = getattr(request, name)
        if value is None:
            continue
        if name not in ways.lacks:
            written[ways.renames.get(name, wire_name)] = value
        else:
            _leave_out(name, value, ways, notes)
    if request.stop:
        if len(request.stop) > ways.stops_max:
            raise Inexpressible("stop", f"{ways.title} takes at most {ways.stops_max}")
        written["stop"] = request.stop
    if request.parallel_tool_calls is not None and request.tools and "parallel_tool_calls" in ways.lacks:
        _leave_out("parallel_tool_calls", request.parallel_tool_calls, ways, notes)
    if request.service_tier is not None and (tier := _tier(request.service_tier, target.vendor, ways, notes)):
        written["service_tier"] = tier
    return written


def _leave_out(name: str, value: object, ways: Ways, notes: list[str]) -> None:
    """Leave out what means nothing or does no harm. Raises Inexpressible for everything else."""
    if name in _MEANINGLESS and value == _MEANINGLESS[name]:
        return
    if name in _IGNORED:
        note(notes, _IGNORED[name])
        return
    raise Inexpressible(name, f"{ways.title} has none: leave it out")


def _tier(tier: str, vendor: str, ways: Ways, notes: list[str]) -> str | None:
    if "service_tier" in ways.lacks:
        if tier not in _USUAL_TIERS:
            raise Inexpressible("service_tier", f"{ways.title} has none: leave it out")
        note(notes, "service-tier-ignored")
        return None
    known = _TIERS.get(vendor)
    if known is None:
        return "default" if tier in _USUAL_TIERS - {"auto"} else tier
    if tier not in known:
        raise Inexpressible("service_tier", f"{ways.title} knows " + ", ".join(f"`{name}`" for name in known))
    return known[tier]


def _output(output: hub.Output, target: Target, notes: list[str]) -> Object:
    ways = ways_of(target.vendor)
    match output.kind:
        case "text":
            return {"type": "text"}
        case "json":
            return {"type": "json_object"}
    if not ways.has_schemas:
        advice = f"{ways.title} gives JSON without a schema: ask for that and describe the schema in the prompt"
        raise Inexpressible("output", advice)
    strict = output.strict and can_be_strict(output.schema, target)
    if output.strict and not strict:
        note(notes, "strict-ignored")
    stated: Object = {"name": output.name or "response", "description": output.description, "strict": strict}
    if output.schema is not None:
        stated["schema"] = msgspec.Raw(output.schema)
    return {"type": "json_schema", "json_schema": {name: value for name, value in stated.items() if value is not None}}
