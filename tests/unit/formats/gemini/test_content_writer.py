"""Turns are written as contents; what a part cannot say is refused by its place, what differs harmlessly is noted."""

import json
from base64 import b64encode

import msgspec
import pytest

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.gemini.content_writer import ContentWriter
from tollway.formats.gemini.seal import WAIVER

SEAL = hub.Signature(origin="gemini", value="U0VBTA==")
FOREIGN = hub.Signature(origin="anthropic", value="x")
PNG = hub.Base64(media_type="image/png", data="AAAA")
INLINE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}


def write(*turns, model="gemini-2.5-flash"):
    notes: list[str] = []
    written = ContentWriter(Target(vendor="gemini", model=model), notes).write(turns)
    return json.loads(msgspec.json.encode(written)), notes


def user(*parts):
    return hub.Turn(role="user", parts=parts)


def assistant(*parts):
    return hub.Turn(role="assistant", parts=parts)


def parts(*made, model="gemini-2.5-flash", by=user):
    contents, notes = write(by(*made), model=model)
    return [part for content in contents for part in content["parts"]], notes


def test_turns_keep_their_order_and_roles():
    contents, notes = write(user(hub.Text(text="a")), assistant(hub.Text(text="b")), user(hub.Text(text="c")))
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert (contents[1]["parts"], notes) == ([{"text": "b"}], [])


@pytest.mark.parametrize(
    ("part", "written", "noted"),
    [
        (hub.Image(source=PNG), [INLINE], []),
        (hub.Image(source=PNG, detail="high"), [INLINE], ["image-detail-ignored"]),
        (hub.Image(source=PNG, cache=hub.CacheMark()), [INLINE], ["cache-marks-ignored"]),
        (hub.Text(text="a", cache=hub.CacheMark(ttl="1h")), [{"text": "a"}], ["cache-marks-ignored"]),
        (hub.Text(text="a", citations=(hub.Citation(),)), [{"text": "a"}], ["citations-omitted"]),
        (hub.Refusal(text="no"), [{"text": "no"}], ["refusal-as-text"]),
        (hub.Document(source=PNG, name="a.png"), [INLINE], ["document-name-ignored"]),
        (hub.Document(source=PNG, context="About"), [{"text": "About"}, INLINE], ["document-context-as-text"]),
        (hub.Document(source=hub.PlainText(text="ü")),
         [{"inlineData": {"mimeType": "text/plain", "data": b64encode("ü".encode()).decode()}}], []),
        (hub.Audio(source=hub.Base64(media_type="audio/wav", data="AA")),
         [{"inlineData": {"mimeType": "audio/wav", "data": "AA"}}], []),
        (hub.Video(source=hub.FileId(origin="gemini", id="gs://a", media_type="video/mp4")),
         [{"fileData": {"fileUri": "gs://a", "mimeType": "video/mp4"}}], []),
        (hub.Video(source=hub.FileId(origin="gemini", id="gs://a")), [{"fileData": {"fileUri": "gs://a"}}], []),
        (hub.Video(source=hub.Link(url="https://youtu.be/a")), [{"fileData": {"fileUri": "https://youtu.be/a"}}], []),
        (hub.Image(source=hub.Link(url="https://a.example/a.PNG?x")),
         [{"fileData": {"fileUri": "https://a.example/a.PNG?x", "mimeType": "image/png"}}], []),
        (hub.Image(source=hub.Link(url="https://a.example/a", media_type="image/gif")),
         [{"fileData": {"fileUri": "https://a.example/a", "mimeType": "image/gif"}}], []),
    ],
)  # fmt: skip
def test_each_part_is_written(part, written, noted):
    assert parts(part) == (written, noted)


@pytest.mark.parametrize(
    ("part", "model", "advice"),
    [
        (hub.Image(source=hub.Link(url="https://a.example/a"), at="here"), "gemini-2.5-flash", "send base64"),
        (hub.Image(source=hub.Link(url="ftp://a.example/a.png"), at="here"), "gemini-2.5-flash", "send base64"),
        (hub.Image(source=hub.Link(url="https://a.example/a.png"), at="here"), "gemini-2.0-flash", "as base64"),
        (hub.Image(source=hub.FileId(origin="openai", id="f"), at="here"), "gemini-2.5-flash", "kept at openai"),
        (hub.Document(source=PNG, wants_citations=True, at="here"), "gemini-2.5-flash", "citations off"),
        (hub.ToolCall(id="1", name="f", arguments="[1]", at="here"), "gemini-2.5-flash", "JSON object"),
        (hub.ToolResult(call_id="1", parts=(), at="here"), "gemini-2.5-flash", "follow the call"),
    ],
)
def test_what_gemini_cannot_read_is_refused_by_its_place(part, model, advice):
    with pytest.raises(Inexpressible, match=advice) as caught:
        parts(part, model=model)
    assert (caught.value.field, caught.value.at) == ("turns", "here")


