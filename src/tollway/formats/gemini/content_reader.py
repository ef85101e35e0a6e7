"""Reading `contents`: turns, parts, calls and their results.

https://ai.google.dev/api/caching#Content — Gemini's calls need no id, and a result may name only the function; the hub
needs both, so calls without an id are numbered through the conversation (`call_1`, `call_2`, …) and a result belongs
to the first open call of its name. The same conversation always gets the same ids, since numbering starts at its
beginning.
"""

from collections import deque
from collections.abc import Iterable
from itertools import groupby
from typing import cast

import msgspec
from msgspec import structs

from tollway.formats import hub
from tollway.formats.gemini.asked import Asked, invalid, untranslatable
from tollway.formats.gemini.media import read_file, read_inline
from tollway.formats.gemini.seal import read_seal

_DATA = (
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
)
_OF_THE_VENDOR = _DATA[5:]


class Conversation:
    """Reads contents in order and knows which calls are open. Single use."""

    def __init__(self, contents: list[Asked]) -> None:
        self._contents = contents
        self._used_ids: set[str] | None = None
        self._count = 0
        self._open: dict[str, deque[str]] = {}
        self._answered: set[str] = set()

    def read(self) -> tuple[hub.Turn, ...]:
        """Return the turns; what one model said in several contents is one turn, as every other vendor has it."""
        turns: list[hub.Turn] = []
        for role, group in groupby((self._turn(content) for content in self._contents), lambda turn: turn.role):
            # A content without parts says nothing: it is what a model left unsaid.
            said = [turn for turn in group if turn.parts]
            if role == "assistant" and said:
                parts = _joined(part for turn in said for part in turn.parts)
                said = [hub.Turn(role=role, parts=parts, at=said[0].at)] if parts else []
            turns += said
        return tuple(turns)

    def _turn(self, content: Asked) -> hub.Turn:
        role = content.text("role") or "user"
        if role not in ("user", "model", "function"):
            invalid(content.place("role"), "must be `user`, `model` or `function`")
        parts: list[hub.Part] = []
        for part in content.children("parts"):
            parts += self._parts(part, is_model=role == "model")
        content.nothing_else()
        return hub.Turn(role="assistant" if role == "model" else "user", parts=tuple(parts), at=content.at)

    def _parts(self, part: Asked, *, is_model: bool) -> list[hub.Part]:
        """Read one part: one hub part, or two where a seal hangs on a text."""
        kinds = [name for name in _DATA if name in part]
        if len(kinds) > 1:
            invalid(part.at, f"holds `{kinds[0]}` and `{kinds[1]}`: a part is one of them")
        seal = read_seal(part.text("thoughtSignature") or "")
        is_thought = part.flag("thought") is True
        if kinds and kinds[0] in _OF_THE_VENDOR:
            untranslatable(part.place(kinds[0]), "is a tool of Google's own, whose traces no other vendor reads")
        self._check_role(part, kinds[0] if kinds else "", is_thought=is_thought, is_model=is_model)
        found = self._part(part, kinds[0] if kinds else "", seal=seal, is_thought=is_thought, is_model=is_model)
        part.nothing_else()
        return found

    def _check_role(self, part: Asked, kind: str, *, is_thought: bool, is_model: bool) -> None:
        if (kind == "functionCall" or is_thought) and not is_model:
            place = part.place("thought" if is_thought else kind)
            invalid(place, "is the model's: the role of its content must be `model`")
        if kind == "functionResponse" and is_model:
            invalid(part.place(kind), "is the caller's: the role of its content must be `user`")

    def _part(
        self, part: Asked, kind: str, *, seal: hub.Signature | None, is_thought: bool, is_model: bool
    ) -> list[hub.Part]:
        match kind:
            case "inlineData":
                return [read_inline(cast("Asked", part.child(kind)), part.at)]
            case "fileData":
                return [read_file(cast("Asked", part.child(kind)), part.at)]
            case "functionCall":
                return [self._call(cast("Asked", part.child(kind)), seal, part.at)]
            case "functionResponse":
                return [self._result(cast("Asked", part.child(kind)), part.at)]
        text = part.text("text") or ""
        if is_thought:
            return [hub.Thinking(text=text, signature=seal, at=part.at)]
        parts: list[hub.Part] = [hub.Text(text=text, at=part.at)] if text or (kind and not is_model) else []
        if seal is not None and is_model:
            parts.append(hub.Thinking(signature=seal, is_redacted=True, at=part.at))
        return parts

    def _call(self, call: Asked, seal: hub.Signature | None, at: str) -> hub.ToolCall:
        name = call.text("name") or invalid(call.place("name"), "is required")
        call_id = call.text("id") or self._next_id()
        arguments = call.raw("args") or b"{}"
        Asked.parse(arguments, call.place("args"))
        call.nothing_else()
        self._open.setdefault(name, deque()).append(call_id)
        return hub.ToolCall(
            id=call_id, name=name, arguments=_decoded(arguments, call.place("args")), signature=seal, at=at
        )

    def _next_id(self) -> str:
        if self._used_ids is None:
            self._used_ids = {found for content in self._contents for found in _call_ids(content)}
        while True:
            self._count += 1
            call_id = f"call_{self._count}"
            if call_id not in self._used_ids:
                return call_id

    def _first_open(self, name: str) -> str | None:
        """Return the first call of a function that has no result yet."""
        waiting = self._open.get(name, deque())
        while waiting and waiting[0] in self._answered:
            waiting.popleft()
        return waiting[0] if waiting else None

    def _result(self, result: Asked, at: str) -> hub.ToolResult:
        name = result.text("name") or invalid(result.place("name"), "is required")
        call_id = result.text("id") or self._first_open(name)
        if call_id is None:
            invalid(at, f"answers no open call of `{name}`: give the call's `id`")
        self._answered.add(call_id)
        raw = result.raw("response")
        texts, is_error = _response(raw, result.place("response"))
        parts = [hub.Text(text=text, at=at) for text in texts]
        media = [_medium(item) for item in result.children("parts")]
        result.nothing_else()
        return hub.ToolResult(call_id=call_id, name=name, parts=(*parts, *media), is_error=is_error, at=at)


