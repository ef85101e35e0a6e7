"""Sources of pictures and documents, read and written.

https://platform.claude.com/docs/en/build-with-claude/vision and …/pdf-support — pictures are JPEG, PNG, GIF and WebP;
documents are PDF (inline, by address or as a file) and text.
"""

from base64 import b64decode

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.cache import read_cache, write_cache
from tollway.formats.messages.seal import ORIGIN

Written = dict[str, object]

PDF = "application/pdf"
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")

_TEXTS = ("application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript")
_BLANKS = (None, "")


def read_image(block: Asked) -> hub.Image:
    """Read an `image` block."""
    source = _source(block)
    found = _read_bytes(source)
    if isinstance(found, hub.PlainText):
        invalid(source.place("type"), "must be `base64`, `url` or `file`")
    changes = block.child("transformations")
    if changes is not None:
        if changes.text("oversized_image") not in (None, "downsize"):
            untranslatable(changes.place("oversized_image"), "can only be `downsize` with another vendor")
        changes.nothing_else()
    image = hub.Image(source=found, cache=read_cache(block), at=block.at)
    block.nothing_else()
    return image


def read_document(block: Asked) -> hub.Document:
    """Read a `document` block. Its blocks of text, if it is given in such, are one text."""
    source = _source(block)
    document = hub.Document(
        source=_read_content(source) if source.text("type") == "content" else _read_bytes(source),
        name=block.text("title") or None,
        context=block.text("context") or None,
        wants_citations=_wants_citations(block),
        cache=read_cache(block),
        at=block.at,
    )
    block.nothing_else()
    return document


def read_search_result(block: Asked) -> hub.Document:
    """Read a `search_result` block, what the caller's own search found, as the document that it is.

    https://platform.claude.com/docs/en/build-with-claude/search-results — its source becomes the document's context.
    """
    texts = _read_texts(block)
    document = hub.Document(
        source=hub.PlainText(text=texts),
        name=block.text("title") or None,
        context=block.text("source") or None,
        wants_citations=_wants_citations(block),
        cache=read_cache(block),
        at=block.at,
    )
    block.nothing_else()
    return document


def write_image(image: hub.Image) -> Written:
    """Write an `image` block. Raises Inexpressible."""
    source = image.source
    match source:
        case hub.Base64():
            media_type = "image/jpeg" if source.media_type == "image/jpg" else source.media_type
            if media_type not in PICTURES:
                advice = f"Claude reads JPEG, PNG, GIF and WebP, not {media_type}: convert the picture"
                raise Inexpressible("turns", advice, at=image.at)
            written: Written = {"type": "base64", "media_type": media_type, "data": source.data}
        case hub.PlainText():
            raise Inexpressible("turns", "a text is no picture", at=image.at)
        case _:
            written = _write_reference(source, image.at)
    return {"type": "image", "source": written, **write_cache(image.cache)}


def write_document(document: hub.Document) -> Written:
    """Write a `document` block. Raises Inexpressible."""
    source = document.source
    match source:
        case hub.Base64():
            written = _write_inline(source, document.at)
        case hub.PlainText():
            written = _write_text(source.text)
        case hub.Link():
            if source.media_type not in (*_BLANKS, PDF):
                advice = f"Claude fetches PDF only, not {source.media_type}: send the text itself"
                raise Inexpressible("turns", advice, at=document.at)
            written = _write_reference(source, document.at)
        case hub.FileId():
            written = _write_reference(source, document.at)
    block: Written = {"type": "document", "source": written}
    if document.name is not None:
        block["title"] = document.name
    if document.context is not None:
        block["context"] = document.context
    if document.wants_citations:
        block["citations"] = {"enabled": True}
    return block | write_cache(document.cache)


def _source(block: Asked) -> Asked:
    return block.child("source") or invalid(block.place("source"), "is required")


def _read_bytes(source: Asked) -> hub.Source:
    kind = source.text("type")
    found: hub.Source
    match kind:
        case "base64":
            found = hub.Base64(media_type=_required(source, "media_type"), data=_required(source, "data"))
        case "url":
            found = hub.Link(url=_required(source, "url"))
        case "file":
            found = hub.FileId(origin=ORIGIN, id=_required(source, "file_id"))
        case "text":
            source.text("media_type")
            found = hub.PlainText(text=source.text("data") or "")
        case _:
            invalid(source.place("type"), "must be `base64`, `url`, `file`, `text` or `content`")
    source.nothing_else()
    return found


def _read_content(source: Asked) -> hub.PlainText:
    raw = source.raw("content") or b'""'
    text = (source.text("content") or "") if raw.startswith(b'"') else _read_texts(source)
    source.nothing_else()
    return hub.PlainText(text=text)


def _read_texts(holder: Asked) -> str:
    texts = []
    for block in holder.children("content"):
        if block.text("type") != "text":
            untranslatable(block.at, "must be text with another vendor: put pictures into the message itself")
        texts.append(block.text("text") or "")
        block.nothing_else()
    return "\n".join(texts)


def _wants_citations(block: Asked) -> bool:
    citations = block.child("citations")
    if citations is None:
        return False
    wants = citations.flag("enabled") is True
    citations.nothing_else()
    return wants


def _required(source: Asked, name: str) -> str:
    found = source.text(name)
    if not found:
        invalid(source.place(name), "is required")
    return found


def _write_inline(source: hub.Base64, at: str) -> Written:
    media_type = source.media_type.partition(";")[0].strip().lower()
    if media_type == PDF:
        return {"type": "base64", "media_type": PDF, "data": source.data}
    if media_type.startswith("text/") or media_type in _TEXTS:
        try:
            return _write_text(b64decode(source.data, validate=True).decode())
        except ValueError as error:
            raise Inexpressible("turns", "the document is no text in UTF-8", at=at) from error
    raise Inexpressible("turns", f"Claude reads PDF and text, not {media_type}: convert the document", at=at)


def _write_text(text: str) -> Written:
    return {"type": "text", "media_type": "text/plain", "data": text}


def _write_reference(source: hub.Link | hub.FileId, at: str) -> Written:
    if isinstance(source, hub.Link):
        if not source.url.startswith(("https://", "http://")):
            raise Inexpressible("turns", "Claude fetches web addresses only: send the bytes as base64", at=at)
        return {"type": "url", "url": source.url}
    if source.origin != ORIGIN:
        raise Inexpressible("turns", f"the file is kept at {source.origin}: send its bytes as base64", at=at)
    return {"type": "file", "file_id": source.id}
