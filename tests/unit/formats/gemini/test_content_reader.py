"""Contents are read part by part; calls and results find each other; what only Google reads is refused by its place."""

import json

import pytest

from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.gemini.asked import Asked
from tollway.formats.gemini.content_reader import Conversation, read_system
from tollway.kernel.errors import TollwayError

SEAL = hub.Signature(origin="gemini", value="U0VBTA==")
SEALED = {"thoughtSignature": "U0VBTA=="}


def read(*contents):
    body = Asked.parse(json.dumps({"contents": contents}).encode())
    return Conversation(body.children("contents")).read()


def user(*parts):
    return {"role": "user", "parts": list(parts)}


def model(*parts):
    return {"role": "model", "parts": list(parts)}


def call(name, call_id=None, **args):
    return {"functionCall": {"name": name, "args": args} | ({} if call_id is None else {"id": call_id})}


def result(name, response, call_id=None, **rest):
    return {"functionResponse": {"name": name, "response": response} | ({"id": call_id} if call_id else {}) | rest}


def only(turns):
    (turn,) = turns
    (part,) = turn.parts
    return part


def test_texts_know_their_places():
    turns = read({"parts": [{"text": "a"}, {"text": ""}]}, model({"text": "b"}, {"text": ""}))
    assert turns == (
        hub.Turn(
            role="user",
            parts=(hub.Text(text="a", at="contents[0].parts[0]"), hub.Text(text="", at="contents[0].parts[1]")),
            at="contents[0]",
        ),
        hub.Turn(role="assistant", parts=(hub.Text(text="b", at="contents[1].parts[0]"),), at="contents[1]"),
    )


def test_what_a_model_said_in_several_contents_is_one_turn():
    """A client that keeps a stream's pieces has a content for each; thoughts join, their seal comes last."""
    turns = read(
        user({"text": "q"}),
        model({"text": "Hm", "thought": True}),
        model({"text": "m", "thought": True}, {"text": "", "thought": True} | SEALED),
        model({"text": "A"}),
        model({"text": "B"}),
        model({"text": ""} | SEALED),
    )
    assert meaning(turns[1].parts) == (
        hub.Thinking(text="Hmm", signature=SEAL),
        hub.Text(text="AB"),
        hub.Thinking(signature=SEAL, is_redacted=True),
    )
    assert len(turns) == 2


def test_a_long_conversation_is_read_in_time_that_grows_with_it():
    """Each piece of a stream may be a content, a call may wait behind many: with squares, the test runs out of time."""
    pieces = [model({"text": "x" * 40}) for _ in range(10_000)]
    calls = [model(call("f")) for _ in range(4_000)]
    results = [user(result("f", {})) for _ in range(4_000)]
    turns = read(user({"text": "q"}), *pieces, *calls, *results)
    assert [len(turn.parts) for turn in turns[:2]] == [1, 4_001]
    assert turns[-1].parts[0].call_id == "call_4000"


def test_a_content_without_parts_says_nothing():
    assert len(read(user({"text": "a"}), {"role": "model"}, model({"text": ""}), user({"text": "b"}))) == 2


def test_calls_without_ids_are_numbered_and_results_find_them():
    turns = read(
        model(call("f", a=1), call("g"), call("f", call_id="call_2")),
        user(result("f", {"output": "one"}), result("g", {"result": 5}), result("f", {"error": "no"})),
    )
    assert [part.id for part in turns[0].parts] == ["call_1", "call_3", "call_2"]
    assert [part.arguments for part in turns[0].parts] == ['{"a": 1}', "{}", "{}"]
    assert meaning(turns[1].parts) == (
        hub.ToolResult(call_id="call_1", name="f", parts=(hub.Text(text="one"),)),
        hub.ToolResult(call_id="call_3", name="g", parts=(hub.Text(text='{"result": 5}'),)),
        hub.ToolResult(call_id="call_2", name="f", parts=(hub.Text(text="no"),), is_error=True),
    )


def test_results_keep_the_ids_they_have():
    turns = read(model(call("f", "x"), call("f", "y")), user(result("f", {}, "y"), result("f", {}, "x")))
    assert [part.call_id for part in turns[1].parts] == ["y", "x"]


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "a"}, "a", False),
        ({"output": {"b": 1}}, '{"b": 1}', False),
        ({"output": 5}, "5", False),
        ({"error": "a"}, "a", True),
        ({"error": {"code": 1}}, '{"code": 1}', True),
        ({"output": "a", "error": "b"}, '{"output": "a", "error": "b"}', False),
        ({"temperature": 5}, '{"temperature": 5}', False),
        ({}, "{}", False),
        ({"error": {"a": "ü"}, "code": None}, '{"error": {"a": "\\u00fc"}, "code": null}', False),
    ],
)
def test_a_response_is_output_error_or_itself(response, text, is_error):
    part = only(read(user(result("f", response, "x"))))
    assert meaning(part) == hub.ToolResult(call_id="x", name="f", parts=(hub.Text(text=text),), is_error=is_error)