def read_system(content: Asked | None) -> tuple[hub.Text, ...]:
    """Read `systemInstruction`: text only."""
    if content is None:
        return ()
    content.text("role")
    texts: list[hub.Text] = []
    for part in content.children("parts"):
        text = part.text("text")
        part.nothing_else("is no text: instructions can only be text")
        if text is not None:
            texts.append(hub.Text(text=text, at=part.at))
    content.nothing_else()
    return tuple(texts)


def _call_ids(content: Asked) -> list[str]:
    calls = [part.child("functionCall") for part in content.children("parts")]
    return [found for call in calls if call is not None and (found := call.text("id"))]


def _medium(item: Asked) -> hub.Image | hub.Document:
    inline, file = item.child("inlineData"), item.child("fileData")
    item.nothing_else()
    found = read_inline(inline, item.at) if inline is not None else None
    if file is not None:
        found = read_file(file, item.at)
    if isinstance(found, hub.Image | hub.Document):
        return found
    untranslatable(item.at, "is neither picture nor document: other vendors take only these from a tool")


def _response(raw: bytes | None, at: str) -> tuple[list[str], bool]:
    """Return a result's text, and whether it is an error.

    By convention `output` holds what the function gave and `error` what went wrong; any other object is the output
    itself. https://ai.google.dev/api/caching#FunctionResponse
    """
    if raw is None:
        return [], False
    Asked.parse(raw, at)
    fields = list(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).items())
    if len(fields) == 1 and fields[0][0] in ("output", "error"):
        name, value = fields[0][0], bytes(fields[0][1])
        return ([] if value == b"null" else [_string(value, f"{at}.{name}")]), name == "error"
    return [_decoded(raw, at)], False


def _string(value: bytes, at: str) -> str:
    if value.startswith(b'"'):
        return Asked.parse(b'{"text":%b}' % value, at).text("text") or ""
    return _decoded(value, at)


def _decoded(raw: bytes, at: str) -> str:
    """Return JSON as text. The parser does not look into values that nobody reads, so their UTF-8 is checked here."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        invalid(at, "must be UTF-8")


def _joined(parts: Iterable[hub.Part]) -> tuple[hub.Part, ...]:
    """Join texts and thoughts of a model that a stream cut into pieces: a thought's seal comes with its last piece."""
    joined: list[hub.Part] = []
    for is_text, group in groupby(parts, lambda part: isinstance(part, hub.Text)):
        if is_text:
            texts = [part for part in group if isinstance(part, hub.Text)]
            joined.append(structs.replace(texts[0], text="".join(part.text for part in texts)))
        else:
            joined += _thoughts_joined(group)
    return tuple(joined)


def _thoughts_joined(parts: Iterable[hub.Part]) -> list[hub.Part]:
    joined: list[hub.Part] = []
    pieces: list[hub.Thinking] = []
    for part in parts:
        if isinstance(part, hub.Thinking) and not part.is_redacted:
            pieces.append(part)
            if part.signature is None:
                continue
        joined += _thought(pieces)
        pieces = []
        if not isinstance(part, hub.Thinking) or part.is_redacted:
            joined.append(part)
    return joined + _thought(pieces)


def _thought(pieces: list[hub.Thinking]) -> list[hub.Part]:
    """Return the thought that the pieces are; only the last one has a seal."""
    if not pieces:
        return []
    text = "".join(piece.text for piece in pieces)
    return [structs.replace(pieces[0], text=text, signature=pieces[-1].signature)]
