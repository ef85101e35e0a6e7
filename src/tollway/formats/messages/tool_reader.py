"""Reading `tools` and `tool_choice`.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools — tools of the caller's own become functions;
of the tools that Anthropic provides, other vendors have web search alone.
"""

from typing import NamedTuple

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.messages.cache import read_cache

_SEARCHES = ("web_search_20250305", "web_search_20260209", "web_search_20260318")
_PROVIDED = "is a tool that only Anthropic provides: leave it out or declare a function of your own"
_DIRECT = ("direct",)


class Offered(NamedTuple):
    """What a request offers the model to call."""

    functions: tuple[hub.Tool, ...] = ()
    web_search: hub.WebSearch | None = None


def read_offered(body: Asked) -> Offered:
    """Read `tools`. Raises request.field_invalid or request.untranslatable."""
    functions: list[hub.Tool] = []
    web_search = None
    for declared in body.children("tools"):
        kind = declared.text("type")
        if kind in (None, "custom"):
            functions.append(_function(declared))
        elif kind in _SEARCHES:
            web_search = _web_search(declared)
        else:
            untranslatable(declared.at, _PROVIDED)
    return Offered(tuple(functions), web_search)


def read_choice(body: Asked) -> tuple[hub.ToolChoice | None, bool | None]:
    """Read `tool_choice`: the choice, and whether calls may be parallel."""
    stated = body.child("tool_choice")
    if stated is None:
        return None, None
    kind = stated.text("type")
    is_single = stated.flag("disable_parallel_tool_use")
    name = stated.text("name")
    stated.nothing_else()
    is_parallel = None if is_single is None else not is_single
    match kind:
        case "auto" | "none":
            return hub.ToolChoice(mode=kind), is_parallel
        case "any":
            return hub.ToolChoice(mode="required"), is_parallel
        case "tool":
            forced = name or invalid(stated.place("name"), "is required")
            return hub.ToolChoice(mode="tool", names=(forced,)), is_parallel
    invalid(stated.place("type"), "must be `auto`, `any`, `tool` or `none`")


def _function(declared: Asked) -> hub.Tool:
    name = declared.text("name") or invalid(declared.place("name"), "is required")
    schema = declared.document("input_schema")
    if schema is None:
        invalid(declared.place("input_schema"), "is required")
    # Says when arguments are streamed; others stream them as they are made, so nothing is lost.
    declared.flag("eager_input_streaming")
    tool = hub.Tool(
        name=name,
        description=declared.text("description"),
        parameters=schema,
        strict=declared.flag("strict"),
        cache=read_cache(declared),
        at=declared.at,
    )
    _check_callers(declared)
    declared.nothing_else()
    return tool


def _web_search(declared: Asked) -> hub.WebSearch:
    declared.text("name")
    place = declared.child("user_location")
    search = hub.WebSearch(
        uses_max=declared.integer("max_uses"),
        allowed_domains=declared.texts("allowed_domains"),
        blocked_domains=declared.texts("blocked_domains"),
        country=None if place is None else place.text("country"),
        region=None if place is None else place.text("region"),
        city=None if place is None else place.text("city"),
        timezone=None if place is None else place.text("timezone"),
        at=declared.at,
    )
    if place is not None:
        place.text("type")
        place.nothing_else()
    if declared.text("response_inclusion") not in (None, "full"):
        untranslatable(declared.place("response_inclusion"), "can only be `full` with another vendor")
    _check_callers(declared)
    declared.nothing_else("cannot be asked of another vendor's search: leave it out")
    return search


def _check_callers(declared: Asked) -> None:
    if declared.texts("allowed_callers") not in ((), _DIRECT):
        untranslatable(declared.place("allowed_callers"), "can only be `direct`: no other vendor's programs call tools")
