"""Whole requests are written field by field; what Claude cannot be asked for is refused by the hub's name of it."""

import json
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from hypothesis import given, settings
from pydantic import TypeAdapter

from kit.messages_values import TARGET, requests
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target, Written
from tollway.formats.messages.headers import FILES_BETA, VERSION
from tollway.formats.messages.output import OUTPUT_TOOL
from tollway.formats.messages.request_reader import read_request
from tollway.formats.messages.request_writer import write_request

USER = hub.Turn(role="user", parts=(hub.Text(text="hi"),))
F = hub.Tool(name="f", parameters=b'{"type":"object","properties":{}}')
SCHEMA = b'{"type":"object","properties":{},"additionalProperties":false}'
ANY_JSON = hub.Output(kind="json")
SAMPLING = ("temperature", "top_p", "top_k")
"""Fields of version 2023-06-01, which translated requests name; the official client's types are of 2026-10-21."""

_WHOLE: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsNonStreaming)
_STREAMED: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsStreaming)


def write(model: str = "claude-sonnet-4-5", *, cap: int | None = None, **fields: Any) -> Written:
    request = hub.Request(model="alias", **({"turns": (USER,)} | fields))
    return write_request(request, Target(vendor="anthropic", model=model, output_cap=cap))


def body_of(written: Written) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(written.body)
    return body


@settings(max_examples=40)
@given(requests())
def test_any_request_that_the_dialect_can_express_survives(request):
    written = write_request(request, TARGET)
    assert written.notes == ()
    assert meaning(read_request(written.body, model=request.model, is_stream=request.is_stream)) == meaning(request)


@settings(max_examples=40)
@given(requests())
def test_the_official_clients_types_take_what_is_written(request):
    body = body_of(write_request(request, TARGET))
    adapter = _STREAMED if request.is_stream else _WHOLE
    adapter.validate_python({name: value for name, value in body.items() if name not in SAMPLING})


def test_the_least_request_has_the_models_name_and_a_bound():
    written = write()
    assert body_of(written) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }
    assert written.headers == ((b"anthropic-version", VERSION),)


@pytest.mark.parametrize(("bound", "cap", "expected"), [(9, None, 9), (9, 5, 5), (5, 9, 5), (None, 7, 7)])
def test_the_lower_bound_counts(bound, cap, expected):
    assert body_of(write(output_tokens_max=bound, cap=cap))["max_tokens"] == expected


def test_files_need_their_beta():
    document = hub.Document(source=hub.FileId(origin="anthropic", id="file_1"))
    written = write(turns=(hub.Turn(role="user", parts=(document,)),))
    assert (b"anthropic-beta", FILES_BETA) in written.headers


def test_a_schema_and_an_effort_share_their_field():
    output = hub.Output(kind="json_schema", schema=SCHEMA)
    body = body_of(write("claude-opus-5", output=output, reasoning=hub.Reasoning(effort="low")))
    assert body["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": json.loads(SCHEMA)},
    }
    assert body["thinking"] == {"type": "adaptive"}


def test_json_by_a_tool_must_be_called_and_leaves_the_callers_tools():
    written = write(output=ANY_JSON, tools=(F,))
    body = body_of(written)
    assert [tool["name"] for tool in body["tools"]] == ["f", OUTPUT_TOOL] and body["tool_choice"] == {"type": "any"}
    assert written.notes == ("json-output-by-tool",)


def test_a_schema_that_cannot_be_enforced_is_the_tools():
    body = body_of(write(output=hub.Output(kind="json_schema", schema=b'{"type":"object"}')))
    (tool,) = body["tools"]
    assert tool["input_schema"] == {"type": "object"} and "output_config" not in body


def test_json_by_a_tool_is_all_there_is_when_calls_are_barred():
    body = body_of(write(output=ANY_JSON, tools=(F,), tool_choice=hub.ToolChoice(mode="none")))
    assert [tool["name"] for tool in body["tools"]] == [OUTPUT_TOOL] and body["tool_choice"] == {"type": "any"}


def test_a_call_that_the_caller_forces_is_not_the_answer_yet():
    body = body_of(write(output=ANY_JSON, tools=(F,), tool_choice=hub.ToolChoice(mode="required")))
    assert [tool["name"] for tool in body["tools"]] == ["f"] and body["tool_choice"] == {"type": "any"}


def test_thinking_is_off_where_the_call_came_without_a_thought():
    call = hub.Turn(role="assistant", parts=(hub.ToolCall(id="1", name="f", arguments=""),))
    result = hub.Turn(role="user", parts=(hub.ToolResult(call_id="1", parts=()),))
    asked = {"turns": (USER, call, result), "tools": (F,), "reasoning": hub.Reasoning(effort="low")}
    written = write(**asked)
    assert "thinking" not in body_of(written) and written.notes == ("thinking-off-in-tool-loop",)
    assert body_of(write("claude-opus-5", **asked))["thinking"] == {"type": "adaptive"}


