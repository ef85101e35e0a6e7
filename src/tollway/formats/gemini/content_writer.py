"""Writing turns as `contents`: parts, calls, results, media and seals.

https://ai.google.dev/api/caching#Content — what a part cannot say is refused with its place in the caller's body;
harmless differences become notes.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.gemini.generation import generation
from tollway.formats.gemini.media import TEXT, encode_text, guess, is_youtube
from tollway.formats.gemini.seal import ORIGIN, WAIVER

Written = dict[str, Any]


class ContentWriter:
    """Writes one conversation for one target. Single use; `notes` names the harmless differences so far."""

    def __init__(self, target: Target, notes: list[str]) -> None:
        self._version = generation(target.model)
        self._notes = notes
        self._names: dict[str, str] = {}
        self._is_before_call = False

    def write(self, turns: Iterable[hub.Turn]) -> list[Written]:
        """Return the contents. Raises Inexpressible."""
        written = [{"role": _role(turn), "parts": self._turn(turn)} for turn in turns]
        # Gemini refuses a content without parts: a turn of foreign thinking alone.
        return [content for content in written if content["parts"]]

    def texts(self, texts: Iterable[hub.Text]) -> list[Written]:
        """Return instructions as parts."""
        return [self._text(text) for text in texts]

    def _turn(self, turn: hub.Turn) -> list[Written]:
        if turn.name is not None:
            self._note("message-name-ignored")
        # A model that validates seals wants one on the first call of each turn.
        self._is_before_call = True
        parts: list[Written] = []
        for part in turn.parts:
            if isinstance(part, hub.Thinking):
                self._think(part, parts)
            else:
                parts += self._part(part, turn)
        return parts

    def _part(self, part: hub.Part, turn: hub.Turn) -> list[Written]:
        match part:
            case hub.Text():
                return [self._text(part)]
            case hub.Refusal():
                self._note("refusal-as-text")
                return [{"text": part.text}]
            case hub.Image():
                self._image(part)
                return [self._media(part.source, part.at)]
            case hub.Audio() | hub.Video():
                return [self._media(part.source, part.at)]
            case hub.Document():
                return self._document(part)
            case hub.ToolCall():
                return [self._call(part)]
            case hub.ToolResult():
                return self._result(part)
        raise AssertionError(f"thinking is written by its own function: {turn.at}")

    def _think(self, part: hub.Thinking, parts: list[Written]) -> None:
        """Write a thought of Gemini's own; a seal that hung on a text hangs on it again."""
        if part.signature is None or part.signature.origin != ORIGIN:
            self._note("foreign-thinking-omitted")
        elif not part.is_redacted:
            parts.append({"text": part.text, "thought": True, "thoughtSignature": part.signature.value})
        elif parts and set(parts[-1]) == {"text"}:
            parts[-1]["thoughtSignature"] = part.signature.value
        else:
            parts.append({"text": "", "thoughtSignature": part.signature.value})

    def _text(self, part: hub.Text) -> Written:
        self._mark(part.cache)
        if part.citations:
            self._note("citations-omitted")
        return {"text": part.text}

    def _call(self, call: hub.ToolCall) -> Written:
        self._mark(call.cache)
        self._names[call.id] = call.name
        try:
            arguments = msgspec.json.decode(call.arguments or "{}", type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Inexpressible("turns", "a call's arguments must be a JSON object", at=call.at) from error
        raw = msgspec.Raw((call.arguments or "{}").encode())
        written: Written = {"functionCall": {"id": call.id, "name": call.name, "args": raw if arguments else {}}}
        if call.signature is not None and call.signature.origin == ORIGIN:
            written["thoughtSignature"] = call.signature.value
        else:
            if call.signature is not None:
                self._note("foreign-thinking-omitted")
            if self._is_before_call and self._version >= 3:
                self._note("thought-signature-waived")
                written["thoughtSignature"] = WAIVER
        self._is_before_call = False
        return written

    def _result(self, result: hub.ToolResult) -> list[Written]:
        self._mark(result.cache)
        name = result.name or self._names.get(result.call_id)
        if name is None:
            raise Inexpressible("turns", "a tool's result must follow the call it answers", at=result.at)
        texts = [part.text for part in result.parts if isinstance(part, hub.Text)]
        media = [part for part in result.parts if not isinstance(part, hub.Text)]
        if len(texts) > 1:
            self._note("tool-result-texts-joined")
        if media and texts and not isinstance(result.parts[0], hub.Text):
            self._note("tool-result-parts-reordered")
        response = _response("\n".join(texts) if texts else None, is_error=result.is_error)
        written: Written = {"id": result.call_id, "name": name, "response": response}
        parts = [item for part in media for item in self._part(part, hub.Turn(role="user", parts=()))]
        if not parts or self._version >= 3:
            return [{"functionResponse": {**written, "parts": parts} if parts else written}]
        self._note("tool-result-media-beside")
        return [{"functionResponse": written}, *parts]

    def _image(self, part: hub.Image) -> None:
        self._mark(part.cache)
        if part.detail not in (None, "auto"):
            self._note("image-detail-ignored")

    def _document(self, part: hub.Document) -> list[Written]:
        self._mark(part.cache)
        if part.wants_citations:
            raise Inexpressible("turns", "Gemini cites no documents: turn citations off", at=part.at)
        if part.name is not None:
            self._note("document-name-ignored")
        written = [self._media(part.source, part.at)]
        if part.context is None:
            return written
        self._note("document-context-as-text")
        return [{"text": part.context}, *written]

    def _media(self, source: hub.Source, at: str) -> Written:
        match source:
            case hub.Base64():
                return {"inlineData": {"mimeType": source.media_type, "data": source.data}}
            case hub.PlainText():
                return {"inlineData": {"mimeType": TEXT, "data": encode_text(source.text)}}
            case hub.FileId():
                return self._file(source, at)
            case hub.Link():
                return self._link(source, at)

    def _file(self, source: hub.FileId, at: str) -> Written:
        if source.origin != ORIGIN:
            raise Inexpressible("turns", f"the file is kept at {source.origin}: send its bytes as base64", at=at)
        media_type = source.media_type
        return {"fileData": {"fileUri": source.id} | ({} if media_type is None else {"mimeType": media_type})}

    def _link(self, source: hub.Link, at: str) -> Written:
        """Write an address. https://ai.google.dev/gemini-api/docs/file-input-methods"""
        if is_youtube(source.url) and source.media_type is None:
            return {"fileData": {"fileUri": source.url}}
        media_type = source.media_type or guess(source.url)
        if self._version < 2.5:
            raise Inexpressible("turns", "this model fetches no addresses: send the bytes as base64", at=at)
        if media_type is None or not source.url.startswith(("https://", "http://")):
            advice = "Gemini needs the media type of an address, which its ending does not tell: send base64"
            raise Inexpressible("turns", advice, at=at)
        return {"fileData": {"fileUri": source.url, "mimeType": media_type}}

    def _mark(self, cache: hub.CacheMark | None) -> None:
        if cache is not None:
            self._note("cache-marks-ignored")

    def _note(self, name: str) -> None:
        if name not in self._notes:
            self._notes.append(name)


def _role(turn: hub.Turn) -> str:
    if turn.role == "system":
        advice = "Gemini takes instructions only at the beginning: put them into the first message"
        raise Inexpressible("turns", advice, at=turn.at)
    return "model" if turn.role == "assistant" else "user"


def _response(text: str | None, *, is_error: bool) -> Written | msgspec.Raw:
    """Return a result as the object that Gemini wants; a text that is such an object already travels as it is."""
    if is_error:
        return {"error": text or ""}
    if text is None:
        return {"output": None}
    if text.startswith("{") and text.endswith("}"):
        try:
            fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {"output": text}
        if not fields.keys() & {"output", "error"}:
            return msgspec.Raw(text.encode())
    return {"output": text}
