"""Reading `messages`: turns and the blocks they are made of.

https://platform.claude.com/docs/en/api/messages/create — strict: what only Anthropic can read (the traces of tools it
runs itself, compactions, uploads to its containers) is refused with its place and what would work.
"""

from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.lenient import Fields
from tollway.formats.messages.cache import read_cache
from tollway.formats.messages.citations import place, read_citation
from tollway.formats.messages.media import read_document, read_image, read_search_result
from tollway.formats.messages.seal import find_call_seal, read_thought

_TRACE = "is the trace of a tool that Anthropic runs, which no other vendor reads: leave the block out"
_REFUSED = {
    "server_tool_use": _TRACE,
    "web_search_tool_result": _TRACE,
    "web_fetch_tool_result": _TRACE,
    "code_execution_tool_result": _TRACE,
    "bash_code_execution_tool_result": _TRACE,
    "text_editor_code_execution_tool_result": _TRACE,
    "tool_search_tool_result": _TRACE,
    "advisor_tool_result": _TRACE,
    "mcp_tool_use": _TRACE,
    "mcp_tool_result": _TRACE,
    "container_upload": "is a file for a container of Anthropic's: send it as a document",
    "tool_reference": "names a tool that only Anthropic loads later: offer the tool in `tools` from the beginning",
    "tool_addition": "adds a tool as only Anthropic can: offer it in `tools` from the beginning",
    "compaction": "is a summary that only Anthropic reads: send the conversation itself",
}
_UNKNOWN = "is a block that only Anthropic knows: leave it out"


def read_turns(messages: list[Asked]) -> tuple[hub.Turn, ...]:
    """Return the turns. Raises request.field_invalid or request.untranslatable."""
    return tuple(map(_turn, messages))


def read_system(body: Asked) -> tuple[hub.Text, ...]:
    """Read `system`: a text, or blocks of text."""
    if (body.raw("system") or b"").startswith(b'"'):
        text = body.text("system") or ""
        return (hub.Text(text=text, at=body.place("system")),) if text else ()
    return tuple(_only_text(block) for block in body.children("system"))


def _turn(message: Asked) -> hub.Turn:
    role = message.text("role")
    match role:
        case "user" | "assistant" | "system":
            turn = hub.Turn(role=role, parts=_content(message, role), at=message.at)
        case _:
            invalid(message.place("role"), "must be `user`, `assistant` or `system`")
    message.nothing_else()
    return turn


def _content(message: Asked, role: str) -> tuple[hub.Part, ...]:
    raw = message.raw("content")
    if raw is None:
        invalid(message.place("content"), "is required")
    if raw.startswith(b'"'):
        return (hub.Text(text=message.text("content") or "", at=message.place("content")),)
    blocks = message.children("content")
    if role == "system":
        return tuple(_only_text(block) for block in blocks)
    return _with_call_seals([_block(block, role) for block in blocks])


def _only_text(block: Asked) -> hub.Text:
    kind = block.text("type")
    if kind in _REFUSED:
        untranslatable(block.at, _REFUSED[kind])
    if kind != "text":
        invalid(block.place("type"), "must be `text`: instructions are text")
    return _text(block)


def _block(block: Asked, role: str) -> hub.Part:
    kind = block.text("type")
    _check_role(block, kind, role)
    match kind:
        case "text":
            return _text(block)
        case "image":
            return read_image(block)
        case "document":
            return read_document(block)
        case "search_result":
            return read_search_result(block)
        case "thinking":
            return _thinking(block)
        case "redacted_thinking":
            return _redacted_thinking(block)
        case "tool_use":
            return _call(block)
        case "tool_result":
            return _result(block)
        case None:
            invalid(block.place("type"), "is required")
    untranslatable(block.at, _REFUSED.get(kind, _UNKNOWN))


def _check_role(block: Asked, kind: str | None, role: str) -> None:
    if role == "user" and kind in ("thinking", "redacted_thinking", "tool_use"):
        invalid(block.at, "is the model's: the role of its message must be `assistant`")
    if role == "assistant" and kind == "tool_result":
        invalid(block.at, "is the caller's: the role of its message must be `user`")


def _text(block: Asked) -> hub.Text:
    text = block.text("text")
    if text is None:
        invalid(block.place("text"), "is required")
    citations = tuple(place(read_citation(citation), len(text)) for citation in _citations(block))
    found = hub.Text(text=text, citations=citations, cache=read_cache(block), at=block.at)
    block.nothing_else()
    return found


def _citations(block: Asked) -> list[Fields]:
    stated = Fields.parse(b'{"citations":%b}' % (block.raw("citations") or b"[]"))
    return [] if stated is None else stated.children("citations")


def _thinking(block: Asked) -> hub.Thinking:
    text, seal = block.text("thinking") or "", block.text("signature") or ""
    block.nothing_else()
    return read_thought(text, seal, is_redacted=False, at=block.at)


def _redacted_thinking(block: Asked) -> hub.Thinking:
    seal = block.text("data") or invalid(block.place("data"), "is required")
    block.nothing_else()
    return read_thought("", seal, is_redacted=True, at=block.at)


def _call(block: Asked) -> hub.ToolCall:
    call = hub.ToolCall(
        id=block.text("id") or invalid(block.place("id"), "is required"),
        name=block.text("name") or invalid(block.place("name"), "is required"),
        arguments=(block.document("input") or b"{}").decode(),
        cache=read_cache(block),
        at=block.at,
    )
    caller = block.child("caller")
    if caller is not None and caller.text("type") != "direct":
        untranslatable(block.place("caller"), "must be `direct`: no other vendor's programs call tools")
    block.nothing_else()
    return call


def _result(block: Asked) -> hub.ToolResult:
    call_id = block.text("tool_use_id") or invalid(block.place("tool_use_id"), "is required")
    raw = block.raw("content") or b"[]"
    parts: tuple[hub.Text | hub.Image | hub.Document, ...]
    if raw.startswith(b'"'):
        parts = (hub.Text(text=block.text("content") or "", at=block.place("content")),)
    else:
        parts = tuple(map(_result_part, block.children("content")))
    is_error = block.flag("is_error") is True
    found = hub.ToolResult(call_id=call_id, parts=parts, is_error=is_error, cache=read_cache(block), at=block.at)
    block.nothing_else()
    return found


def _result_part(block: Asked) -> hub.Text | hub.Image | hub.Document:
    kind = block.text("type")
    match kind:
        case "text":
            return _text(block)
        case "image":
            return read_image(block)
        case "document":
            return read_document(block)
        case "search_result":
            return read_search_result(block)
        case None:
            invalid(block.place("type"), "is required")
    untranslatable(block.at, _REFUSED.get(kind, _UNKNOWN))


def _with_call_seals(parts: list[hub.Part]) -> tuple[hub.Part, ...]:
    """Put the seals over calls, which came beside them, back onto them."""
    seals: dict[str, hub.Signature] = {}
    kept: list[hub.Part] = []
    for part in parts:
        found = None
        if isinstance(part, hub.Thinking) and part.is_redacted and part.signature is not None:
            found = find_call_seal(part.signature)
        if found is None:
            kept.append(part)
        else:
            seals[found[0]] = found[1]
    if not seals:
        return tuple(parts)
    return tuple(
        structs.replace(part, signature=seals[part.id]) if isinstance(part, hub.ToolCall) and part.id in seals else part
        for part in kept
    )
