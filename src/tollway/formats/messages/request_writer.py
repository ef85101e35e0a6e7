"""Writing a hub request as a body of the Messages API.

https://platform.claude.com/docs/en/api/messages/create — law: a field that is stated and cannot be said raises
Inexpressible with the field's name and what would work; a difference that changes no answer is a note. `max_tokens` is
required: it is the caller's bound or the gateway's, the lower one, else the default, with room for thinking where that
was asked for.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target, Written
from tollway.formats.messages.cache import keep_last
from tollway.formats.messages.content_writer import ContentWriter, lacks_thought
from tollway.formats.messages.headers import needed_headers
from tollway.formats.messages.model import Model, find_model
from tollway.formats.messages.notes import note
from tollway.formats.messages.output import write_format, write_output_tool
from tollway.formats.messages.thinking import Plan, plan_thinking
from tollway.formats.messages.tool_writer import write_choice, write_choice_of_any, write_tools

Object = dict[str, Any]

_TIERS = {"auto": "auto", "priority": "auto", "default": "standard_only", "standard": "standard_only"}
_IGNORED = ("metadata", "prompt_cache_key", "seed")
_UNKNOWN = {
    "min_p": "Claude has none: use top_p",
    "frequency_penalty": "Claude has none: leave it out",
    "presence_penalty": "Claude has none: leave it out",
    "logit_bias": "Claude has none: leave it out",
    "logprobs": "Claude states none: leave it out",
    "top_logprobs": "Claude states none: leave it out",
}
_LEAST_WHILE_THINKING = {"temperature": 1, "top_p": 0.95, "top_k": float("inf")}
"""https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility"""

USER_CHARACTERS_MAX = 256

_encode = msgspec.json.Encoder().encode
_PHONE = re.compile(r"\+?[0-9 ().-]{7,20}")


def write_request(request: hub.Request, target: Target) -> Written:
    """Write a request for a vendor of this dialect. Raises Inexpressible."""
    notes: list[str] = []
    model = find_model(target.model)
    _refuse(request)
    plan = plan_thinking(request, target, model, notes)
    contents = ContentWriter(model, notes)
    messages = contents.write(request.turns)
    has_budget = plan.thinking is not None and plan.thinking["type"] == "enabled"
    if has_budget and model.is_claude and lacks_thought(messages):
        note(notes, "thinking-off-in-tool-loop")
        plan = Plan(max_tokens=plan.max_tokens, effort=plan.effort)
    body: Object = {"model": target.model, "max_tokens": plan.max_tokens}
    if request.system and (system := contents.texts(request.system)):
        body["system"] = system
    body["messages"] = messages
    form = None if request.output is None else write_format(request.output, model, notes)
    if form is not None:
        body |= _tools(request, model, plan, notes)
    elif _asks_for_tools(request):
        body |= _tools_or_output(request, model, plan, notes)
    if plan.thinking is not None:
        body["thinking"] = plan.thinking
    config: Object = {} if plan.effort is None else {"effort": plan.effort}
    if form is not None:
        config["format"] = form
    if config:
        body["output_config"] = config
    if request.temperature is not None or request.top_p is not None or request.top_k:
        body |= _sampling(request, model, is_thinking=plan.is_thinking)
    body |= _rest(request, notes)
    if request.is_stream:
        body["stream"] = True
    written = _encode(body)
    if b"cache_control" in written and keep_last(_blocks(body)):
        note(notes, "cache-marks-limited")
        written = _encode(body)
    return Written(body=written, notes=tuple(notes), headers=needed_headers(uses_files=contents.uses_files))


def _refuse(request: hub.Request) -> None:
    """Refuse what Anthropic has no field for."""
    for field, advice in _UNKNOWN.items():
        if getattr(request, field):
            raise Inexpressible(field, advice)
    if request.choices is not None and request.choices > 1:
        raise Inexpressible("choices", "Claude gives one answer: ask several times")
    if request.verbosity is not None and request.verbosity != "medium":
        raise Inexpressible("verbosity", "Claude has none: ask for it in the prompt")


def _asks_for_tools(request: hub.Request) -> bool:
    return bool(
        request.tools
        or request.web_search is not None
        or request.tool_choice is not None
        or request.output is not None
        or request.parallel_tool_calls is not None
    )


def _blocks(body: Object) -> Iterator[Object]:
    """Yield whatever may have a cache marker, in the order of the prompt."""
    yield from body.get("tools", ())
    yield from body.get("system", ())
    for message in body["messages"]:
        yield from message["content"]


def _tools(request: hub.Request, model: Model, plan: Plan, notes: list[str]) -> Object:
    tools = write_tools(request, model, notes)
    choice = write_choice(request, model, is_thinking=plan.is_thinking)
    written: Object = {"tools": tools} if tools else {}
    return written if choice is None else written | {"tool_choice": choice}


def _tools_or_output(request: hub.Request, model: Model, plan: Plan, notes: list[str]) -> Object:
    """Return the tools with the one that stands for the answer, if one must; a call that is forced is none yet."""
    mode = "auto" if request.tool_choice is None else request.tool_choice.mode
    output_tool = None
    if mode in ("auto", "none"):
        output_tool = write_output_tool(request.output, model, notes, is_thinking=plan.is_thinking)
    if output_tool is None:
        return _tools(request, model, plan, notes)
    tools = [] if mode == "none" else write_tools(request, model, notes)
    return {"tools": [*tools, output_tool], "tool_choice": write_choice_of_any(request)}


def _sampling(request: hub.Request, model: Model, *, is_thinking: bool) -> Object:
    """Return temperature, top_p and top_k; where they are not taken, their defaults may still be stated."""
    temperature, top_p, top_k = request.temperature, request.top_p, request.top_k or None
    if not model.takes_sampling:
        temperature = None if temperature == 1 else temperature
        top_p = None if top_p == 1 else top_p
    if model.takes_one_sampling and temperature is not None and top_p is not None:
        if temperature != 1 and top_p != 1:
            raise Inexpressible("top_p", "this model takes temperature or top_p: give one")
        temperature, top_p = (None, top_p) if temperature == 1 else (temperature, None)
    stated: Object = {"temperature": temperature, "top_p": top_p, "top_k": top_k}
    written = {name: value for name, value in stated.items() if value is not None}
    for name, value in written.items():
        if not model.takes_sampling:
            raise Inexpressible(name, "this model takes none: leave it out")
        if is_thinking and model.is_claude and value < _LEAST_WHILE_THINKING[name]:
            raise Inexpressible(name, "while it thinks, the model takes none: leave it out")
    if temperature is not None and not 0 <= temperature <= 1:
        raise Inexpressible("temperature", "Claude takes 0 to 1")
    return written


def _rest(request: hub.Request, notes: list[str]) -> Object:
    written: Object = {}
    if request.stop:
        if not all(sequence.strip() for sequence in request.stop):
            raise Inexpressible("stop", "Claude stops at no sequence of blanks alone: add a visible character")
        written["stop_sequences"] = request.stop
    if request.user:
        written["metadata"] = {"user_id": _opaque(request.user, notes)}
    if request.service_tier is not None:
        if request.service_tier not in _TIERS:
            raise Inexpressible("service_tier", "Anthropic knows `auto` and `default`")
        written["service_tier"] = _TIERS[request.service_tier]
    for name in _IGNORED:
        if getattr(request, name) not in (None, "", {}):
            note(notes, f"{name.replace('_', '-')}-ignored")
    if request.store:
        note(notes, "store-ignored")
    return written


def _opaque(user: str, notes: list[str]) -> str:
    """Return an id that Anthropic takes: "a uuid, hash value, or other opaque identifier", and none too long."""
    if len(user) <= USER_CHARACTERS_MAX and "@" not in user and not _PHONE.fullmatch(user):
        return user
    note(notes, "user-hashed")
    return hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
