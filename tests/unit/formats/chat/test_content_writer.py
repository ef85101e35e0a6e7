"""Each vendor gets content as it takes it, or the caller a refusal at the content's place."""

import pytest

from kit.chat import hello, inexpressible, write, written
from tollway.formats import hub

PDF = hub.Base64(media_type="application/pdf", data="JVBE")
PNG = hub.Base64(media_type="image/png", data="AAAA")
LINK = hub.Link(url="https://example.com/a.pdf?x=1")


def saying(*parts):
    return hello(turns=(hub.Turn(role="user", parts=parts),))


def content(part, vendor="openai", model="gpt-4o"):
    return write(saying(part), vendor, model)["messages"][-1]["content"]


def test_one_text_is_a_string_and_several_are_parts():
    assert content(hub.Text(text="a")) == "a"
    two = saying(hub.Text(text="a"), hub.Text(text="b"))
    assert write(two)["messages"][0]["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    joined = written(two, "deepseek")
    assert b'"content":"a\\n\\nb"' in joined.body and joined.notes == ("texts-joined",)


def test_cache_marks_go_where_they_are_taken():
    text = hub.Text(text="a", cache=hub.CacheMark(ttl="1h"))
    mark = {"type": "ephemeral", "ttl": "1h"}
    assert content(text, "openrouter") == [{"type": "text", "text": "a", "cache_control": mark}]
    newer = written(saying(text), "openai", "gpt-5.6")
    assert b'"prompt_cache_breakpoint":{"mode":"explicit"}' in newer.body
    assert newer.notes == ("cache-lifetime-shortened",)
    assert content(hub.Text(text="a", cache=hub.CacheMark()), "openrouter")[0]["cache_control"] == {"type": "ephemeral"}
    older = written(saying(text), "openai", "gpt-4o")
    assert b'"content":"a"' in older.body and older.notes == ("cache-marks-ignored",)


def test_pictures_are_written_with_their_detail():
    image = hub.Image(source=PNG, detail="low")
    address = {"url": "data:image/png;base64,AAAA", "detail": "low"}
    assert content(image) == [{"type": "image_url", "image_url": address}]
    without = written(saying(image), "mistral")
    assert b"detail" not in without.body and without.notes == ("image-detail-ignored",)


def test_sounds_are_written_in_each_vendors_way():
    sound = hub.Audio(source=hub.Base64(media_type="audio/mpeg", data="AAAA"))
    assert content(sound) == [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}]
    assert content(sound, "mistral") == [{"type": "input_audio", "input_audio": "AAAA"}]
    assert content(hub.Audio(source=hub.Link(url="https://e.com/a")), "mistral")[0]["input_audio"] == "https://e.com/a"


def test_documents_are_written_in_each_vendors_way():
    named = hub.Document(source=PDF, name="a.pdf", context="About a.")
    data = "data:application/pdf;base64,JVBE"
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": data}}
    assert content(named) == [{"type": "text", "text": "About a."}, file]
    assert content(hub.Document(source=PDF))[0]["file"]["filename"] == "document.pdf"
    assert content(hub.Document(source=PDF, name="a"), "mistral") == [
        {"type": "document_url", "document_url": data, "document_name": "a"}
    ]
    linked = content(hub.Document(source=LINK), "openrouter")
    assert linked[0]["file"] == {"filename": "a.pdf", "file_data": LINK.url}
    kept = hub.Document(source=hub.FileId(origin="openai", id="file-1"))
    assert content(kept) == [{"type": "file", "file": {"file_id": "file-1"}}]


def test_a_document_of_text_is_text():
    document = hub.Document(source=hub.PlainText(text="body"), name="n", context="c", wants_citations=True)
    found = written(saying(document), "deepseek")
    assert b"n\\n\\nc\\n\\nbody" in found.body
    assert found.notes == ("document-citations-ignored", "document-as-text")


def test_films_go_where_they_are_taken():
    film = hub.Video(source=hub.Link(url="https://e.com/a.mp4"))
    assert content(film, "zai") == [{"type": "video_url", "video_url": {"url": "https://e.com/a.mp4"}}]


@pytest.mark.parametrize(
    ("part", "vendor", "advice"),
    [
        (hub.Image(source=PNG, at="x"), "deepseek", "DeepSeek takes no pictures"),
        (hub.Image(source=hub.FileId(origin="gemini", id="f"), at="x"), "openai", "by its address or in base64"),
        (hub.Video(source=PNG, at="x"), "openai", "takes no films"),
        (hub.Audio(source=hub.Base64(media_type="audio/flac", data="A"), at="x"), "openai", "only as wav and mp3"),
        (hub.Audio(source=LINK, at="x"), "openai", "in the body itself"),
        (hub.Document(source=LINK, at="x"), "openai", "fetches no documents"),
        (hub.Document(source=hub.FileId(origin="gemini", id="f"), at="x"), "openai", "another vendor keeps"),
        (hub.Document(source=PDF, at="x"), "groq", "takes no documents"),
    ],
)
def test_what_a_vendor_cannot_take_is_refused_at_its_place(part, vendor, advice):
    refusal = inexpressible(saying(part), vendor)
    assert (refusal.field, refusal.at) == ("turns", "x") and advice in refusal.advice
