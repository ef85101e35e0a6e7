"""The dialect keeps its contract: what it writes it reads as it was, and no input makes it fail in another way."""

import json

import msgspec
import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from kit.gemini_values import SHOWN, TARGET, cited_last, events, replies, requests
from kit.translation import fold, meaning
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Bounds, UpstreamFault
from tollway.formats.gemini.dialect import DIALECT
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError


def parsed(value):
    return JSONObject.parse(value if isinstance(value, bytes) else json.dumps(value).encode())


@given(requests())
def test_any_request_survives_hub_to_gemini_to_hub(request):
    written = DIALECT.write_request(request, TARGET)
    found = DIALECT.read_request(parsed(written.body), model=TARGET.model, is_stream=False)
    assert meaning(found) == meaning(request)
    assert written.notes == ()


@given(replies())
def test_any_answer_survives_hub_to_gemini_to_hub(reply):
    raw = DIALECT.write_reply(reply, SHOWN)
    types.GenerateContentResponse.model_validate_json(raw)
    assert meaning(DIALECT.read_reply(raw, "gemini")) == meaning(reply)
    assert DIALECT.read_usage(raw) == reply.usage


@given(replies().map(cited_last), st.integers(1, 50))
def test_any_stream_survives_hub_to_gemini_to_hub(reply, size):
    writer = DIALECT.open_writer(SHOWN)
    raw = b"".join(writer.write(event) for event in events(reply))
    for line in raw.splitlines():
        if line:
            types.GenerateContentResponse.model_validate_json(line.removeprefix(b"data: "))
    reader = DIALECT.open_reader("gemini")
    found = [event for at in range(0, len(raw), size) for event in reader.feed(raw[at : at + size])]
    assert meaning(fold(found + reader.finish())) == meaning(reply)


@given(replies(), st.integers(1, 50), st.none() | st.just(b'"alias"'))
def test_any_written_stream_passes_the_watch_unchanged(reply, size, model_json):
    writer = DIALECT.open_writer(SHOWN)
    raw = b"".join(writer.write(event) for event in events(reply))
    watch = DIALECT.open_watch(
        clock=lambda: 1, request_id="r", input_tokens_estimate=3, hide_usage=True, model_json=model_json
    )
    passed = b"".join(watch.feed(raw[at : at + size]) for at in range(0, len(raw), size)) + watch.finish(None)
    assert passed == (raw if model_json is None else raw.replace(b'"modelVersion":"mine"', b'"modelVersion":"alias"'))
    assert watch.error_code is None
    if reply.usage is not None:
        assert watch.usage() == reply.usage


def test_the_model_and_whether_to_stream_are_in_the_path():
    assert DIALECT.name == "gemini"
    assert DIALECT.read_model(parsed({"model": "models/a"})) == "a"
    assert DIALECT.read_model(parsed({})) == ""
    assert DIALECT.is_stream(parsed({"stream": True})) is False


def test_a_request_is_passed_on_with_its_cap():
    body = parsed({"contents": [], "generationConfig": {"maxOutputTokens": 9}})
    assert DIALECT.read_bounds(body, 60) == Bounds(60, 15, 9, 1)
    capped = msgspec.structs.replace(TARGET, output_cap=5)
    assert DIALECT.adapt(body, capped, is_stream=True) is False
    assert json.loads(body.encode()) == {"contents": [], "generationConfig": {"maxOutputTokens": 5}}


def test_a_request_knows_whether_it_streams():
    contents = {"contents": [{"parts": [{"text": "a"}]}]}
    assert DIALECT.read_request(parsed(contents), model="m", is_stream=True).is_stream


def test_an_answer_is_passed_on_with_its_name_and_usage():
    raw = b'{"candidates":[],"modelVersion":"gemini-x","usageMetadata":{"promptTokenCount":3}}'
    assert DIALECT.rename(raw, "alias") == raw.replace(b"gemini-x", b"alias")
    assert DIALECT.read_usage(raw) == Usage(3)
    assert DIALECT.read_usage(b"{}") is None
    assert DIALECT.estimate_usage(b"{}", 7) == Usage(7, is_estimated=True)


def test_errors_are_read_and_written():
    fault = DIALECT.read_error(503, b"")
    assert fault == UpstreamFault(503, "UNAVAILABLE", "The provider answered 503.")
    assert json.loads(DIALECT.write_fault(fault, "r"))["error"]["status"] == "UNAVAILABLE"
    assert json.loads(DIALECT.write_error(TollwayError("limit.requests"), "r"))["error"]["code"] == 429
    event = DIALECT.write_error_event("upstream.timeout", "Too late.", "r")
    assert json.loads(event.removeprefix(b"data: "))["error"]["message"] == "Too late."


def test_a_whole_answer_that_is_none_is_refused():
    with pytest.raises(ValueError, match="none of generateContent"):
        DIALECT.read_reply(b"{}", "gemini")
    reader = DIALECT.open_reader("gemini")
    reader.notes = ["a"]
    assert (reader.notes, reader.finish()) == (["a"], [])


def test_a_turn_of_the_hub_that_says_nothing_is_not_written():
    request = hub.Request(model="m", turns=(hub.Turn(role="assistant", parts=()), hub.Turn(role="user", parts=())))
    assert json.loads(DIALECT.write_request(request, TARGET).body) == {"contents": []}