@pytest.mark.parametrize(
    ("model", "stated", "expected"),
    [
        ("claude-sonnet-4-5", {"temperature": 0.5, "top_k": 3}, {"temperature": 0.5, "top_k": 3}),
        ("claude-sonnet-4-5", {"temperature": 1.0, "top_p": 0.9}, {"top_p": 0.9}),
        ("claude-sonnet-4-5", {"temperature": 0.9, "top_p": 1.0}, {"temperature": 0.9}),
        ("claude-sonnet-4-0", {"temperature": 0.9, "top_p": 0.9}, {"temperature": 0.9, "top_p": 0.9}),
        ("claude-opus-5", {"temperature": 1.0, "top_p": 1.0, "top_k": 0}, {}),
        ("claude-sonnet-4-5", {"temperature": 1.0, "reasoning": hub.Reasoning(effort="low")}, {"temperature": 1.0}),
        ("claude-sonnet-4-5", {"top_p": 0.97, "reasoning": hub.Reasoning(effort="low")}, {"top_p": 0.97}),
    ],
)
def test_sampling_is_written_where_it_is_taken(model, stated, expected):
    body = body_of(write(model, **stated))
    assert {name: body[name] for name in SAMPLING if name in body} == expected


def test_the_rest_is_written():
    body = body_of(
        write(
            system=(hub.Text(text="be kind", cache=hub.CacheMark()),),
            stop=("END",),
            user="u-1",
            service_tier="default",
            is_stream=True,
        )
    )
    assert body["system"] == [{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}]
    assert (body["stop_sequences"], body["metadata"]) == (["END"], {"user_id": "u-1"})
    assert (body["service_tier"], body["stream"]) == ("standard_only", True)


def test_markers_beyond_anthropics_four_go_from_the_front():
    marked = tuple(hub.Text(text=str(at), cache=hub.CacheMark()) for at in range(3))
    tool = hub.Tool(name="f", cache=hub.CacheMark())
    written = write(system=marked, turns=(hub.Turn(role="user", parts=marked),), tools=(tool,))
    body = body_of(written)
    assert written.notes == ("cache-marks-limited",) and "cache_control" not in body["tools"][0]
    assert ["cache_control" in block for block in body["system"]] == [False, False, True]


def test_differences_that_change_no_answer_are_noted():
    written = write(seed=0, metadata={"a": "b"}, prompt_cache_key="k", store=True)
    assert written.notes == ("metadata-ignored", "prompt-cache-key-ignored", "seed-ignored", "store-ignored")
    assert write(metadata={}, prompt_cache_key="", store=False, verbosity="medium", choices=1).notes == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_p", 0.1),
        ("frequency_penalty", 0.5),
        ("presence_penalty", -0.5),
        ("logit_bias", {"1": 5.0}),
        ("logprobs", True),
        ("top_logprobs", 2),
        ("choices", 2),
        ("verbosity", "low"),
        ("temperature", 1.5),
        ("stop", ("END", " \n")),
        ("service_tier", "flex"),
    ],
)
def test_what_claude_cannot_be_asked_for_is_refused_by_name(field, value):
    with pytest.raises(Inexpressible) as refusal:
        write(**{field: value})
    assert refusal.value.field == field and refusal.value.advice


@pytest.mark.parametrize(
    ("model", "stated", "field"),
    [
        ("claude-opus-4-7", {"temperature": 0.0}, "temperature"),
        ("claude-opus-5", {"top_k": 3}, "top_k"),
        ("claude-sonnet-4-6", {"temperature": 0.5, "top_p": 0.5}, "top_p"),
        ("claude-sonnet-4-5", {"temperature": 0.5, "reasoning": hub.Reasoning(effort="low")}, "temperature"),
        ("claude-sonnet-4-5", {"top_k": 5, "reasoning": hub.Reasoning(effort="low")}, "top_k"),
        ("claude-sonnet-4-5", {"top_p": 0.5, "reasoning": hub.Reasoning(effort="low")}, "top_p"),
    ],
)
def test_sampling_that_a_model_does_not_take_is_refused_by_name(model, stated, field):
    with pytest.raises(Inexpressible) as refusal:
        write(model, **stated)
    assert refusal.value.field == field


@pytest.mark.parametrize("user", ["ann@example.com", "+49 431 123456", "u" * 257])
def test_a_user_that_is_no_opaque_id_is_hashed(user):
    written = write(user=user)
    hashed = body_of(written)["metadata"]["user_id"]
    assert len(hashed) == 64 and user not in hashed and written.notes == ("user-hashed",)
    assert write(user="user-1234567").notes == ()


def test_defaults_that_change_nothing_are_no_wish():
    stated = {"frequency_penalty": 0.0, "presence_penalty": 0.0, "logprobs": False, "top_logprobs": 0, "min_p": 0.0}
    assert write(**stated).body == write().body
