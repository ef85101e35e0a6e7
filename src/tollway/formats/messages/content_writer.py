"""Writing turns as `messages`.

https://platform.claude.com/docs/en/api/messages/create — messages of one role that follow each other are one; results
come first in the message after the call, and hold text alone if they are errors; texts hold more than blanks. What a
block cannot say is refused with its place in the caller's body; harmless differences become notes.
"""

import hashlib
import re
from collections.abc import Iterable

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.cache import write_cache
from tollway.formats.messages.media import Written, write_document, write_image
from tollway.formats.messages.model import Model
from tollway.formats.messages.notes import note
from tollway.formats.messages.seal import ORIGIN

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_ID_CHARACTERS = 64
_RESULT = "tool_result"


class ContentWriter:
    """Writes one conversation for one model. Single use; `uses_files` is true when a file of Anthropic's is in it."""

    def __init__(self, model: Model, notes: list[str]) -> None:
        self._model = model
        self._notes = notes
        self.uses_files = False

    def write(self, turns: Iterable[hub.Turn]) -> list[Written]:
        """Return the messages. Raises Inexpressible."""
        messages: list[tuple[str, list[Written]]] = []
        last = None
        for turn in turns:
            blocks = self._turn(turn, is_first=not messages)
            if not blocks and turn.role == "assistant":
                continue  # Nothing was said, or foreign thinking alone.
            if not blocks:
                raise Inexpressible("turns", "a message must not be empty", at=turn.at)
            if messages and messages[-1][0] == turn.role:
                messages[-1][1].extend(blocks)
            else:
                messages.append((turn.role, blocks))
            last = turn
        if last is None:
            raise Inexpressible("turns", "Claude answers a message: give at least one of the user's")
        if last.role == "assistant" and not self._model.continues:
            raise Inexpressible(
                "turns", "this model continues no begun answer: end with the user's message", at=last.at
            )
        return [{"role": role, "content": self._ordered(role, blocks)} for role, blocks in messages]

    def texts(self, texts: Iterable[hub.Text]) -> list[Written]:
        """Return instructions as blocks."""
        return [block for text in texts for block in self._text(text)]

    def _turn(self, turn: hub.Turn, *, is_first: bool) -> list[Written]:
        if turn.name is not None:
            note(self._notes, "message-name-ignored")
        if turn.role == "system" and (is_first or not self._model.takes_system_turns):
            advice = "this model takes instructions only at the beginning: put them into the first message"
            raise Inexpressible("turns", advice, at=turn.at)
        parts = turn.parts
        if len(parts) == 1 and isinstance(parts[0], hub.Text):
            return self._text(parts[0])
        return [block for part in parts for block in self._part(part, turn)]

    def _part(self, part: hub.Part, turn: hub.Turn) -> list[Written]:
        if turn.role != "user" and isinstance(part, hub.Image | hub.Document):
            raise Inexpressible("turns", "Claude takes pictures and documents from the user alone", at=part.at)
        match part:
            case hub.Text():
                return self._text(part)
            case hub.Refusal():
                note(self._notes, "refusal-as-text")
                return self._text(hub.Text(text=part.text, at=part.at))
            case hub.Thinking():
                return self._thinking(part)
            case hub.ToolCall():
                return [self._call(part)]
            case hub.ToolResult():
                return self._result(part, turn)
            case hub.Audio() | hub.Video():
                raise Inexpressible("turns", "Claude hears and sees no recordings: send text or pictures", at=part.at)
        return [self._medium(part)]

    def _text(self, part: hub.Text) -> list[Written]:
        if part.citations:
            note(self._notes, "citations-omitted")
        text = part.text
        if not text or text.isspace():
            return []
        return [{"type": "text", "text": text} if part.cache is None else _marked_text(text, part.cache)]

    def _medium(self, part: hub.Image | hub.Document) -> Written:
        self.uses_files = self.uses_files or isinstance(part.source, hub.FileId)
        if isinstance(part, hub.Document):
            return write_document(part)
        if part.detail not in (None, "auto"):
            note(self._notes, "image-detail-ignored")
        return write_image(part)

    def _thinking(self, part: hub.Thinking) -> list[Written]:
        """Write a thought of Anthropic's own; one that it did not seal would be refused."""
        signature = part.signature
        if signature is None or signature.origin != ORIGIN:
            note(self._notes, "foreign-thinking-omitted")
            return []
        if part.is_redacted:
            return [{"type": "redacted_thinking", "data": signature.value}]
        return [{"type": "thinking", "thinking": part.text, "signature": signature.value}]

    def _call(self, call: hub.ToolCall) -> Written:
        if call.signature is not None:
            note(self._notes, "foreign-thinking-omitted")
        try:
            msgspec.json.decode(call.arguments or "{}", type=dict[str, msgspec.Raw])
            arguments = msgspec.Raw((call.arguments or "{}").encode())
        except (ValueError, RecursionError) as error:
            raise Inexpressible("turns", "a call's arguments must be a JSON object", at=call.at) from error
        written = {"type": "tool_use", "id": self._id(call.id), "name": call.name, "input": arguments}
        return written | write_cache(call.cache)

    def _result(self, result: hub.ToolResult, turn: hub.Turn) -> list[Written]:
        """Write a result; what an error holds beside text comes after it."""
        parts = [part for part in result.parts if not result.is_error or isinstance(part, hub.Text)]
        beside = [part for part in result.parts if part not in parts]
        if beside:
            note(self._notes, "tool-result-media-beside")
        content = [block for part in parts for block in self._part(part, turn)]
        written: Written = {"type": _RESULT, "tool_use_id": self._id(result.call_id)}
        if content:
            written["content"] = content
        if result.is_error:
            written["is_error"] = True
        return [written | write_cache(result.cache), *(block for part in beside for block in self._part(part, turn))]

    def _id(self, call_id: str) -> str:
        """Return an id of the letters that Anthropic takes, the same one for a call and its result."""
        if _ID.fullmatch(call_id):
            return call_id
        note(self._notes, "tool-call-ids-rewritten")
        digest = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return f"{_NOT_IN_ID.sub('_', call_id)[: _ID_CHARACTERS - 13]}_{digest}"

    def _ordered(self, role: str, blocks: list[Written]) -> list[Written]:
        if role != "user":
            return blocks
        results = [block for block in blocks if block["type"] == _RESULT]
        if blocks[: len(results)] == results:
            return blocks
        note(self._notes, "tool-results-first")
        return [*results, *(block for block in blocks if block["type"] != _RESULT)]


def _marked_text(text: str, mark: hub.CacheMark) -> Written:
    return {"type": "text", "text": text, **write_cache(mark)}


def lacks_thought(messages: list[Written]) -> bool:
    """Whether the model is to go on after a call of its own that it made without a thought.

    https://platform.claude.com/docs/en/build-with-claude/extended-thinking — with a budget for thinking, the message
    with the call must begin with one.
    """
    if len(messages) < 2 or not _has(messages[-1], _RESULT):
        return False
    content = messages[-2]["content"]
    return isinstance(content, list) and content[0]["type"] not in ("thinking", "redacted_thinking")


def _has(message: Written, kind: str) -> bool:
    content = message["content"]
    return isinstance(content, list) and any(block["type"] == kind for block in content)
