"""Citations: `groundingMetadata` and `citationMetadata` of a candidate, read and written.

https://ai.google.dev/api/generate-content#GroundingMetadata — chunks are sources, supports say which bytes of which
text rest on them. Offsets are counted in bytes of UTF-8, ours in code points; which part they count from is not always
stated, so a support is placed by its own text, and by its offsets where these agree.
"""

from typing import Any

import msgspec

from tollway.formats.gemini.fields import Fields
from tollway.formats.hub import Citation


class Support(msgspec.Struct, frozen=True):
    """A stretch of text and the sources it rests on; `text` "" and `end` 0: the whole.

    `part` is the number of the part that it is in, 0 where that is not said, or is the first.
    """

    text: str
    start: int
    end: int
    sources: tuple[Citation, ...]
    part: int = 0

    @property
    def is_placed(self) -> bool:
        """Whether it is said which stretch it is."""
        return bool(self.text) or self.end > 0

    def find(self, text: str) -> tuple[int, int] | None:
        """Return where the stretch is in `text`, in code points; None when it is not there."""
        raw = text.encode("utf-8", "surrogatepass")
        if self.end <= len(raw) and self.start < self.end:
            before = raw[: self.start].decode("utf-8", "ignore")
            inside = raw[self.start : self.end].decode("utf-8", "ignore")
            if inside == self.text or not self.text:
                return len(before), len(before) + len(inside)
        at = text.find(self.text) if self.text else -1
        return None if at < 0 else (at, at + len(self.text))

    def citations(self, place: tuple[int, int] | None) -> list[Citation]:
        """Return a citation for each source."""
        if place is None:
            return list(self.sources)
        return [msgspec.structs.replace(source, start=place[0], end=place[1]) for source in self.sources]


def read_supports(candidate: Fields) -> list[Support]:
    """Return what a candidate states about its sources; a source that nothing rests on stands for the whole text."""
    found = _recitations(candidate)
    grounding = candidate.child("groundingMetadata")
    if grounding is None:
        return found
    sources = [_source(chunk) for chunk in grounding.children("groundingChunks")]
    used: set[Citation | None] = {None}
    for support in grounding.children("groundingSupports"):
        indices = [index for index in support.counts("groundingChunkIndices") if index < len(sources)]
        used.update(sources[index] for index in indices)
        segment = support.child("segment") or Fields({})
        start, end = segment.count("startIndex"), segment.count("endIndex")
        cited = tuple(source for index in indices if (source := sources[index]) is not None)
        found.append(Support(segment.text("text"), start, end, cited, segment.count("partIndex")))
    rest = dict.fromkeys(source for source in sources if source not in used)
    return [*found, *(Support("", 0, 0, (source,)) for source in rest if source is not None)]


def write_grounding(texts: list[tuple[int, str, tuple[Citation, ...]]]) -> dict[str, Any]:
    """Return `groundingMetadata` for texts, each with the index of its part; {} when nothing is cited."""
    chunks: list[dict[str, Any]] = []
    supports: list[dict[str, Any]] = []
    for part_index, text, citations in texts:
        for citation in citations:
            chunk = _chunk(citation)
            if chunk not in chunks:
                chunks.append(chunk)
            if citation.start is None or citation.end is None:
                continue
            start = len(text[: citation.start].encode("utf-8", "replace"))
            cited = text[citation.start : citation.end]
            segment: dict[str, Any] = {"endIndex": start + len(cited.encode("utf-8", "replace")), "text": cited}
            segment |= {"startIndex": start} if start else {}
            segment |= {"partIndex": part_index} if part_index else {}
            supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    if not chunks:
        return {}
    return {"groundingChunks": chunks, "groundingSupports": supports} if supports else {"groundingChunks": chunks}


def _source(chunk: Fields) -> Citation | None:
    for kind in ("web", "retrievedContext", "maps", "image"):
        source = chunk.child(kind)
        if source is not None:
            return Citation(
                url=source.text("uri") or source.text("sourceUri") or None,
                title=source.text("title") or None,
                quote=source.text("text") or None if kind == "retrievedContext" else None,
            )
    return None


def _chunk(citation: Citation) -> dict[str, Any]:
    stated = {"uri": citation.url, "title": citation.title, "text": citation.quote}
    kind = "web" if citation.quote is None else "retrievedContext"
    return {kind: {name: value for name, value in stated.items() if value is not None}}


def _recitations(candidate: Fields) -> list[Support]:
    """Return `citationMetadata`: what was recited from a published text."""
    stated = candidate.child("citationMetadata")
    if stated is None:
        return []
    found: list[Support] = []
    for item in stated.children("citationSources") or stated.children("citations"):
        source = Citation(url=item.text("uri") or None, title=item.text("title") or None)
        found.append(Support("", item.count("startIndex"), item.count("endIndex"), (source,)))
    return found
