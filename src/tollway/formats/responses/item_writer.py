"""Writing turns as `input`: items in the order of the parts.

https://platform.openai.com/docs/api-reference/responses/create#responses_create-input — a turn's text, pictures and
files are one message; thoughts, calls and results are items of their own between messages.
"""

from typing import Any

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.responses.media import ORIGIN, data_url
from tollway.formats.responses.models import takes_cache_marks
from tollway.formats.responses.notes import note

Object = dict[str, Any]
Media = hub.Image | hub.Document
OPENAI_VENDORS = ("openai", "azure")
"""Who keeps reasoning sealed; compatible vendors show it as `reasoning_text` and take it back so."""


class ItemWriter:
    """Writes items for one target. `notes` collects what was changed."""

    def __init__(self, target: Target, notes: list[str]) -> None:
        self._vendor = target.vendor
        self._marks = takes_cache_marks(target.model)
        self._notes = notes

    def system(self, texts: tuple[hub.Text, ...]) -> Object:
        """Return several instructions, or marked ones, as the message in front of all others."""
        return {"type": "message", "role": "system", "content": [self._text(text, "input_text") for text in texts]}

    def write(self, turns: tuple[hub.Turn, ...]) -> list[Object]:
        """Return the items. Raises Inexpressible."""
        return [item for turn in turns for item in self._turn(turn)]

    def _turn(self, turn: hub.Turn) -> list[Object]:
        if turn.name is not None:
            note(self._notes, "message-name-ignored")
        items: list[Object] = []
        content: list[Object] = []
        for part in turn.parts:
            if isinstance(part, hub.Thinking | hub.ToolCall | hub.ToolResult):
                items += _message(turn.role, content)
                content = []
                items += self._item(part)
            else:
                content += self._content(part, turn)
        items += _message(turn.role, content)
        return items

    def _item(self, part: hub.Thinking | hub.ToolCall | hub.ToolResult) -> list[Object]:
        match part:
            case hub.Thinking():
                return self._thinking(part)
            case hub.ToolCall():
                if part.cache is not None:
                    note(self._notes, "cache-marks-ignored")
                arguments = part.arguments or "{}"
                return [{"type": "function_call", "call_id": part.id, "name": part.name, "arguments": arguments}]
        if part.cache is not None:
            note(self._notes, "cache-marks-ignored")
        if part.is_error:
            note(self._notes, "tool-error-flag-omitted")
        return [{"type": "function_call_output", "call_id": part.call_id, "output": self._output(part)}]

    def _thinking(self, part: hub.Thinking) -> list[Object]:
        """Write a thought for who can read it: by its seal, or in the open where that is how it came."""
        item: Object = {"type": "reasoning"} if part.id is None else {"type": "reasoning", "id": part.id}
        shown = [] if part.is_redacted else [{"type": "summary_text", "text": part.text}]
        seal = part.signature
        if seal is not None and seal.origin == self._vendor:
            return [item | {"summary": shown, "encrypted_content": seal.value}]
        if seal is None and part.text and self._vendor not in OPENAI_VENDORS:
            return [item | {"summary": [], "content": [{"type": "reasoning_text", "text": part.text}]}]
        note(self._notes, "foreign-thinking-omitted")
        return []

    def _output(self, result: hub.ToolResult) -> str | list[Object]:
        if not result.parts:
            return ""
        first = result.parts[0]
        if len(result.parts) == 1 and isinstance(first, hub.Text) and not self._is_marked(first):
            self._note_citations(first)
            return first.text
        written: list[Object] = []
        for part in result.parts:
            written += [self._text(part, "input_text")] if isinstance(part, hub.Text) else self._medium(part)
        return written

    def _content(self, part: hub.Part, turn: hub.Turn) -> list[Object]:
        is_model = turn.role == "assistant"
        match part:
            case hub.Text():
                return [self._text(part, "output_text" if is_model else "input_text")]
            case hub.Refusal() if is_model:
                return [{"type": "refusal", "refusal": part.text}]
            case hub.Refusal():
                return [{"type": "input_text", "text": part.text}]
            case hub.Image() | hub.Document() if not is_model:
                return self._medium(part)
        kind = type(part).__name__.lower()
        raise Inexpressible("turns", f"OpenAI's Responses takes no {kind} here: leave it out", at=part.at)

    def _text(self, text: hub.Text, kind: str) -> Object:
        written: Object = {"type": kind, "text": text.text}
        if kind == "output_text":
            if cited := [_annotation(item) for item in text.citations if _is_whole(item)]:
                written["annotations"] = cited
            if len(cited) < len(text.citations):
                note(self._notes, "citations-omitted")
            if text.cache is not None:
                note(self._notes, "cache-marks-ignored")
            return written
        self._note_citations(text)
        return self._marked(written, text.cache)

    def _medium(self, part: Media) -> list[Object]:
        if isinstance(part, hub.Image):
            return [self._marked(self._image(part), part.cache)]
        if part.wants_citations:
            note(self._notes, "document-citations-ignored")
        before: list[Object] = []
        if part.context:
            note(self._notes, "document-context-as-text")
            before = [{"type": "input_text", "text": part.context}]
        return [*before, self._marked(self._document(part), part.cache)]

    def _image(self, image: hub.Image) -> Object:
        written: Object = {"type": "input_image", "detail": image.detail or "auto"}
        match image.source:
            case hub.Base64():
                return written | {"image_url": data_url(image.source)}
            case hub.Link():
                return written | {"image_url": image.source.url}
            case hub.FileId():
                return written | {"file_id": self._own_id(image.source, image.at)}
        raise Inexpressible("turns", "a picture cannot be text", at=image.at)

    def _document(self, document: hub.Document) -> Object:
        written: Object = {"type": "input_file"}
        match document.source:
            case hub.Base64():
                # A name is insisted on where the bytes are inline.
                name = document.name or "document" + _suffix(document.source.media_type)
                return written | {"filename": name, "file_data": data_url(document.source)}
            case hub.PlainText():
                note(self._notes, "document-as-text")
                return {"type": "input_text", "text": _titled(document.source.text, document.name)}
            case hub.Link():
                written["file_url"] = document.source.url
            case hub.FileId():
                written["file_id"] = self._own_id(document.source, document.at)
        return written

    def _own_id(self, source: hub.FileId, at: str) -> str:
        if source.origin == self._vendor or (source.origin == ORIGIN and self._vendor in OPENAI_VENDORS):
            return source.id
        raise Inexpressible("turns", "the file is kept at another vendor: send its content", at=at)

    def _is_marked(self, text: hub.Text) -> bool:
        if text.cache is not None and not self._marks:
            note(self._notes, "cache-marks-ignored")
        return text.cache is not None and self._marks

    def _marked(self, written: Object, cache: hub.CacheMark | None) -> Object:
        if cache is None:
            return written
        if not self._marks:
            note(self._notes, "cache-marks-ignored")
            return written
        return written | {"prompt_cache_breakpoint": {"mode": "explicit"}}

    def _note_citations(self, text: hub.Text) -> None:
        if text.citations:
            note(self._notes, "citations-omitted")


def _message(role: str, content: list[Object]) -> list[Object]:
    """Return a message; one plain text as a string, which every compatible vendor takes."""
    if not content:
        return []
    only = content[0] if len(content) == 1 else {}
    is_plain = only.get("type") in ("input_text", "output_text") and set(only) == {"type", "text"}
    return [{"type": "message", "role": role, "content": only["text"] if is_plain else content}]


def _is_whole(citation: hub.Citation) -> bool:
    return citation.url is not None and citation.start is not None and citation.end is not None


def _annotation(citation: hub.Citation) -> Object:
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start,
        "end_index": citation.end,
    }


def _titled(text: str, name: str | None) -> str:
    return text if name is None else f"{name}\n\n{text}"


def _suffix(media_type: str) -> str:
    return {"application/pdf": ".pdf", "text/plain": ".txt", "text/csv": ".csv", "text/html": ".html"}.get(
        media_type, ".md" if media_type == "text/markdown" else ""
    )
