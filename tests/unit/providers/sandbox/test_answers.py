"""The sandbox answers like a provider, the same to the same request, with faults on demand."""

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.providers import sandbox

CHAT, EMBED = "/chat/completions", "/embeddings"


def ask(path=CHAT, headers=None, **fields):
    return sandbox.answer(path, json.dumps(fields).encode(), headers or {})


def chat(headers=None, **fields):
    return ask(headers=headers, **{"model": "sandbox-small", "messages": [{"role": "user", "content": "Hi"}], **fields})


def whole(script):
    return json.loads(b"".join(step.data for step in script.steps))


def events(script):
    text = b"".join(step.data for step in script.steps).decode()
    return [line.removeprefix("data: ") for line in text.split("\n\n") if line]


def test_the_same_request_gets_the_same_bytes():
    assert chat() == chat() and chat() != chat(seed=1)


def test_streamed_and_whole_answers_say_the_same():
    parts = [json.loads(item) for item in events(chat(stream=True, stream_options={"include_usage": True}))[:-1]]
    text = "".join(choice["delta"].get("content") or "" for part in parts for choice in part["choices"])
    answer = whole(chat(stream=False))
    assert text == answer["choices"][0]["message"]["content"]
    assert text.startswith("You said: Hi")
    assert parts[-1]["usage"]["completion_tokens"] > 0 and events(chat(stream=True))[-1] == "[DONE]"


def test_the_output_bound_is_kept_and_told():
    answer = whole(chat(max_tokens=2))
    assert answer["usage"]["completion_tokens"] == 2
    assert answer["choices"][0]["finish_reason"] == "length"


def test_tools_are_called_with_arguments_that_fit_their_schema_and_then_answered():
    properties = {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}}
    parameters = {"type": "object", "properties": properties}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    call = whole(chat(tools=[tool]))["choices"][0]
    assert call["finish_reason"] == "tool_calls"
    assert json.loads(call["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "sandbox", "days": 3}
    done = [{"role": "user", "content": "x"}, {"role": "tool", "content": "42", "tool_call_id": "c"}]
    assert whole(chat(tools=[tool], messages=done))["choices"][0]["finish_reason"] == "stop"
    forced = {"type": "function", "function": {"name": "f"}}
    assert whole(chat(tools=[tool], tool_choice=forced))["choices"][0]["message"]["tool_calls"]
    assert whole(chat(tools=[tool], tool_choice="none"))["choices"][0]["finish_reason"] == "stop"


def test_structured_output_fits_the_schema():
    schema = {"$defs": {"p": {"type": "object", "properties": {"ok": {"type": "boolean"}}}},
              "type": "object",
              "properties": {"p": {"$ref": "#/$defs/p"}, "l": {"type": "array", "items": {"enum": ["a"]}}}}  # fmt: skip
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert json.loads(whole(chat(response_format=wanted))["choices"][0]["message"]["content"]) == {
        "p": {"ok": True},
        "l": ["a"],
    }


def test_embeddings_are_unit_vectors_in_both_encodings():
    plain = whole(ask(EMBED, model="sandbox-embedding", input=["a b", "c"], dimensions=16))
    packed = whole(ask(EMBED, model="sandbox-embedding", input=["a b", "c"], dimensions=16, encoding_format="base64"))
    for one, other in zip(plain["data"], packed["data"], strict=True):
        vector = one["embedding"]
        assert sum(value * value for value in vector) == pytest.approx(1, abs=1e-3)
        assert struct.unpack("<16f", base64.b64decode(other["embedding"])) == pytest.approx(vector)


def test_faults_and_delays_come_on_demand():
    script = chat({"x-sandbox-status": "503", "x-sandbox-latency-ms": "20"})
    assert (script.status, script.latency_ms) == (503, 20)
    cut = chat({"x-sandbox-cut-after": "2", "x-sandbox-interval-ms": "5"}, stream=True)
    assert len(cut.steps) == 3 and cut.steps[-1].is_cut and cut.steps[0].pause_ms == 5
    assert len(chat({"x-sandbox-cut-after": "0"}).steps) == 2
    assert whole(chat({"x-sandbox-tokens": "7"}))["usage"]["completion_tokens"] == 7
    assert chat({"x-sandbox-status": "200", "x-sandbox-latency-ms": "-1"}).status == 200


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (CHAT, {"model": "nope", "messages": [1]}, 404),
        (CHAT, {"model": "sandbox-embedding", "messages": [1]}, 404),
        (EMBED, {"model": "sandbox-small", "input": "x"}, 404),
        ("/other", {"model": "sandbox-small"}, 404),
        (CHAT, {"model": "sandbox-small", "messages": []}, 400),
    ],
)
def test_wrong_requests_get_errors_in_the_dialect(path, fields, status):
    script = ask(path, **fields)
    assert script.status == status and "error" in whole(script)


@given(st.binary(max_size=60))
def test_no_body_can_break_it(raw):
    assert sandbox.answer(CHAT, raw, {}).status in (200, 400, 404)
