"""Reading `messages`: instructions, turns, calls and their results.

https://platform.openai.com/docs/api-reference/chat/create — instructions before the first turn are the request's,
later ones turns of their own. Each result is a message here; those that follow each other are one turn, as the other
dialects have it.
"""

from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.chat.content_reader import read_content, read_texts
from tollway.formats.chat.seal import GEMINI, read_call_seal
from tollway.formats.chat.thinking import read_asked

_INSTRUCTIONS = ("system", "developer")


def read_messages(messages: list[Asked]) -> tuple[tuple[hub.Text, ...], tuple[hub.Turn, ...]]:
    """Return the instructions and the turns. Raises request.field_invalid or request.untranslatable."""
    system: list[hub.Text] = []
    turns: list[hub.Turn] = []
    for message in messages:
        role = message.text("role") or invalid(message.place("role"), "is required")
        name = message.text("name") or None
        if role in _INSTRUCTIONS and not turns and name is None:
            system += read_texts(message)
        elif role == "tool":
            _add_result(turns, _result(message, name))
        else:
            turns.append(_turn(message, role, name))
        message.nothing_else()
    return tuple(system), tuple(turns)


def _turn(message: Asked, role: str, name: str | None) -> hub.Turn:
    match role:
        case "user":
            parts = _user_parts(message)
            return hub.Turn(role="user", parts=tuple(parts), name=name, at=message.at)
        case "assistant":
            return hub.Turn(role="assistant", parts=tuple(_assistant_parts(message)), name=name, at=message.at)
        case "system" | "developer":
            return hub.Turn(role="system", parts=tuple(read_texts(message)), name=name, at=message.at)
        case "function":
            untranslatable(message.place("role"), "is OpenAI's older way: send `tools` and messages of the role `tool`")
    invalid(message.place("role"), "must be `system`, `developer`, `user`, `assistant` or `tool`")


def _user_parts(message: Asked) -> list[hub.Part]:
    if "content" not in message:
        invalid(message.place("content"), "is required")
    parts = read_content(message)
    for part in parts:
        if isinstance(part, hub.Refusal | hub.Thinking):
            invalid(part.at, "is the model's: its message must have the role `assistant`")
    return parts


def _assistant_parts(message: Asked) -> list[hub.Part]:
    """Return thinking, content, refusal and calls, in this order: the dialect has no other."""
    thoughts = read_asked(message)
    content = read_content(message)
    if citations := [_citation(item) for item in message.children("annotations")]:
        content = _cited(content, citations)
    refusal = message.text("refusal")
    if message.flag("prefix"):
        untranslatable(message.place("prefix"), "is Mistral's: let the conversation end with a user message")
    late = [thought for thought in thoughts if _belongs_to_text(thought)]
    parts: list[hub.Part] = [*(thought for thought in thoughts if thought not in late), *content, *late]
    if refusal:
        parts.append(hub.Refusal(text=refusal, at=message.place("refusal")))
    return parts + [_call(item) for item in message.children("tool_calls")]


def _belongs_to_text(thought: hub.Thinking) -> bool:
    """Gemini seals texts too; its seal comes after the text it hangs on."""
    signature = thought.signature
    return thought.is_redacted and thought.id is None and signature is not None and signature.origin == GEMINI


def _cited(content: list[hub.Part], citations: list[hub.Citation]) -> list[hub.Part]:
    for at, part in enumerate(content):
        if isinstance(part, hub.Text):
            return [*content[:at], structs.replace(part, citations=tuple(citations)), *content[at + 1 :]]
    return content


def _citation(item: Asked) -> hub.Citation:
    if item.text("type") != "url_citation":
        untranslatable(item.place("type"), "can only be `url_citation`")
    cited = item.child("url_citation") or invalid(item.place("url_citation"), "is required")
    citation = hub.Citation(
        url=cited.text("url") or None,
        title=cited.text("title") or None,
        quote=cited.text("content") or None,
        start=cited.integer("start_index"),
        end=cited.integer("end_index"),
    )
    cited.nothing_else()
    item.nothing_else()
    return citation


def _call(item: Asked) -> hub.ToolCall:
    if (kind := item.text("type") or "function") != "function":
        untranslatable(item.place("type"), f"`{kind[:40]}` is a kind of tool that only OpenAI has: use functions")
    function = item.child("function") or invalid(item.place("function"), "is required")
    name = function.text("name") or invalid(function.place("name"), "is required")
    item.integer("index")
    call = hub.ToolCall(
        id=item.text("id") or invalid(item.place("id"), "is required"),
        name=name,
        arguments=_arguments(function),
        signature=_seal(item),
        at=item.at,
    )
    function.nothing_else()
    item.nothing_else()
    return call


def _arguments(function: Asked) -> str:
    """Return the arguments as JSON text; Mistral's clients may send the object itself."""
    if function.first("arguments") == b"{":
        return (function.document("arguments") or b"{}").decode()
    return function.text("arguments") or ""


def _seal(item: Asked) -> hub.Signature | None:
    extra = item.child("extra_content")
    google = None if extra is None else extra.child("google")
    seal = None if google is None else google.text("thought_signature")
    for fields in (google, extra):
        if fields is not None:
            fields.nothing_else()
    return read_call_seal(seal or "")


def _result(message: Asked, name: str | None) -> hub.ToolResult:
    call_id = message.text("tool_call_id") or invalid(message.place("tool_call_id"), "is required")
    parts: list[hub.Text | hub.Image | hub.Document] = []
    for part in read_content(message):
        if not isinstance(part, hub.Text | hub.Image | hub.Document):
            untranslatable(part.at, "is neither text nor picture nor file: other vendors take only these from a tool")
        parts.append(part)
    return hub.ToolResult(call_id=call_id, parts=tuple(parts), name=name, at=message.at)


def _add_result(turns: list[hub.Turn], result: hub.ToolResult) -> None:
    if turns and _is_results(turns[-1]):
        turns[-1] = structs.replace(turns[-1], parts=(*turns[-1].parts, result))
    else:
        turns.append(hub.Turn(role="user", parts=(result,), at=result.at))


def _is_results(turn: hub.Turn) -> bool:
    return bool(turn.parts) and isinstance(turn.parts[0], hub.ToolResult)
