"""Media are of the kind their type says, and a file is known from an address."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats import hub
from tollway.formats.gemini.asked import Asked
from tollway.formats.gemini.media import encode_text, guess, is_address, is_youtube, read_file, read_inline
from tollway.kernel.errors import TollwayError


def asked(**fields):
    return Asked.parse(json.dumps(fields).encode(), "p.data")


def test_each_media_type_has_its_kind():
    kinds = {"image/png": hub.Image, "audio/wav": hub.Audio, "video/mp4": hub.Video, "application/pdf": hub.Document}
    for media_type, kind in kinds.items():
        part = read_inline(asked(mimeType=media_type, data="AAAA"), "p")
        assert isinstance(part, kind)
        assert part.source == hub.Base64(media_type=media_type, data="AAAA") and part.at == "p"


def test_a_text_document_is_its_text():
    part = read_inline(asked(mime_type="text/plain", data=encode_text("Grüße"), displayName="a.txt"), "p")
    assert part == hub.Document(source=hub.PlainText(text="Grüße"), name="a.txt", at="p")
    broken = read_inline(asked(mimeType="text/plain", data="/w=="), "p")
    assert broken == hub.Document(source=hub.Base64(media_type="text/plain", data="/w=="), at="p")


def test_bytes_come_in_the_alphabet_that_all_vendors_read():
    """Google's own client writes the URL-safe one, which others take for damaged."""
    part = read_inline(asked(mimeType="image/png", data="-_8"), "p")
    assert part == hub.Image(source=hub.Base64(media_type="image/png", data="+/8="), at="p")
    assert read_inline(asked(mimeType="text/plain", data="P8O_"), "p") == hub.Document(
        source=hub.PlainText(text="?ÿ"), at="p"
    )


@given(st.text())
def test_any_text_becomes_base64_and_back(text):
    part = read_inline(asked(mimeType="text/plain", data=encode_text(text)), "p")
    assert isinstance(part, hub.Document)
    assert part.source == hub.PlainText(text=text.encode("utf-8", "replace").decode())


@pytest.mark.parametrize(
    ("uri", "source", "kind"),
    [
        ("https://x.org/a.png", hub.Link(url="https://x.org/a.png"), hub.Image),
        ("https://x.org/a", hub.Link(url="https://x.org/a"), hub.Document),
        (
            "https://storage.googleapis.com/b/a.png",
            hub.Link(url="https://storage.googleapis.com/b/a.png"),
            hub.Image,
        ),
        ("https://youtu.be/abc", hub.Link(url="https://youtu.be/abc"), hub.Video),
        ("gs://bucket/a.mp3", hub.FileId(origin="gemini", id="gs://bucket/a.mp3"), hub.Audio),
    ],
)
def test_an_address_is_told_from_a_file_of_googles(uri, source, kind):
    part = read_file(asked(fileUri=uri), "p")
    assert isinstance(part, kind) and part.source == source


def test_a_file_of_the_files_api_keeps_its_media_type():
    uri = "https://generativelanguage.googleapis.com/v1beta/files/abc"
    part = read_file(asked(fileUri=uri, mimeType="image/jpeg"), "p")
    assert part == hub.Image(source=hub.FileId(origin="gemini", id=uri, media_type="image/jpeg"), at="p")
    assert not is_address("http://[")


@pytest.mark.parametrize(
    ("read", "fields", "place"),
    [
        (read_inline, {"data": "AAAA"}, "p.data.mimeType"),
        (read_file, {"mimeType": "image/png"}, "p.data.fileUri"),
        (read_file, {"fileUri": "gs://a", "x": 1}, "p.data.x"),
        (read_inline, {"mimeType": "image/png", "x": 1}, "p.data.x"),
    ],
)
def test_what_is_missing_or_unknown_is_named(read, fields, place):
    with pytest.raises(TollwayError) as caught:
        read(asked(**fields), "p")
    assert caught.value.param == place


def test_endings_tell_media_types():
    assert guess("https://x.org/a.PDF?x=1") == "application/pdf"
    assert guess("https://x.org/") is None
    assert guess("http://[") is None
    assert is_youtube("https://www.youtube.com/watch?v=1") and not is_youtube("https://notyoutube.com/")
