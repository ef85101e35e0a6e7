"""Prompt-cache markers, `cache_control`.

https://platform.claude.com/docs/en/build-with-claude/prompt-caching — a marker stands on the last block that is worth
caching; one on the body itself is put by Anthropic on the last block that can have one.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid

MARKS_MAX = 4

Marked = hub.Text | hub.Image | hub.Document | hub.ToolCall | hub.ToolResult


def read_cache(holder: Asked) -> hub.CacheMark | None:
    """Read a holder's `cache_control`. Raises request.field_invalid."""
    control = holder.child("cache_control")
    if control is None:
        return None
    if control.text("type") != "ephemeral":
        invalid(control.place("type"), "must be `ephemeral`")
    ttl = control.text("ttl")
    control.nothing_else()
    match ttl:
        case None | "5m" | "1h":
            return hub.CacheMark(ttl=ttl)
    invalid(control.place("ttl"), "must be `5m` or `1h`")


def write_cache(mark: hub.CacheMark | None) -> dict[str, object]:
    """Return the field of a block, {} for none."""
    if mark is None:
        return {}
    ephemeral = {"type": "ephemeral"}
    return {"cache_control": ephemeral if mark.ttl is None else {**ephemeral, "ttl": mark.ttl}}


def keep_last(blocks: Iterable[dict[str, Any]]) -> bool:
    """Take the markers off all blocks but the last that may have one; whether there were too many.

    `blocks` are in the order of the prompt: tools, instructions, messages. The last markers hold the longest prompts.
    """
    marked = [block for block in blocks if "cache_control" in block]
    for block in marked[:-MARKS_MAX]:
        del block["cache_control"]
    return len(marked) > MARKS_MAX


def mark_last(turns: tuple[hub.Turn, ...], mark: hub.CacheMark | None) -> tuple[hub.Turn, ...]:
    """Return the turns with the body's own marker on the last part that can have one and has none."""
    if mark is None:
        return turns
    for index in range(len(turns) - 1, -1, -1):
        parts = list(turns[index].parts)
        for at in range(len(parts) - 1, -1, -1):
            part = parts[at]
            if isinstance(part, Marked):
                parts[at] = structs.replace(part, cache=part.cache or mark)
                return (*turns[:index], structs.replace(turns[index], parts=tuple(parts)), *turns[index + 1 :])
    return turns
