"""Data URLs, addresses, files and sounds."""

from base64 import b64encode

import pytest

from tollway.formats import hub
from tollway.formats.chat.media import (
    read_address,
    read_file_data,
    sound_format,
    sound_type,
    text_url,
    write_address,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a.png", hub.Link(url="https://example.com/a.png")),
        ("data:image/png;base64,AAAA", hub.Base64(media_type="image/png", data="AAAA")),
        ("data:text/plain;charset=utf-8;base64,AAAA", hub.Base64(media_type="text/plain", data="AAAA")),
        ("data:;base64,AAAA", hub.Base64(media_type="text/plain", data="AAAA")),
        ("data:image/png,raw", None),
        ("data:image/png;base64", None),
    ],
)
def test_an_address_is_bytes_or_a_link(url, expected):
    assert read_address(url) == expected


def test_an_address_is_written_as_it_came():
    for url in ("https://example.com/a.png", "data:image/png;base64,AAAA"):
        source = read_address(url)
        assert source is not None and write_address(source) == url


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        ("data:application/pdf;base64,JVBE", None, hub.Base64(media_type="application/pdf", data="JVBE")),
        ("JVBE", "a.pdf", hub.Base64(media_type="application/pdf", data="JVBE")),
        ("JVBE", None, hub.Base64(media_type="application/pdf", data="JVBE")),
        ("AAAA", "a.png", hub.Base64(media_type="image/png", data="AAAA")),
        ("https://example.com/a.pdf", "a.pdf", hub.Link(url="https://example.com/a.pdf")),
        (text_url("Grüße"), None, hub.PlainText(text="Grüße")),
        (b64encode(b"plain").decode(), "a.txt", hub.PlainText(text="plain")),
        ("data:text/plain;base64,!!", None, hub.Base64(media_type="text/plain", data="!!")),
        ("data:application/pdf,x", None, None),
    ],
)
def test_file_data_tells_its_kind(data, name, expected):
    assert read_file_data(data, name) == expected


@pytest.mark.parametrize("name", ["wav", "mp3", "flac", "m4a", "odd"])
def test_formats_of_sound_go_both_ways(name):
    assert sound_format(sound_type(name)) == name


def test_other_names_of_a_type_are_known():
    assert sound_format("audio/x-wav") == "wav" and sound_format("audio/mp3") == "mp3"
