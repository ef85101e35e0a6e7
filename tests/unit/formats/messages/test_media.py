"""Pictures and documents are read from every source and written to those that Claude reads."""

import json

import pytest
from hypothesis import given

from kit.messages_values import DOCUMENTS, IMAGES
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.media import read_document, read_image, write_document, write_image
from tollway.kernel.errors import TollwayError


def asked(block: object) -> Asked:
    found = Asked.parse(json.dumps(block).encode(), "b")
    found.text("type")
    return found


def document(**source: object) -> hub.Document:
    return read_document(asked({"source": source}))


@given(IMAGES)
def test_a_picture_survives(image):
    assert meaning(read_image(asked(write_image(image)))) == meaning(image)


@given(DOCUMENTS)
def test_a_document_survives(given_document):
    assert meaning(read_document(asked(write_document(given_document)))) == meaning(given_document)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("all of it", "all of it"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ([], ""),
        (None, ""),
    ],
)
def test_a_document_in_blocks_of_text_is_one_text(content, text):
    assert document(type="content", content=content).source == hub.PlainText(text=text)


def test_a_picture_within_a_document_is_refused_by_place():
    with pytest.raises(TollwayError) as refusal:
        document(type="content", content=[{"type": "image", "source": {}}])
    assert (refusal.value.code.name, refusal.value.param) == ("request.untranslatable", "b.source.content[0]")


@pytest.mark.parametrize(
    ("source", "param"),
    [
        ({"type": "base64", "data": "AAAA"}, "b.source.media_type"),
        ({"type": "base64", "media_type": "image/png"}, "b.source.data"),
        ({"type": "url"}, "b.source.url"),
        ({"type": "file"}, "b.source.file_id"),
        ({"type": "text", "data": "no picture"}, "b.source.type"),
        ({"type": "paper"}, "b.source.type"),
        ({"type": "url", "url": "https://e.com", "proxy": "x"}, "b.source.proxy"),
        (None, "b.source"),
    ],
)
def test_a_source_that_is_none_is_refused_by_place(source, param):
    with pytest.raises(TollwayError) as refusal:
        read_image(asked({"source": source}))
    assert refusal.value.param == param


def test_a_picture_may_say_that_it_is_scaled_as_usual():
    url = {"type": "url", "url": "https://e.com/a.png"}
    assert read_image(asked({"source": url, "transformations": {"oversized_image": "downsize"}})).source
    with pytest.raises(TollwayError) as refusal:
        read_image(asked({"source": url, "transformations": {"oversized_image": "error"}}))
    assert refusal.value.param == "b.transformations.oversized_image"


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (
            hub.Base64(media_type="text/csv; charset=utf-8", data="YSxi"),
            {"type": "text", "media_type": "text/plain", "data": "a,b"},
        ),
        (
            hub.Base64(media_type="application/json", data="e30="),
            {"type": "text", "media_type": "text/plain", "data": "{}"},
        ),
        (
            hub.Link(url="https://e.com/a.pdf", media_type="application/pdf"),
            {"type": "url", "url": "https://e.com/a.pdf"},
        ),
    ],
)
def test_texts_of_any_type_are_sent_as_text(source, written):
    assert write_document(hub.Document(source=source))["source"] == written


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        (hub.Base64(media_type="application/msword", data="AAAA"), "convert the document"),
        (hub.Base64(media_type="text/plain", data="//79"), "no text in UTF-8"),
        (hub.Base64(media_type="text/plain", data="%"), "no text in UTF-8"),
        (hub.Link(url="https://e.com/a.csv", media_type="text/csv"), "send the text itself"),
        (hub.Link(url="gs://bucket/a.pdf"), "send the bytes"),
        (hub.FileId(origin="openai", id="file-1"), "kept at openai"),
    ],
)
def test_a_document_that_claude_cannot_read_is_refused_with_its_place(source, advice):
    with pytest.raises(Inexpressible, match=advice) as refusal:
        write_document(hub.Document(source=source, at="here"))
    assert refusal.value.at == "here"


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        (hub.Base64(media_type="image/heic", data="AAAA"), "convert the picture"),
        (hub.PlainText(text="a"), "no picture"),
        (hub.FileId(origin="gemini", id="x"), "kept at gemini"),
    ],
)
def test_a_picture_that_claude_cannot_read_is_refused_with_its_place(source, advice):
    with pytest.raises(Inexpressible, match=advice) as refusal:
        write_image(hub.Image(source=source, at="here"))
    assert refusal.value.at == "here"


def test_the_other_name_of_jpeg_is_understood():
    written = write_image(hub.Image(source=hub.Base64(media_type="image/jpg", data="AAAA")))
    assert written["source"] == {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}
