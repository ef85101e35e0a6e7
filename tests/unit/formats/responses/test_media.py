"""Pictures, files and sound, wherever their bytes are."""

import json
from typing import Any

import pytest

from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.responses.media import data_url, guess, read_audio, read_file, read_image
from tollway.kernel.errors import TollwayError


def asked(**fields: Any) -> Asked:
    return Asked.parse(json.dumps(fields).encode(), "p")


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"image_url": "https://x/a"}, hub.Link(url="https://x/a")),
        ({"image_url": "data:image/webp;base64,AAAA"}, hub.Base64(media_type="image/webp", data="AAAA")),
        ({"image_url": "data:;base64,AAAA"}, hub.Base64(media_type="image/png", data="AAAA")),
        ({"file_id": "file-1"}, hub.FileId(origin="openai", id="file-1")),
    ],
)
def test_pictures(fields: dict[str, str], source: hub.Source) -> None:
    assert read_image(asked(**fields), None).source == source


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"file_id": "f"}, hub.Document(source=hub.FileId(origin="openai", id="f"), at="p")),
        ({"file_url": "http://x"}, hub.Document(source=hub.Link(url="http://x"), at="p")),
        (
            {"file_data": "data:application/pdf;name=a;base64,AAAA", "filename": "a.pdf"},
            hub.Document(source=hub.Base64(media_type="application/pdf", data="AAAA"), name="a.pdf", at="p"),
        ),
        (
            {"file_data": "AAAA", "filename": "a.csv"},
            hub.Document(source=hub.Base64(media_type="text/csv", data="AAAA"), name="a.csv", at="p"),
        ),
        (
            {"file_data": "data:image/png;base64,AAAA", "detail": "auto"},
            hub.Image(source=hub.Base64(media_type="image/png", data="AAAA"), at="p"),
        ),
    ],
)
def test_files(fields: dict[str, str], part: hub.Part) -> None:
    assert read_file(asked(**fields), None) == part


def test_sound() -> None:
    audio = read_audio(asked(input_audio={"data": "AAAA", "format": "mp3"}))
    assert audio.source == hub.Base64(media_type="audio/mpeg", data="AAAA")


@pytest.mark.parametrize(
    ("read", "fields", "param"),
    [
        (lambda part: read_image(part, None), {}, "p"),
        (lambda part: read_image(part, None), {"image_url": "u", "file_id": "f"}, "p"),
        (lambda part: read_image(part, None), {"image_url": ""}, "p.image_url"),
        (lambda part: read_image(part, None), {"image_url": "data:image/png,raw"}, "p.image_url"),
        (lambda part: read_file(part, None), {"filename": "a"}, "p"),
        (lambda part: read_file(part, None), {"file_id": "f", "detail": "high"}, "p.detail"),
        (read_audio, {}, "p.input_audio"),
        (read_audio, {"input_audio": {"data": "A", "format": "flac"}}, "p.input_audio.format"),
    ],
)
def test_refusals_name_the_place(read: Any, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(TollwayError) as caught:
        read(asked(**fields))
    assert caught.value.param == param


def test_media_types_are_guessed_by_the_name() -> None:
    assert [guess(name) for name in ("a.TXT", "a.bin", None)] == ["text/plain", "application/pdf", "application/pdf"]


def test_bytes_are_written_as_they_came() -> None:
    assert data_url(hub.Base64(media_type="image/png", data="AA==")) == "data:image/png;base64,AA=="
