"""Citations keep their source and their words; each is about the whole of its text."""

import pytest
from anthropic.types import CitationsWebSearchResultLocation

from tollway.formats.hub import Citation
from tollway.formats.lenient import Fields
from tollway.formats.messages.citations import place, read_citation, write_citation


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b'{"type":"web_search_result_location","url":"https://e.com","title":"E","cited_text":"q","encrypted_index":"x"}',
            Citation(url="https://e.com", title="E", quote="q"),
        ),
        (
            b'{"type":"char_location","cited_text":"q","document_index":0,"document_title":"D","start_char_index":3}',
            Citation(title="D", quote="q"),
        ),
        (
            b'{"type":"search_result_location","source":"https://e.com/a","title":"A","cited_text":"q"}',
            Citation(url="https://e.com/a", title="A", quote="q"),
        ),
        (
            b'{"type":"search_result_location","source":"shelf 7","title":null,"cited_text":""}',
            Citation(),
        ),
    ],
)
def test_every_kind_is_read(raw, expected):
    fields = Fields.parse(raw)
    assert fields is not None and read_citation(fields) == expected


def test_a_citation_is_of_the_whole_text():
    assert place(Citation(title="D"), 4) == Citation(title="D", start=0, end=4)
    assert place(Citation(title="D"), 0) == Citation(title="D")


@pytest.mark.parametrize("citation", [Citation(), Citation(url="https://e.com", title="E", quote="q", start=0, end=3)])
def test_the_official_client_takes_what_is_written(citation):
    written = CitationsWebSearchResultLocation.model_validate(write_citation(citation))
    assert (written.url, written.title, written.cited_text) == (
        citation.url or "",
        citation.title,
        citation.quote or "",
    )
