"""Sources are found in the text they belong to, and written so that they are found again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.gemini.fields import Fields
from tollway.formats.gemini.grounding import Support, read_supports, write_grounding
from tollway.formats.hub import Citation

WEB = Citation(url="https://a.example", title="A")
TEXT = "Größe: 5 m. Länge: 7 m."


def read(**candidate):
    found = Fields.parse(json.dumps(candidate).encode())
    assert found is not None
    return read_supports(found)


def grounded(chunks, supports=()):
    return read(groundingMetadata={"groundingChunks": chunks, "groundingSupports": list(supports)})


def test_a_support_names_its_sources():
    chunks = [{"web": {"uri": "https://a.example", "title": "A"}}, {"web": {"uri": "https://b.example"}}]
    segment = {"startIndex": 3, "endIndex": 9, "text": "stretch", "partIndex": 2}
    found = grounded(chunks, [{"segment": segment, "groundingChunkIndices": [1, 2, 7]}])
    assert found == [
        Support("stretch", 3, 9, (Citation(url="https://b.example"),), part=2),
        Support("", 0, 0, (WEB,)),  # What nothing rests on stands for the whole.
    ]


@pytest.mark.parametrize(
    ("chunk", "source"),
    [
        ({"retrievedContext": {"uri": "gs://a", "text": "words"}}, Citation(url="gs://a", quote="words")),
        (
            {"maps": {"uri": "https://maps.example", "title": "Café"}},
            Citation(url="https://maps.example", title="Café"),
        ),
        ({"image": {"sourceUri": "https://i.example"}}, Citation(url="https://i.example")),
    ],
)
def test_each_kind_of_source_is_one(chunk, source):
    assert grounded([chunk, {"unknown": {}}, chunk]) == [Support("", 0, 0, (source,))]


def test_a_recitation_names_what_it_recites():
    cited = {"citationSources": [{"startIndex": 1, "endIndex": 4, "uri": "https://a.example"}]}
    assert read(citationMetadata=cited) == [Support("", 1, 4, (Citation(url="https://a.example"),))]
    vertex = {"citations": [{"endIndex": 4, "title": "A"}]}
    assert read(citationMetadata=vertex) == [Support("", 0, 4, (Citation(title="A"),))]
    assert read() == []


@pytest.mark.parametrize(
    ("support", "place"),
    [
        # Offsets are bytes: `ö` and `ß` have two.
        (Support("5 m.", 9, 13, ()), (7, 11)),
        (Support("", 9, 13, ()), (7, 11)),
        # Offsets that do not fit the text: the text is looked for.
        (Support("Länge", 0, 4, ()), (12, 17)),
        (Support("Länge", 90, 94, ()), (12, 17)),
        (Support("Größe", 90, 94, ()), (0, 5)),
        (Support("nowhere", 0, 4, ()), None),
        (Support("", 0, 0, ()), None),
        (Support("", 90, 94, ()), None),
    ],
)
def test_a_stretch_is_found_in_code_points(support, place):
    assert support.find(TEXT) == place


def test_each_source_of_a_stretch_is_cited():
    other = Citation(title="B")
    support = Support("x", 0, 1, (WEB, other))
    assert support.citations((2, 3)) == [
        Citation(url=WEB.url, title=WEB.title, start=2, end=3),
        Citation(title="B", start=2, end=3),
    ]
    assert support.citations(None) == [WEB, other]
    assert support.is_placed and not Support("", 0, 0, ()).is_placed


def test_nothing_cited_is_nothing_written():
    assert write_grounding([(0, "text", ())]) == {}


def test_a_source_is_written_once():
    written = write_grounding([(1, TEXT, (WEB, Citation(url=WEB.url, title=WEB.title, start=7, end=11)))])
    segment = {"endIndex": 13, "text": "5 m.", "startIndex": 9, "partIndex": 1}
    assert written == {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}],
    }
    half = Citation(url=WEB.url, title=WEB.title, start=7)
    assert write_grounding([(0, TEXT, (WEB, half))]).keys() == {"groundingChunks"}


@given(st.data())
def test_what_is_written_is_found_at_its_place(data):
    text = data.draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cited = Citation(url="https://a.example", quote=data.draw(st.none() | st.just("q")), start=start, end=end)
    found = read(groundingMetadata=write_grounding([(0, text, (cited,))]))
    assert [item for support in found for item in support.citations(support.find(text))] == [cited]
