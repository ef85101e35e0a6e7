"""Media in content parts: data URLs, addresses, and how OpenAI names formats of sound.

https://platform.openai.com/docs/api-reference/chat/create and https://www.rfc-editor.org/rfc/rfc2397 (data URLs).
"""

from base64 import b64decode, b64encode
from mimetypes import guess_type

from tollway.formats import hub

ORIGIN = "openai"
PDF = "application/pdf"
TEXT = "text/plain"

_SOUNDS = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "aiff": "audio/aiff",
    "pcm16": "audio/L16",
}
_FORMATS = {media_type: name for name, media_type in _SOUNDS.items()} | {
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mp3": "mp3",
    "audio/x-flac": "flac",
    "audio/m4a": "m4a",
    "audio/x-aiff": "aiff",
    "audio/pcm": "pcm16",
}


def read_address(url: str) -> hub.Base64 | hub.Link | None:
    """Return what a URL stands for: its own bytes or an address; None for a data URL that is not in base64."""
    if not url.startswith("data:"):
        return hub.Link(url=url)
    head, comma, data = url[5:].partition(",")
    media_type, *parameters = head.split(";")
    if not comma or "base64" not in parameters:
        return None
    return hub.Base64(media_type=media_type or TEXT, data=data)


def write_address(source: hub.Base64 | hub.Link) -> str:
    """Return bytes as a data URL, an address as itself."""
    if isinstance(source, hub.Link):
        return source.url
    return f"data:{source.media_type};base64,{source.data}"


def read_file_data(data: str, name: str | None) -> hub.Base64 | hub.Link | hub.PlainText | None:
    """Return what `file_data` holds: a data URL, bare base64 whose type its name tells, or (OpenRouter) an address.

    Text becomes PlainText, because most vendors take text documents only as text.
    """
    if data.startswith(("data:", "https://", "http://")):
        source = read_address(data)
    else:
        source = hub.Base64(media_type=(guess_type(name)[0] if name else None) or PDF, data=data)
    if isinstance(source, hub.Base64) and source.media_type == TEXT:
        return _as_text(source.data) or source
    return source


def text_url(text: str) -> str:
    """Return text as a data URL."""
    return f"data:{TEXT};base64,{b64encode(text.encode('utf-8', 'replace')).decode()}"


def sound_type(name: str) -> str:
    """Return the media type that OpenAI's `format` of sound stands for."""
    return _SOUNDS.get(name, f"audio/{name}")


def sound_format(media_type: str) -> str:
    """Return OpenAI's `format` for a media type of sound."""
    return _FORMATS.get(media_type, media_type.removeprefix("audio/"))


def _as_text(data: str) -> hub.PlainText | None:
    try:
        return hub.PlainText(text=b64decode(data, validate=True).decode())
    except ValueError:
        return None
