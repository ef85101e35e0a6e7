"""Requests are read whole or refused by the name of what is in the way; nothing is dropped in silence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from tollway.formats import hub
from tollway.formats.responses.request_reader import NAMES, read_request
from tollway.kernel.errors import TollwayError

FIELDS = ("input", "instructions", "tools", "tool_choice", "text", "reasoning", "include", "metadata", "store", "user")


def read(**body: object) -> hub.Request:
    return read_request(json.dumps({"model": "gpt-5", "input": "hi"} | body).encode(), model="m", is_stream=False)


def refused(**body: object) -> TollwayError:
    with pytest.raises(TollwayError) as caught:
        read(**body)
    assert caught.value.param and f"`{caught.value.param}`" in caught.value.public
    return caught.value


def test_a_string_is_the_users_turn() -> None:
    request = read(instructions="be brief", stream=True, stream_options={"include_obfuscation": False})
    assert request.system == (hub.Text(text="be brief", at="instructions"),)
    assert request.turns == (hub.Turn(role="user", parts=(hub.Text(text="hi", at="input"),), at="input"),)
    assert request.names is NAMES


def test_instructions_come_before_those_of_the_conversation() -> None:
    request = read(
        instructions="one", input=[{"role": "developer", "content": "two"}, {"role": "user", "content": "x"}]
    )
    assert [text.text for text in request.system] == ["one", "two"]


def test_every_setting_is_read() -> None:
    request = read(
        max_output_tokens=50,
        temperature=0.5,
        top_p=0.25,
        top_logprobs=3,
        include=["message.output_text.logprobs", "reasoning.encrypted_content"],
        parallel_tool_calls=False,
        reasoning={"effort": "high", "summary": "concise", "context": "all_turns", "mode": "standard"},
        text={"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": {"a": 1}, "strict": True}},
        metadata={"a": "b"},
        user="u",
        safety_identifier="u",
        prompt_cache_key="k",
        prompt_cache_retention="in_memory",
        prompt_cache_options={"mode": "explicit", "ttl": "30m"},
        service_tier="flex",
        store=False,
        truncation="disabled",
        background=False,
        previous_response_id=None,
    )
    assert (request.output_tokens_max, request.temperature, request.top_p, request.top_logprobs) == (50, 0.5, 0.25, 3)
    assert request.logprobs is True and request.parallel_tool_calls is False and request.verbosity == "low"
    assert request.reasoning == hub.Reasoning(effort="high", summary="concise", wants_text=True)
    assert request.output == hub.Output(kind="json_schema", name="n", schema=b'{"a": 1}', strict=True)
    assert request.metadata == {"a": "b"} and request.user == "u" and request.prompt_cache_key == "k"
    assert request.service_tier == "flex" and request.store is False


def test_usual_values_of_what_is_not_asked_are_none() -> None:
    request = read(top_logprobs=0, user="", prompt_cache_key="", service_tier="", metadata={}, instructions="")
    assert (request.top_logprobs, request.user, request.prompt_cache_key, request.service_tier) == (None,) * 4
    assert request.metadata is None and request.system == ()
    assert read(top_logprobs=0, include=["message.output_text.logprobs"]).top_logprobs == 0


def test_reasoning_that_asks_for_nothing_is_none() -> None:
    assert read(reasoning={"effort": None, "context": "auto"}).reasoning is None
    assert read(reasoning={"generate_summary": "auto"}).reasoning == hub.Reasoning(summary="auto", wants_text=True)


@pytest.mark.parametrize("kind", ["text", "json_object"])
def test_forms_of_text(kind: str) -> None:
    output = read(text={"format": {"type": kind}}).output
    assert output is not None and output.kind == kind.partition("_")[0]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
        ({"truncation": "auto"}, "truncation"),
        ({"prompt_cache_retention": "24h"}, "prompt_cache_retention"),
        ({"prompt_cache_options": {"ttl": "12h"}}, "prompt_cache_options.ttl"),
        ({"prompt_cache_options": {"prewarm": True}}, "prompt_cache_options.prewarm"),
        ({"include": ["file_search_call.results"]}, "include[0]"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
        ({"text": {"style": "x"}}, "text.style"),
        ({"reasoning": {"context": "current_turn"}}, "reasoning.context"),
        ({"reasoning": {"mode": "pro"}}, "reasoning.mode"),
        ({"user": "a", "safety_identifier": "b"}, "user"),
        ({"moderation": {"model": "x"}}, "moderation"),
        ({"stream_options": {"x": 1}}, "stream_options.x"),
        ({"tool_choice": {"type": "mcp"}}, "tool_choice.type"),
    ],
)
def test_what_only_openai_serves_is_refused_by_name(body: dict[str, object], param: str) -> None:
    error = refused(**body)
    assert (error.code.name, error.param) == ("request.untranslatable", param)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": None}, "input"),
        ({"input": 5}, "input"),
        ({"input": {"a": 1}}, "input"),
        ({"text": {"verbosity": "loud"}}, "text.verbosity"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"temperature": "hot"}, "temperature"),
        ({"store": "yes"}, "store"),
        ({"tool_choice": "always"}, "tool_choice"),
    ],
)
def test_what_is_wrong_is_refused_by_name(body: dict[str, object], param: str) -> None:
    error = refused(**body)
    assert (error.code.name, error.param) == ("request.field_invalid", param)


@given(
    objects(*FIELDS) | st.fixed_dictionaries({"input": st.lists(objects("type", "role", "content", "output", "id"))})
)
def test_no_json_is_answered_but_by_a_named_refusal(body: dict[str, object]) -> None:
    try:
        read_request(json.dumps(body).encode(), model="m", is_stream=True)
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable") and error.param


@given(VALUES.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_no_bytes_are_answered_but_by_a_refusal(raw: bytes) -> None:
    try:
        read_request(raw, model="m", is_stream=True)
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable")
