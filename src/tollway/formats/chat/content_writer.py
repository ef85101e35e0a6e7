"""Writing parts of content for one vendor: text, pictures, sounds, films and documents.

https://platform.openai.com/docs/api-reference/chat/create, https://docs.mistral.ai/capabilities/document_ai/ and
https://openrouter.ai/docs/features/multimodal/overview — what a vendor cannot take is refused with its place in the
caller's body; harmless differences become notes.
"""

from mimetypes import guess_extension
from typing import Any, NoReturn

from tollway.formats import hub
from tollway.formats.chat.media import ORIGIN, sound_format, write_address
from tollway.formats.chat.models import takes_cache_marks
from tollway.formats.chat.notes import note
from tollway.formats.chat.vendors import Ways, ways_of
from tollway.formats.dialect import Inexpressible, Target

Object = dict[str, Any]
Content = hub.Text | hub.Image | hub.Document | hub.Audio | hub.Video

_OPENAI_SOUNDS = frozenset({"wav", "mp3"})
_LINKED_FILES = frozenset({"openrouter", "sandbox", "mistral"})
_OWN_FILES = frozenset({"openai", "openai-compatible", "sandbox"})


class ContentWriter:
    """Writes parts for one target; `notes` names the harmless differences so far."""

    def __init__(self, target: Target, notes: list[str]) -> None:
        self._vendor = target.vendor
        self._has_breakpoints = target.vendor == "openai" and takes_cache_marks(target.model)
        self._notes = notes
        self.ways: Ways = ways_of(target.vendor)

    def write(self, part: Content) -> list[Object]:
        """Return one part, or two where something is said in front of it. Raises Inexpressible."""
        match part:
            case hub.Text():
                if part.citations:
                    note(self._notes, "citations-omitted")
                return [{"type": "text", "text": part.text} | self.mark(part.cache)]
            case hub.Image():
                return [self._image(part)]
            case hub.Document():
                return self._document(part)
            case hub.Audio():
                return [self._audio(part)]
            case hub.Video():
                return [self._video(part)]

    def texts(self, texts: list[hub.Text]) -> str | list[Object]:
        """Return texts as content: one without mark as a string, several as parts or, failing that, joined."""
        parts = [item for text in texts for item in self.write(text)]
        if len(parts) == 1 and set(parts[0]) == {"type", "text"}:
            return texts[0].text
        if self.ways.has_text_parts:
            return parts
        note(self._notes, "texts-joined")
        return "\n\n".join(text.text for text in texts)

    def mark(self, cache: hub.CacheMark | None) -> Object:
        """Return a cache mark as fields of the part it stands on."""
        if cache is None:
            return {}
        if self.ways.has_cache_marks:
            kind = {"type": "ephemeral"}
            return {"cache_control": kind if cache.ttl is None else kind | {"ttl": cache.ttl}}
        if self._has_breakpoints:
            if cache.ttl == "1h":
                note(self._notes, "cache-lifetime-shortened")
            return {"prompt_cache_breakpoint": {"mode": "explicit"}}
        note(self._notes, "cache-marks-ignored")
        return {}

    def _image(self, image: hub.Image) -> Object:
        self._check_kind("image", image.at, "pictures")
        address: Object = {"url": self._address(image.source, image.at, "a picture")}
        if image.detail is not None:
            if self.ways.has_image_detail:
                address["detail"] = image.detail
            elif image.detail != "auto":
                note(self._notes, "image-detail-ignored")
        return {"type": "image_url", "image_url": address} | self.mark(image.cache)

    def _video(self, video: hub.Video) -> Object:
        self._check_kind("video", video.at, "films")
        return {"type": "video_url", "video_url": {"url": self._address(video.source, video.at, "a film")}}

    def _audio(self, audio: hub.Audio) -> Object:
        self._check_kind("audio", audio.at, "sounds")
        source = audio.source
        if self._vendor == "mistral" and isinstance(source, hub.Link | hub.Base64):
            return {"type": "input_audio", "input_audio": source.url if isinstance(source, hub.Link) else source.data}
        if not isinstance(source, hub.Base64):
            self._refuse(audio.at, "takes a sound only in the body itself, in base64")
        name = sound_format(source.media_type)
        if self._vendor == "openai" and name not in _OPENAI_SOUNDS:
            self._refuse(audio.at, "takes sounds only as wav and mp3")
        return {"type": "input_audio", "input_audio": {"data": source.data, "format": name}}

    def _document(self, document: hub.Document) -> list[Object]:
        if document.wants_citations:
            note(self._notes, "document-citations-ignored")
        if isinstance(document.source, hub.PlainText):
            note(self._notes, "document-as-text")
            heads = [head for head in (document.name, document.context) if head]
            text = "\n\n".join([*heads, document.source.text])
            return [{"type": "text", "text": text} | self.mark(document.cache)]
        self._check_kind("document", document.at, "documents")
        parts: list[Object] = []
        if document.context:
            note(self._notes, "document-context-as-text")
            parts.append({"type": "text", "text": document.context})
        return [*parts, self._file(document, document.source)]

    def _file(self, document: hub.Document, source: hub.Base64 | hub.Link | hub.FileId) -> Object:
        if isinstance(source, hub.FileId):
            if source.origin != ORIGIN or self._vendor not in _OWN_FILES:
                self._refuse(document.at, "cannot read a file that another vendor keeps: send the file itself")
            if document.name is not None:
                note(self._notes, "document-name-ignored")
            return {"type": "file", "file": {"file_id": source.id}} | self.mark(document.cache)
        if isinstance(source, hub.Link) and self._vendor not in _LINKED_FILES:
            self._refuse(document.at, "fetches no documents: send the file itself, in base64")
        address = write_address(source)
        if self._vendor == "mistral":
            named = {"document_name": document.name} if document.name else {}
            return {"type": "document_url", "document_url": address} | named | self.mark(document.cache)
        name = document.name or _file_name(source)
        return {"type": "file", "file": {"filename": name, "file_data": address}} | self.mark(document.cache)

    def _address(self, source: hub.Source, at: str, what: str) -> str:
        if isinstance(source, hub.Base64 | hub.Link):
            return write_address(source)
        self._refuse(at, f"takes {what} only by its address or in base64")

    def _check_kind(self, kind: str, at: str, what: str) -> None:
        if kind not in self.ways.media:
            self._refuse(at, f"takes no {what} in this dialect: leave it out or describe it")

    def _refuse(self, at: str, advice: str) -> NoReturn:
        raise Inexpressible("turns", f"{self.ways.title} {advice}", at=at)


def _file_name(source: hub.Base64 | hub.Link) -> str:
    """Return a name with the right ending: vendors tell the kind of a file by it."""
    if isinstance(source, hub.Link):
        return source.url.partition("?")[0].rpartition("/")[2] or "document"
    return f"document{guess_extension(source.media_type) or ''}"
