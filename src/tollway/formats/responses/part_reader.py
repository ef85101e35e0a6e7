"""Reading the content of items: text, pictures, files, refusals, and what is cited.

https://platform.openai.com/docs/api-reference/responses/create#responses_create-input
"""

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.responses.media import read_audio, read_file, read_image

_TTLS = ("30m", "12h")


def read_content(item: Asked, name: str) -> tuple[hub.Part, ...]:
    """Read a field that is a string or a list of parts."""
    raw = item.raw(name)
    if raw is None:
        invalid(item.place(name), "is required")
    if raw.startswith(b'"'):
        return (hub.Text(text=item.text(name) or "", at=item.place(name)),)
    return tuple(_part(part) for part in item.children(name))


def _part(part: Asked) -> hub.Part:
    kind = part.text("type") or invalid(part.place("type"), "is required")
    cache = _cache(part.child("prompt_cache_breakpoint"))
    found: hub.Part
    match kind:
        case "input_text" | "text":
            found = hub.Text(text=_text(part, "text"), cache=cache, at=part.at)
        case "output_text":
            found = _output_text(part)
        case "refusal":
            found = hub.Refusal(text=_text(part, "refusal"), at=part.at)
        case "input_image":
            found = read_image(part, cache)
        case "input_file":
            found = read_file(part, cache)
        case "input_audio":
            found = read_audio(part)
        case _:
            untranslatable(part.place("type"), f"`{kind}` is a part that only OpenAI has: leave it out")
    part.nothing_else()
    return found


def _text(part: Asked, name: str) -> str:
    text = part.text(name)
    return invalid(part.place(name), "is required") if text is None else text


def _output_text(part: Asked) -> hub.Text:
    citations = tuple(_citation(annotation) for annotation in part.children("annotations"))
    part.raw("logprobs")  # What an answer said about itself; no vendor is told again.
    return hub.Text(text=_text(part, "text"), citations=citations, at=part.at)


def _citation(annotation: Asked) -> hub.Citation:
    if (kind := annotation.text("type")) != "url_citation":
        untranslatable(annotation.place("type"), f"`{kind}` is about a file that only OpenAI keeps: leave it out")
    citation = hub.Citation(
        url=annotation.text("url"),
        title=annotation.text("title") or None,
        start=annotation.integer("start_index"),
        end=annotation.integer("end_index"),
    )
    annotation.nothing_else()
    return citation


def _cache(mark: Asked | None) -> hub.CacheMark | None:
    """Read a breakpoint. OpenAI keeps a prefix for half an hour or for twelve; nobody else for more than one."""
    if mark is None:
        return None
    if mark.text("mode") != "explicit":
        invalid(mark.place("mode"), "must be `explicit`")
    ttl = mark.text("ttl")
    if ttl is not None and ttl not in _TTLS:
        invalid(mark.place("ttl"), "must be `30m` or `12h`")
    mark.nothing_else()
    return hub.CacheMark(ttl="1h" if ttl == "12h" else None)
