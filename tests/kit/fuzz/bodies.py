"""What is in bodies: requests, whole answers and streams of every dialect, read and written anew in every other; and
stored records. Nothing that a caller or a vendor sends may raise what its reader does not promise.
"""

import json
from functools import partial
from typing import Any

import msgspec

from kit import rare_answers, vendor_answers
from kit.chat import hello, shown
from kit.fuzz.mutate import Bytes, Text, Values, stream_of, text_of
from kit.fuzz.run import Target
from tollway.contract.policy import (
    VERSION,
    ApplicationRecord,
    Snapshot,
    TokenRecord,
    decode_application,
    decode_snapshot,
    decode_token,
    encode,
)
from tollway.formats.dialect import Inexpressible
from tollway.formats.dialect import Target as Asked
from tollway.formats.dialects import DIALECTS
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

SCHEMA = {"type": "object", "properties": {"city": {"type": ["string", "null"]}}, "required": ["city"]}
IMAGE = "data:image/png;base64,iVBORw0KGgo="
REQUESTS: dict[str, list[dict[str, Any]]] = {
    "chat": [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is it?"},
                        {"type": "image_url", "image_url": {"url": IMAGE}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "4"},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True},
                }
            ],
            "tool_choice": {"type": "function", "function": {"name": "f"}},
            "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA, "strict": True}},
            "temperature": 0.5,
            "top_p": 1,
            "n": 2,
            "stop": ["a", "b"],
            "max_completion_tokens": 50,
            "seed": 3,
            "stream": True,
            "stream_options": {"include_usage": True},
            "reasoning_effort": "low",
            "logit_bias": {"5": 1},
            "logprobs": True,
            "top_logprobs": 2,
            "user": "u",
            "metadata": {"a": "b"},
            "parallel_tool_calls": False,
        },
    ],
    "responses": [
        {
            "model": "m",
            "instructions": "Be brief.",
            "input": [
                {
                    "role": "user",
                    "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": IMAGE}],
                },
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "4"},
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "t"}]},
            ],
            "tools": [{"type": "function", "name": "f", "parameters": SCHEMA, "strict": True}],
            "tool_choice": {"type": "function", "name": "f"},
            "reasoning": {"effort": "low", "summary": "auto"},
            "text": {"format": {"type": "json_schema", "name": "s", "schema": SCHEMA}},
            "max_output_tokens": 50,
            "temperature": 1,
            "store": False,
            "stream": True,
            "metadata": {"a": "b"},
            "include": [],
            "truncation": "auto",
        },
        {"model": "m", "input": "Say hello."},
    ],
    "messages": [
        {
            "model": "m",
            "max_tokens": 2_000,
            "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Hi"},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
                        },
                    ],
                },
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "t", "signature": "c2VhbA=="},
                        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "toolu_1",
                            "content": [{"type": "text", "text": "4"}],
                            "is_error": False,
                        }
                    ],
                },
            ],
            "tools": [{"name": "f", "description": "d", "input_schema": SCHEMA}],
            "tool_choice": {"type": "tool", "name": "f"},
            "thinking": {"type": "enabled", "budget_tokens": 1_024},
            "stop_sequences": ["a"],
            "temperature": 1,
            "top_k": 3,
            "top_p": 0.9,
            "stream": True,
            "metadata": {"user_id": "u"},
        },
    ],
    "gemini": [
        {
            "systemInstruction": {"parts": [{"text": "s"}]},
            "contents": [
                {
                    "role": "user",
                    "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}],
                },
                {
                    "role": "model",
                    "parts": [{"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2VhbA=="}],
                },
                {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"result": 4}}}]},
            ],
            "tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parametersJsonSchema": SCHEMA}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
            "generationConfig": {
                "temperature": 1,
                "topP": 0.9,
                "topK": 3,
                "candidateCount": 1,
                "maxOutputTokens": 50,
                "stopSequences": ["a"],
                "responseMimeType": "application/json",
                "responseJsonSchema": SCHEMA,
                "thinkingConfig": {"thinkingBudget": 1_024, "includeThoughts": True},
            },
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        },
    ],
}
VENDORS = {"chat": "openai", "responses": "openai", "messages": "anthropic", "gemini": "gemini"}


