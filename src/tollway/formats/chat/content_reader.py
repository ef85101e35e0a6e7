"""Reading `content`: a text, or parts of text, pictures, sounds, films, files, refusals and thinking.

https://platform.openai.com/docs/api-reference/chat/create — beside OpenAI's parts those of OpenRouter (`video_url`,
`cache_control`; https://openrouter.ai/docs/features/multimodal/overview) and Mistral (`document_url`, `thinking`;
https://docs.mistral.ai/capabilities/reasoning/) are read, whose clients speak this dialect too.
"""

from typing import Literal, cast

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.chat.media import ORIGIN, read_address, read_file_data, sound_type

_TTLS: dict[str | None, Literal["5m", "1h"] | None] = {None: None, "5m": "5m", "1h": "1h", "30m": "1h"}
"""OpenAI's `30m` is the least time a prefix is kept: an hour keeps that promise, five minutes do not."""


def read_content(message: Asked) -> list[hub.Part]:
    """Read a message's `content`, [] when it is absent. Raises request.field_invalid or request.untranslatable."""
    if message.first("content") == b'"':
        return [hub.Text(text=message.text("content") or "", at=message.place("content"))]
    return [_part(item) for item in message.children("content")]


def read_texts(message: Asked) -> list[hub.Text]:
    """Read `content` that can only be text."""
    parts = read_content(message)
    for part in parts:
        if not isinstance(part, hub.Text):
            untranslatable(part.at, "is no text: instructions can only be text")
    return cast("list[hub.Text]", parts)


def read_cache_mark(fields: Asked) -> hub.CacheMark | None:
    """Read `cache_control` or OpenAI's `prompt_cache_breakpoint`."""
    mark = fields.child("cache_control")
    kind = "ephemeral"
    if mark is None:
        mark, kind = fields.child("prompt_cache_breakpoint"), "explicit"
    if mark is None:
        return None
    named = mark.text("type") if kind == "ephemeral" else mark.text("mode")
    ttl = mark.text("ttl")
    mark.nothing_else()
    if named != kind:
        invalid(mark.place("type" if kind == "ephemeral" else "mode"), f"must be `{kind}`")
    if ttl not in _TTLS:
        untranslatable(mark.place("ttl"), "can only be `5m`, `30m` or `1h`")
    return hub.CacheMark(ttl=_TTLS[ttl])


def _part(item: Asked) -> hub.Part:
    kind = item.text("type") or invalid(item.place("type"), "is required")
    match kind:
        case "text":
            part: hub.Part = _text(item)
        case "image_url":
            part = _image(item)
        case "input_audio":
            part = _audio(item)
        case "file":
            part = _file(item)
        case "document_url":
            part = _document(item)
        case "video_url":
            part = hub.Video(source=_source(item, "video_url")[0], at=item.at)
        case "refusal":
            part = hub.Refusal(text=item.text("refusal") or "", at=item.at)
        case "thinking":
            part = _thinking(item)
        case _:
            untranslatable(item.place("type"), f"`{kind[:40]}` is no kind of content that other dialects have")
    item.nothing_else()
    return part


def _text(item: Asked) -> hub.Text:
    text = item.text("text")
    if text is None:
        invalid(item.place("text"), "is required")
    return hub.Text(text=text, cache=read_cache_mark(item), at=item.at)


def _image(item: Asked) -> hub.Image:
    source, detail = _source(item, "image_url")
    return hub.Image(source=source, detail=detail, cache=read_cache_mark(item), at=item.at)


def _source(item: Asked, name: str) -> tuple[hub.Base64 | hub.Link, str | None]:
    """Read an address, which Mistral's clients write as a bare string, and how closely to look."""
    if item.first(name) == b'"':
        url, place, detail = item.text(name), item.place(name), None
    else:
        nested = item.child(name) or invalid(item.place(name), "is required")
        url, place, detail = nested.text("url"), nested.place("url"), nested.text("detail")
        nested.nothing_else()
    source = read_address(url) if url else None
    if source is None:
        invalid(place, "must be an address or a data URL in base64")
    return source, detail


def _audio(item: Asked) -> hub.Audio:
    """Read `input_audio`; Mistral's clients write it as a bare address or base64."""
    if item.first("input_audio") == b'"':
        data = item.text("input_audio") or ""
        found = read_address(data) if data.startswith(("data:", "https://", "http://")) else None
        return hub.Audio(source=found or hub.Base64(media_type=sound_type("wav"), data=data), at=item.at)
    sound = item.child("input_audio") or invalid(item.place("input_audio"), "is required")
    data = sound.text("data") or invalid(sound.place("data"), "is required")
    name = sound.text("format") or invalid(sound.place("format"), "is required")
    sound.nothing_else()
    return hub.Audio(source=hub.Base64(media_type=sound_type(name), data=data), at=item.at)


def _file(item: Asked) -> hub.Document:
    file = item.child("file") or invalid(item.place("file"), "is required")
    data, file_id, name = file.text("file_data"), file.text("file_id"), file.text("filename")
    file.nothing_else()
    cache = read_cache_mark(item)
    if data is not None and file_id is None:
        source = read_file_data(data, name) or invalid(file.place("file_data"), "must be in base64")
        return hub.Document(source=source, name=name, cache=cache, at=item.at)
    if file_id is None or data is not None:
        invalid(file.at, "needs either `file_data` or `file_id`")
    return hub.Document(source=hub.FileId(origin=ORIGIN, id=file_id), name=name, cache=cache, at=item.at)


def _document(item: Asked) -> hub.Document:
    return hub.Document(source=_source(item, "document_url")[0], name=item.text("document_name"), at=item.at)


def _thinking(item: Asked) -> hub.Thinking:
    """Read Mistral's thinking, whose text is itself in parts."""
    texts: list[str] = []
    for piece in item.children("thinking"):
        if piece.text("type") != "text":
            untranslatable(piece.place("type"), "can only be `text` inside of thinking")
        texts.append(piece.text("text") or "")
        piece.nothing_else()
    seal = item.text("signature")
    item.flag("closed")
    signature = hub.Signature(origin="mistral", value=seal) if seal else None
    return hub.Thinking(text="".join(texts), signature=signature, at=item.at)
