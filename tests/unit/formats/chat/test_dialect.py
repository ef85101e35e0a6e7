"""The dialect keeps its promises: what it can express survives the way through it, and nothing breaks it."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kit import chat
from kit.json_values import VALUES
from kit.translation import fold, meaning
from tollway.formats.chat.dialect import DIALECT
from tollway.formats.chat.notes import NOTES
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

FIELDS = (
    "messages",
    "tools",
    "tool_choice",
    "response_format",
    "reasoning",
    "reasoning_effort",
    "thinking",
    "stop",
    "logit_bias",
    "metadata",
    "stream_options",
    "web_search_options",
    "max_tokens",
    "unknown",
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "tool", "developer", "odd"])},
        optional={
            "content": VALUES
            | st.text()
            | st.lists(st.fixed_dictionaries({"type": st.text()}, optional={"text": VALUES})),
            "tool_calls": st.lists(st.fixed_dictionaries({"function": VALUES}, optional={"id": VALUES}), max_size=2),
            "tool_call_id": VALUES,
            "reasoning_details": st.lists(
                st.dictionaries(st.sampled_from(["type", "text", "index"]), VALUES), max_size=2
            ),
        },
    ),
    max_size=3,
)


@given(chat.requests())
def test_a_request_survives_the_way_through_the_dialect(request_):
    written = DIALECT.write_request(request_, Target(vendor="sandbox", model="m", cap_field="max_completion_tokens"))
    again = DIALECT.read_request(JSONObject.parse(written.body), model="m", is_stream=request_.is_stream)
    assert meaning(again) == meaning(request_)
    assert written.notes == ()


@given(chat.requests(), st.sampled_from(chat.VENDORS), st.sampled_from(["gpt-4o", "gpt-5.6", "qwen/qwen3-32b"]))
def test_each_vendor_gets_a_body_or_the_caller_a_named_field(request_, vendor, model):
    try:
        written = DIALECT.write_request(request_, Target(vendor=vendor, model=model))
    except Inexpressible as refusal:
        assert refusal.field in request_.__struct_fields__ and refusal.advice
        return
    assert set(written.notes) <= set(NOTES)
    body = JSONObject.parse(written.body)
    DIALECT.read_request(body, model=model, is_stream=request_.is_stream)


@given(chat.REPLIES)
def test_an_answer_survives_the_way_through_the_dialect(reply):
    again = DIALECT.read_reply(DIALECT.write_reply(reply, chat.shown(model=reply.model)), "openai")
    assert meaning(_without_tier(again)) == meaning(reply)


def _without_tier(reply):
    """The tier of an answer is stated once and read twice: also into its usage."""
    if reply.usage is None:
        return reply
    return msgspec.structs.replace(reply, usage=msgspec.structs.replace(reply.usage, tier=""))


@given(chat.REPLIES)
def test_a_stream_survives_the_way_through_the_dialect(reply):
    events, notes = chat.read_stream(chat.write_stream(chat.events_of(reply), model=reply.model))
    folded = fold(events)
    assert folded is not None and notes == []
    assert meaning(folded) == meaning(msgspec.structs.replace(reply, service_tier=None))


@given(chat.REPLIES, st.integers(1, 40))
@settings(max_examples=30)
def test_any_chunking_gives_the_same_events(reply, size):
    raw = chat.write_stream(chat.events_of(reply))
    reader = DIALECT.open_reader("openai")
    cut = [event for at in range(0, len(raw), size) for event in reader.feed(raw[at : at + size])] + reader.finish()
    assert cut == chat.read_stream(raw)[0]


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), MESSAGES)
def test_no_request_breaks_the_reader(fields, messages):
    body = {"messages": messages} | fields
    try:
        request = DIALECT.read_request(JSONObject.parse(json.dumps(body).encode()), model="m", is_stream=False)
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable") and error.param
        return
    for vendor in chat.VENDORS:
        try:
            DIALECT.write_request(request, Target(vendor=vendor, model="m"))
        except Inexpressible as refusal:
            assert refusal.advice


@given(
    st.binary() | VALUES.map(lambda value: json.dumps({"choices": [value], "error": value, "usage": value}).encode())
)
def test_no_answer_breaks_a_reader(raw):
    try:
        DIALECT.read_reply(raw, "openai")
    except ValueError as error:
        assert "Chat Completions" in str(error)
    chat.read_stream(raw)
    chat.read_stream(b"data: " + raw + b"\n\n")
    fault = DIALECT.read_error(500, raw)
    assert fault.message and json.loads(DIALECT.write_fault(fault, "req_1"))["error"]["request_id"] == "req_1"
    assert DIALECT.rename(raw, "alias") == raw or b'"model"' in raw


def test_a_same_dialect_answer_is_renamed_and_nothing_else():
    raw = b'{ "id": "x", "model" : "gpt-4o", "choices": [ {"message": {"content": "model"}} ] }'
    renamed = json.loads(DIALECT.rename(raw, "alias"))
    assert renamed == json.loads(raw) | {"model": "alias"}
    assert DIALECT.rename(b'{"choices":[]}', "alias") == b'{"choices":[]}'
    assert DIALECT.rename(b"[1]", "alias") == b"[1]"


def test_the_pass_through_is_reached_through_the_dialect():
    body = JSONObject.parse(b'{"model":"a","stream":true,"messages":[],"max_tokens":9}')
    assert DIALECT.read_model(body) == "a" and DIALECT.is_stream(body)
    assert DIALECT.read_bounds(body, 60).output_tokens_max == 9
    assert DIALECT.adapt(body, Target(vendor="openai", model="b", output_cap=5), is_stream=True) is True
    sent = {"model": "b", "stream": True, "messages": [], "max_tokens": 5, "stream_options": {"include_usage": True}}
    assert json.loads(body.encode()) == sent
    raw = b'{"choices":[{"message":{"content":"12345678"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}'
    usage = DIALECT.read_usage(raw)
    assert usage is not None and usage.output_tokens == 2
    assert DIALECT.estimate_usage(raw, 3).output_tokens == 2
    watch = DIALECT.open_watch(
        clock=lambda: 1, request_id="r", input_tokens_estimate=1, hide_usage=False, model_json=b'"alias"'
    )
    assert b'"model":"alias"' in watch.feed(b'data: {"model":"m","choices":[]}\n\ndata: [DONE]\n\n')
    assert watch.finish(None) == b"" and watch.error_code is None
    error = json.loads(DIALECT.write_error(TollwayError("request.field_invalid", param="n"), "req_1"))["error"]
    assert (error["param"], error["code"]) == ("n", "request.field_invalid")
    assert DIALECT.write_error_event("upstream.truncated", "It was cut.", "r").startswith(b'data: {"error":')
