"""Each kind of content is read, of every speaker of the dialect; what other dialects lack is refused at its place."""

import pytest

from kit.chat import read, refused
from kit.translation import meaning
from tollway.formats import hub

AT = "messages[0].content[0]"


def content(*parts, role="user"):
    request = read(messages=[{"role": role, "content": list(parts)}])
    return meaning(request.turns[0].parts)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "text", "text": ""}, hub.Text(text="")),
        (
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            hub.Text(text="a", cache=hub.CacheMark(ttl="1h")),
        ),
        (
            {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
            hub.Text(text="a", cache=hub.CacheMark()),
        ),
        (
            {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
            hub.Text(text="a", cache=hub.CacheMark(ttl="1h")),
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://e.com/a.png", "detail": "low"}},
            hub.Image(source=hub.Link(url="https://e.com/a.png"), detail="low"),
        ),
        (
            {"type": "image_url", "image_url": "data:image/png;base64,AAAA"},
            hub.Image(source=hub.Base64(media_type="image/png", data="AAAA")),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            hub.Audio(source=hub.Base64(media_type="audio/mpeg", data="AAAA")),
        ),
        ({"type": "input_audio", "input_audio": "https://e.com/a"}, hub.Audio(source=hub.Link(url="https://e.com/a"))),
        (
            {"type": "input_audio", "input_audio": "AAAA"},
            hub.Audio(source=hub.Base64(media_type="audio/wav", data="AAAA")),
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
            hub.Document(source=hub.Base64(media_type="application/pdf", data="AA=="), name="a.pdf"),
        ),
        (
            {"type": "file", "file": {"file_id": "file-1"}, "cache_control": {"type": "ephemeral"}},
            hub.Document(source=hub.FileId(origin="openai", id="file-1"), cache=hub.CacheMark()),
        ),
        (
            {"type": "document_url", "document_url": "https://e.com/a.pdf", "document_name": "a"},
            hub.Document(source=hub.Link(url="https://e.com/a.pdf"), name="a"),
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://e.com/a"}},
            hub.Video(source=hub.Link(url="https://e.com/a")),
        ),
    ],
)
def test_each_part_of_a_user_is_read(part, expected):
    assert content(part) == (expected,)


def test_parts_of_a_model_are_read():
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    assert content(thinking | {"closed": True}, {"type": "refusal", "refusal": "No."}, role="assistant") == (
        hub.Thinking(text="ab"),
        hub.Refusal(text="No."),
    )
    sealed = content(thinking | {"signature": "s"}, role="assistant")
    assert sealed == (hub.Thinking(text="ab", signature=hub.Signature(origin="mistral", value="s")),)


def test_a_text_knows_its_place():
    assert read().turns[0].parts[0].at == "messages[0].content"
    request = read(messages=[{"role": "user", "content": [{"type": "text", "text": "a"}]}])
    assert request.turns[0].parts[0].at == AT


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"text": "a"}, f"{AT}.type"),
        ({"type": "odd"}, f"{AT}.type"),
        ({"type": "text"}, f"{AT}.text"),
        ({"type": "text", "text": 3}, f"{AT}.text"),
        ({"type": "text", "text": "a", "extra": 1}, f"{AT}.extra"),
        ({"type": "text", "text": "a", "cache_control": {"type": "odd"}}, f"{AT}.cache_control.type"),
        ({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "9h"}}, f"{AT}.cache_control.ttl"),
        (
            {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
            f"{AT}.prompt_cache_breakpoint.ttl",
        ),
        ({"type": "image_url"}, f"{AT}.image_url"),
        ({"type": "image_url", "image_url": {"url": ""}}, f"{AT}.image_url.url"),
        ({"type": "image_url", "image_url": "data:image/png,x"}, f"{AT}.image_url"),
        ({"type": "image_url", "image_url": {"url": "https://e.com", "zoom": 2}}, f"{AT}.image_url.zoom"),
        ({"type": "input_audio", "input_audio": {"data": "AA"}}, f"{AT}.input_audio.format"),
        ({"type": "input_audio", "input_audio": {"format": "wav"}}, f"{AT}.input_audio.data"),
        ({"type": "file", "file": {}}, f"{AT}.file"),
        ({"type": "file", "file": {"file_id": "a", "file_data": "b"}}, f"{AT}.file"),
        ({"type": "file", "file": {"file_data": "data:application/pdf,x"}}, f"{AT}.file.file_data"),
        ({"type": "refusal", "refusal": "No."}, AT),
        ({"type": "thinking", "thinking": [{"type": "odd"}]}, f"{AT}.thinking[0].type"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(part, param):
    assert refused(messages=[{"role": "user", "content": [part]}]).param == param


def test_instructions_can_only_be_text():
    image = {"type": "image_url", "image_url": {"url": "https://e.com/a.png"}}
    assert refused(messages=[{"role": "system", "content": [image]}]).param == AT