def test_a_result_may_say_nothing():
    assert only(read(user({"functionResponse": {"name": "f", "id": "x"}}))).parts == ()
    assert only(read(user(result("f", {"output": None}, "x")))).parts == ()
    failed = only(read(user(result("f", {"error": None}, "x"))))
    assert (failed.parts, failed.is_error) == ((), True)


def test_a_result_may_hold_pictures_and_documents():
    picture = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    paper = {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://a"}}
    part = only(read(user(result("f", {"output": "a"}, "x", parts=[picture, paper]))))
    assert meaning(part.parts) == (
        hub.Text(text="a"),
        hub.Image(source=hub.Base64(media_type="image/png", data="AAAA")),
        hub.Document(source=hub.FileId(origin="gemini", id="gs://a", media_type="application/pdf")),
    )


def test_a_call_keeps_its_seal():
    part = only(read(model(call("f", "x") | SEALED)))
    assert meaning(part) == hub.ToolCall(id="x", name="f", arguments="{}", signature=SEAL)


def test_media_and_the_old_role_of_results():
    turns = read(
        user({"inlineData": {"mimeType": "audio/wav", "data": "AA"}}, {"file_data": {"file_uri": "gs://b/a.mp4"}}),
        {"role": "function", "parts": [result("f", {}, "x")]},
    )
    assert [type(part) for turn in turns for part in turn.parts] == [hub.Audio, hub.Video, hub.ToolResult]


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        ({"role": "system", "parts": [{"text": "a"}]}, "request.field_invalid", "role"),
        (user({"text": "a", "inlineData": {}}), "request.field_invalid", "parts[0]"),
        (user(call("f")), "request.field_invalid", "parts[0].functionCall"),
        (user({"text": "a", "thought": True}), "request.field_invalid", "parts[0].thought"),
        (model(result("f", {}, "x")), "request.field_invalid", "parts[0].functionResponse"),
        (user(result("f", {})), "request.field_invalid", "parts[0]"),
        (model({"functionCall": {"args": {}}}), "request.field_invalid", "parts[0].functionCall.name"),
        (model({"functionCall": {"name": "f", "args": 3}}), "request.field_invalid", "parts[0].functionCall.args"),
        (user(result("", {}, "x")), "request.field_invalid", "parts[0].functionResponse.name"),
        (user(result("f", 3, "x")), "request.field_invalid", "parts[0].functionResponse.response"),
        (model({"executableCode": {}}), "request.untranslatable", "parts[0].executableCode"),
        (model({"tool_call": {}}), "request.untranslatable", "parts[0].tool_call"),
        (user({"text": "a", "videoMetadata": {"fps": 1}}), "request.untranslatable", "parts[0].videoMetadata"),
        (user(result("f", {}, "x", scheduling="SILENT")), "request.untranslatable",
         "parts[0].functionResponse.scheduling"),
        (user(result("f", {}, "x", parts=[{"inlineData": {"mimeType": "audio/wav", "data": ""}}])),
         "request.untranslatable", "parts[0].functionResponse.parts[0]"),
        (user(result("f", {}, "x", parts=[{}])), "request.untranslatable", "parts[0].functionResponse.parts[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_its_place(content, code, place):
    with pytest.raises(TollwayError) as caught:
        read(content)
    assert (caught.value.code.name, caught.value.param) == (code, f"contents[0].{place}")


def test_text_that_is_no_utf_8_is_refused():
    part = b'{"functionCall":{"name":"f","args":{"a":"\xff"}}}'
    body = Asked.parse(b'{"contents":[{"role":"model","parts":[%b]}]}' % part)
    with pytest.raises(TollwayError, match="must be UTF-8"):
        Conversation(body.children("contents")).read()


def system(value):
    return read_system(Asked.parse(json.dumps(value).encode(), "systemInstruction"))


def test_instructions_are_text():
    assert read_system(None) == ()
    assert meaning(system({"role": "user", "parts": [{"text": "a"}, {"text": "b"}]})) == (
        hub.Text(text="a"),
        hub.Text(text="b"),
    )
    assert meaning(system({"parts": {"text": "a"}})) == (hub.Text(text="a"),)
    with pytest.raises(TollwayError) as caught:
        system({"parts": [{"inlineData": {"mimeType": "image/png"}}]})
    assert caught.value.param == "systemInstruction.parts[0].inlineData"
