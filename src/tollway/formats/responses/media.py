"""Pictures and files in parts: inline as a data URL, by address, or by the id of a file kept at OpenAI.

https://platform.openai.com/docs/guides/images-vision and https://platform.openai.com/docs/guides/pdf-files
"""

import re

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable

ORIGIN = "openai"

_DATA_URL = re.compile(r"data:([^;,\s]*)(?:;[^;,\s]+)*?;base64,(.*)", re.DOTALL)
_SOUNDS = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_BY_SUFFIX = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
}


def read_image(part: Asked, cache: hub.CacheMark | None) -> hub.Image:
    """Read an `input_image`."""
    url, file_id, detail = part.text("image_url"), part.text("file_id"), part.text("detail")
    if (url is None) == (file_id is None):
        invalid(part.at, "needs one of `image_url` and `file_id`")
    source: hub.Source
    if file_id is not None:
        source = hub.FileId(origin=ORIGIN, id=file_id)
    else:
        source = _from_url(url or "", part.place("image_url"), "image/png")
    return hub.Image(source=source, detail=detail, cache=cache, at=part.at)


def read_file(part: Asked, cache: hub.CacheMark | None) -> hub.Document | hub.Image:
    """Read an `input_file`."""
    given = {name: value for name in ("file_data", "file_url", "file_id") if (value := part.text(name))}
    if len(given) != 1:
        invalid(part.at, "needs one of `file_data`, `file_url` and `file_id`")
    name = part.text("filename")
    if part.text("detail") not in (None, "auto"):
        untranslatable(part.place("detail"), "says how OpenAI looks at a file: leave it out")
    ((kind, value),) = given.items()
    source: hub.Source
    if kind == "file_id":
        source = hub.FileId(origin=ORIGIN, id=value)
    elif kind == "file_url":
        source = hub.Link(url=value)
    elif value.startswith("data:"):
        source = _from_url(value, part.place(kind), "application/pdf")
    else:
        source = hub.Base64(media_type=guess(name), data=value)
    if isinstance(source, hub.Base64) and source.media_type.startswith("image/"):
        return hub.Image(source=source, cache=cache, at=part.at)
    return hub.Document(source=source, name=name, cache=cache, at=part.at)


def read_audio(part: Asked) -> hub.Audio:
    """Read an `input_audio`."""
    sound = part.child("input_audio") or invalid(part.place("input_audio"), "is required")
    data, form = sound.text("data") or "", sound.text("format") or ""
    sound.nothing_else()
    if form not in _SOUNDS:
        invalid(sound.place("format"), "must be `mp3` or `wav`")
    return hub.Audio(source=hub.Base64(media_type=_SOUNDS[form], data=data), at=part.at)


def guess(name: str | None) -> str:
    """Return the media type of a file by its name; PDF, which OpenAI's files are made for, when it says none."""
    return _BY_SUFFIX.get((name or "").rpartition(".")[2].lower(), "application/pdf")


def data_url(source: hub.Base64) -> str:
    """Return bytes inline as OpenAI takes them."""
    return f"data:{source.media_type};base64,{source.data}"


def _from_url(url: str, at: str, usual: str) -> hub.Source:
    if not url.startswith("data:"):
        if not url:
            invalid(at, "must be an address or a data URL")
        return hub.Link(url=url)
    found = _DATA_URL.fullmatch(url)
    if found is None:
        invalid(at, "must be an address or a data URL in base64")
    return hub.Base64(media_type=found.group(1) or usual, data=found.group(2))
