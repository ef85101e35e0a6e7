"""Media in parts: which kind a media type is, and where a file lies.

https://ai.google.dev/gemini-api/docs/file-input-methods and https://ai.google.dev/api/caching#Blob
"""

from base64 import b64decode, b64encode
from urllib.parse import urlsplit

from tollway.formats import hub
from tollway.formats.gemini.asked import Asked, invalid
from tollway.formats.gemini.seal import ORIGIN, standard_base64

TEXT = "text/plain"

_FILES_API = "generativelanguage.googleapis.com"
"""Where Google keeps the files of one key: https://ai.google.dev/api/files — nobody without it can fetch them."""

_BY_SUFFIX = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "pdf": "application/pdf",
    "txt": TEXT,
    "html": "text/html",
    "csv": "text/csv",
    "md": "text/markdown",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "mov": "video/mov",
    "mpeg": "video/mpeg",
    "webm": "video/webm",
}


def read_inline(data: Asked, at: str) -> hub.Part:
    """Read `inlineData`."""
    media_type = data.text("mimeType") or invalid(data.place("mimeType"), "is required")
    content = standard_base64(data.text("data") or "")
    name = data.text("displayName") or None
    data.nothing_else()
    source: hub.Source = hub.Base64(media_type=media_type, data=content)
    if media_type == TEXT:
        source = _as_text(content) or source
    return media(media_type, source, at=at, name=name)


def read_file(data: Asked, at: str) -> hub.Part:
    """Read `fileData`: a file of Google's own, or an address that it fetches."""
    media_type = data.text("mimeType")
    uri = data.text("fileUri") or invalid(data.place("fileUri"), "is required")
    name = data.text("displayName") or None
    data.nothing_else()
    source: hub.Source = hub.FileId(origin=ORIGIN, id=uri, media_type=media_type)
    if is_address(uri):
        source = hub.Link(url=uri, media_type=media_type)
    kind = media_type or guess(uri) or ("video/mp4" if is_youtube(uri) else "application/octet-stream")
    return media(kind, source, at=at, name=name)


def media(media_type: str, source: hub.Source, *, at: str, name: str | None) -> hub.Part:
    """Return the part that media of this type are."""
    match media_type.partition("/")[0]:
        case "image":
            return hub.Image(source=source, at=at)
        case "audio":
            return hub.Audio(source=source, at=at)
        case "video":
            return hub.Video(source=source, at=at)
    return hub.Document(source=source, name=name, at=at)


def is_address(uri: str) -> bool:
    """Whether anybody can fetch it: not a file of Google's Files API, nor one in a bucket."""
    parts = _split(uri)
    return parts is not None and parts[0] in ("http", "https") and parts[1] != _FILES_API


def is_youtube(uri: str) -> bool:
    """Whether it is a film on YouTube, which Gemini takes without a media type."""
    parts = _split(uri)
    return parts is not None and parts[1].removeprefix("www.") in ("youtube.com", "m.youtube.com", "youtu.be")


def guess(uri: str) -> str | None:
    """Return the media type that an address names by its ending."""
    parts = _split(uri)
    return None if parts is None else _BY_SUFFIX.get(parts[2].rpartition(".")[2].lower())


def encode_text(text: str) -> str:
    """Return text as the base64 of its UTF-8."""
    return b64encode(text.encode("utf-8", "replace")).decode()


def _as_text(content: str) -> hub.PlainText | None:
    try:
        return hub.PlainText(text=b64decode(content, validate=True).decode())
    except ValueError:
        return None


def _split(uri: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", parts.path
