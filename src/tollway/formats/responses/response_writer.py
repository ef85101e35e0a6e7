"""Writing the response object: what was asked, echoed, and what came of it.

https://platform.openai.com/docs/api-reference/responses/object — every field that OpenAI always has is always there,
since strict clients insist on them; fields that were not asked for have OpenAI's defaults.
"""

from typing import Any

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.responses.output_writer import Status, response_id, write_output
from tollway.formats.responses.request_writer import TIERS, write_choice
from tollway.formats.responses.usage import write_usage

Object = dict[str, Any]
_NO_SCHEMA = msgspec.Raw(b"null")


def write_reply(reply: hub.Reply, shown: Shown) -> bytes:
    """Write a whole answer. Responses has room for one choice: others cannot have been asked for."""
    choice = reply.choices[0] if reply.choices else hub.Choice(parts=())
    status = status_of(choice.stop, choice.parts)
    response = skeleton(shown, status, created_seconds=reply.created_seconds)
    response["output"] = write_output(choice.parts, response["id"], choice.logprobs, status=item_status(status))
    response |= ending(choice.stop, status, reply.usage)
    if reply.service_tier is not None:
        response["service_tier"] = tier_shown(reply.service_tier)
    return msgspec.json.encode(response)


def skeleton(shown: Shown, status: str, *, created_seconds: int | None = None) -> Object:
    """Return the object without output and usage."""
    request = shown.request
    return {
        "id": response_id(shown.request_id),
        "object": "response",
        "created_at": created_seconds or shown.created_seconds,
        "status": status,
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": "\n\n".join(text.text for text in request.system) or None,
        "max_output_tokens": request.output_tokens_max,
        "max_tool_calls": None if request.web_search is None else request.web_search.uses_max,
        "model": shown.model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": shown.previous_response_id,
        "prompt_cache_key": request.prompt_cache_key,
        "reasoning": _reasoning(request.reasoning),
        "safety_identifier": request.user,
        "service_tier": tier_shown(request.service_tier or "default"),
        "store": request.store is not False,
        "temperature": 1.0 if request.temperature is None else request.temperature,
        "text": {"format": _format(request.output), "verbosity": request.verbosity or "medium"},
        "tool_choice": "auto" if request.tool_choice is None else write_choice(request.tool_choice),
        "tools": _tools(request),
        "top_logprobs": request.top_logprobs or 0,
        "top_p": 1.0 if request.top_p is None else request.top_p,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": request.metadata or {},
    }


def ending(stop: hub.StopReason | None, status: str, usage: Usage | None) -> Object:
    """Return the fields that only the end knows."""
    return {
        "incomplete_details": {"reason": _incomplete_reason(stop)} if status == "incomplete" else None,
        "usage": None if usage is None else write_usage(usage),
    }


def status_of(stop: hub.StopReason | None, parts: tuple[hub.Part, ...]) -> str:
    """Return how an answer ended. A model that declined without words of refusal was stopped by its vendor."""
    if stop in ("length", "content_filter", "pause"):
        return "incomplete"
    if stop == "refusal" and not any(isinstance(part, hub.Refusal) for part in parts):
        return "incomplete"
    return "completed"


def item_status(status: str) -> Status:
    """Return the status of the last item of a response."""
    return "incomplete" if status == "incomplete" else "completed"


def tier_shown(tier: str) -> str:
    """Return a tier in OpenAI's words; what another vendor calls its usual one, or has alone, is `default`."""
    return tier if tier in TIERS else "default"


def _incomplete_reason(stop: hub.StopReason | None) -> str:
    """Return OpenAI's word for it; clients insist on one, also where a vendor only pauses its own tools."""
    reasons = {"length": "max_output_tokens", "pause": "max_messages"}
    return reasons.get(stop or "", "content_filter")


def _reasoning(reasoning: hub.Reasoning | None) -> Object:
    asked = reasoning or hub.Reasoning()
    return {"effort": asked.effort, "summary": asked.summary}


def _format(output: hub.Output | None) -> Object:
    if output is None or output.kind == "text":
        return {"type": "text"}
    if output.kind == "json" or output.schema is None:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "name": output.name or "answer",
        "description": output.description,
        "schema": msgspec.Raw(output.schema),
        "strict": output.strict is True,
    }


def _tools(request: hub.Request) -> list[Object]:
    tools: list[Object] = [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": _NO_SCHEMA if tool.parameters is None else msgspec.Raw(tool.parameters),
            "strict": tool.strict is True,
        }
        for tool in request.tools
    ]
    if request.web_search is not None:
        tools.append({"type": "web_search", "search_context_size": request.web_search.context_size or "medium"})
    return tools