def test_instructions_in_mid_conversation_are_refused():
    with pytest.raises(Inexpressible, match="at the beginning") as caught:
        write(hub.Turn(role="system", parts=(hub.Text(text="a"),), at="here"))
    assert caught.value.at == "here"


def test_a_speakers_name_is_noted():
    _, notes = write(hub.Turn(role="user", parts=(hub.Text(text="a"),), name="Ann"))
    assert notes == ["message-name-ignored"]


def test_a_seal_hangs_again_where_it_hung():
    sealed = hub.Thinking(signature=SEAL, is_redacted=True)
    written, notes = parts(
        hub.Thinking(text="Hm", signature=SEAL), hub.Text(text="a"), sealed, sealed, hub.Text(text="b"), by=assistant
    )
    assert written == [
        {"text": "Hm", "thought": True, "thoughtSignature": SEAL.value},
        {"text": "a", "thoughtSignature": SEAL.value},
        {"text": "", "thoughtSignature": SEAL.value},
        {"text": "b"},
    ]
    assert notes == []


def test_thinking_of_others_is_left_out_and_a_turn_of_it_alone_too():
    contents, notes = write(assistant(hub.Thinking(text="a", signature=FOREIGN), hub.Thinking(text="b")))
    assert (contents, notes) == ([], ["foreign-thinking-omitted"])


def test_calls_keep_their_arguments_and_seals():
    call = hub.ToolCall(id="1", name="f", arguments='{"a": 1.0}', signature=SEAL)
    written, notes = parts(call, hub.ToolCall(id="2", name="g", arguments=""), by=assistant)
    assert written == [
        {"functionCall": {"id": "1", "name": "f", "args": {"a": 1.0}}, "thoughtSignature": SEAL.value},
        {"functionCall": {"id": "2", "name": "g", "args": {}}},
    ]
    assert notes == []


def test_the_first_call_of_a_turn_that_another_model_made_is_waived():
    """Gemini 3 refuses a call of the current turn that has no seal."""
    call = hub.ToolCall(id="1", name="f", arguments="{}", signature=FOREIGN)
    contents, notes = write(assistant(call, call), assistant(call), model="gemini-3-flash-preview")
    assert [part.get("thoughtSignature") for content in contents for part in content["parts"]] == [WAIVER, None, WAIVER]
    assert notes == ["foreign-thinking-omitted", "thought-signature-waived"]
    assert "thoughtSignature" not in parts(call, by=assistant)[0][0]


@pytest.mark.parametrize(
    ("text", "is_error", "response"),
    [
        ("plain", False, {"output": "plain"}),
        ('{"a": 1}', False, {"a": 1}),
        ('{"output": 1}', False, {"output": '{"output": 1}'}),
        ("{broken}", False, {"output": "{broken}"}),
        ("[1]", False, {"output": "[1]"}),
        ("no", True, {"error": "no"}),
    ],
)
def test_a_result_is_an_object(text, is_error, response):
    result = hub.ToolResult(call_id="1", name="f", parts=(hub.Text(text=text),), is_error=is_error)
    assert parts(result)[0] == [{"functionResponse": {"id": "1", "name": "f", "response": response}}]


def test_a_result_finds_its_name_at_its_call():
    call = hub.ToolCall(id="1", name="f", arguments="{}")
    contents, _ = write(assistant(call), user(hub.ToolResult(call_id="1", parts=())))
    assert contents[1]["parts"] == [{"functionResponse": {"id": "1", "name": "f", "response": {"output": None}}}]


def test_pictures_of_a_result_are_inside_where_the_model_takes_them():
    made = (hub.Image(source=PNG), hub.Text(text="a"), hub.Text(text="b"))
    result = hub.ToolResult(call_id="1", name="f", parts=made)
    response = {"id": "1", "name": "f", "response": {"output": "a\nb"}}
    noted = ["tool-result-texts-joined", "tool-result-parts-reordered"]
    written, notes = parts(result, model="gemini-3-flash-preview")
    assert (written, notes) == ([{"functionResponse": response | {"parts": [INLINE]}}], noted)
    written, notes = parts(result)
    assert (written, notes) == ([{"functionResponse": response}, INLINE], [*noted, "tool-result-media-beside"])


def test_instructions_are_parts():
    notes: list[str] = []
    writer = ContentWriter(Target(vendor="gemini", model="m"), notes)
    assert writer.texts((hub.Text(text="a"), hub.Text(text="b"))) == [{"text": "a"}, {"text": "b"}]
