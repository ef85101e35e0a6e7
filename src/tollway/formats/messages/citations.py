"""Citations: where a text comes from.

https://platform.claude.com/docs/en/build-with-claude/citations — a text is cut into blocks so that each citation is
about the whole of its block; that is what `start` and `end` say in the hub. The place within the source (page,
characters, block, encrypted index) means something to Anthropic alone and is left out, as is said of cited texts that
come back in a conversation: they are what the model wrote, and no other vendor takes citations from a caller.
"""

from typing import Any

from msgspec import structs

from tollway.formats.hub import Citation
from tollway.formats.lenient import Fields


def read_citation(citation: Fields) -> Citation:
    """Read one citation; its stretch is not known before its text is complete."""
    return Citation(
        url=citation.text("url") or _address(citation.text("source")),
        title=citation.text("title") or citation.text("document_title") or None,
        quote=citation.text("cited_text") or None,
    )


def place(citation: Citation, characters: int) -> Citation:
    """Return the citation as one of the whole text, which has so many characters."""
    return structs.replace(citation, start=0, end=characters) if characters else citation


def write_citation(citation: Citation) -> dict[str, Any]:
    """Write one citation as a search result's, the kind that all sources can be said in.

    `encrypted_index` is Anthropic's own reference to its result and required; other vendors have none.
    """
    return {
        "type": "web_search_result_location",
        "url": citation.url or "",
        "title": citation.title,
        "cited_text": citation.quote or "",
        "encrypted_index": "",
    }


def _address(source: str) -> str | None:
    """Return a search result's source when it is an address; it may be any name."""
    return source if source.startswith(("https://", "http://")) else None