def check_request(name: str, data: bytes) -> str:
    """A request is refused with a code, or read; what is written of it for any vendor is one JSON object."""
    dialect = DIALECTS[name]
    try:
        body = JSONObject.parse(data)
        model, is_stream = ("m", False) if name == "gemini" else (dialect.read_model(body), dialect.is_stream(body))
        bounds = dialect.read_bounds(body, len(data))
        request = dialect.read_request(body, model=model, is_stream=is_stream)
    except TollwayError as error:
        assert error.code.name.startswith("request."), "whose fault is it?"
        return error.code.name
    assert bounds.input_tokens_max >= 0 and (bounds.output_tokens_max or 0) >= 0 and bounds.choices >= 1
    is_written = 0
    for other, writer in DIALECTS.items():
        try:
            written = writer.write_request(request, Asked(vendor=VENDORS[other], model="n", output_cap=9))
        except Inexpressible:
            continue
        JSONObject.parse(written.body)
        is_written += 1
    dialect.adapt(body, Asked(vendor=VENDORS[name], model="n", output_cap=9), is_stream=is_stream)
    JSONObject.parse(body.encode())
    return "written" if is_written else "inexpressible"


def check_answer(name: str, data: bytes) -> str:
    """Whatever a vendor answers, its use is counted, and it is no answer or one that every dialect can write."""
    dialect = DIALECTS[name]
    dialect.read_usage(data)
    dialect.estimate_usage(data, 7)
    dialect.rename(data, "m")
    for writer in DIALECTS.values():
        json.loads(writer.write_fault(dialect.read_error(500, data), "req_1"))
    try:
        reply = dialect.read_reply(data, VENDORS[name])
    except ValueError:
        return "none"
    for writer in DIALECTS.values():
        json.loads(writer.write_reply(reply, shown(request=hello())))
    return "written"


def check_stream(name: str, data: bytes) -> str:
    """Whatever a vendor streams, cut anywhere, is the same events; every dialect writes them, and the tap lives."""
    dialect, middle = DIALECTS[name], len(data) // 2
    whole, halves = dialect.open_reader(VENDORS[name]), dialect.open_reader(VENDORS[name])
    events = [*whole.feed(data), *whole.finish()]
    parts = [*halves.feed(data[:middle]), *halves.feed(data[middle:]), *halves.finish()]
    assert msgspec.json.encode(events) == msgspec.json.encode(parts), "it depends on the cut"
    for writer in DIALECTS.values():
        opened = writer.open_writer(shown(request=hello()))
        for event in events:
            opened.write(event)
    options: dict[str, Any] = {
        "request_id": "req_1",
        "input_tokens_estimate": 7,
        "hide_usage": True,
        "model_json": b'"m"',
    }
    watch = dialect.open_watch(clock=lambda: 5, **options)
    watch.feed(data[:middle])
    watch.feed(data[middle:])
    watch.finish(None)
    watch.usage()
    return "events" if events else "none"


def check_stored(data: bytes) -> str:
    """A damaged record is a ValueError, which its reader knows what to do with."""
    read = 0
    for decode in (decode_token, decode_application, decode_snapshot):
        try:
            decode(data)
        except ValueError:
            continue
        read += 1
    return "read" if read else "damaged"


TOKEN = TokenRecord(
    v=VERSION, id="t", mac=bytes(range(32)), pepper_version=1, kind="s", name="n", state="active", models=("m",)
)
STORED = (
    encode(TOKEN),
    encode(ApplicationRecord(v=VERSION, id="a", name="n", team_id="t", state="active")),
    encode(Snapshot(v=VERSION, revision=3, published_ns=5, cors_origins=("https://a.example",))),
)
MESSAGEPACK = tuple(
    bytes((byte,)) for byte in (0x00, 0x80, 0x90, 0xA0, 0xC0, 0xC1, 0xC3, 0xC4, 0xC9, 0xCB, 0xD9, 0xDC, 0xDD, 0xDF)
)


def listed_answers(name: str) -> list[Text]:
    """Return whole answers of a dialect's vendors."""
    usual = [msgspec.json.decode(vendor_answers.answer(name, case, is_stream=False)) for case in ("text", "tool")]
    return [text_of(body) for body in [*usual, *rare_answers.WHOLE.get(name, {}).values()]]


def listed_streams(name: str) -> list[Text]:
    """Return streams of a dialect's vendors."""
    usual = [vendor_answers.answer(name, case, is_stream=True) for case in ("text", "tool")]
    return [stream_of(raw) for raw in [*usual, *rare_answers.STREAMS.get(name, {}).values()]]


TARGETS = {
    **{
        f"{name} request": Target(partial(Values, [text_of(one) for one in bodies]), partial(check_request, name))
        for name, bodies in REQUESTS.items()
    },
    **{
        f"{name} answer": Target(partial(Values, listed_answers(name)), partial(check_answer, name))
        for name in DIALECTS
    },
    **{
        f"{name} stream": Target(partial(Values, listed_streams(name)), partial(check_stream, name))
        for name in DIALECTS
    },
    "stored record": Target(partial(Bytes, STORED, MESSAGEPACK), check_stored),
}
