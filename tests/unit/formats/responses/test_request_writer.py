"""What is asked for survives the way out and back; what cannot be said is refused by its name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kit.responses_values import ANY_PARTS, REQUESTS, TARGET
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.responses.notes import NOTES
from tollway.formats.responses.request_reader import read_request
from tollway.formats.responses.request_writer import write_request


def user(text: str = "hi") -> tuple[hub.Turn, ...]:
    return (hub.Turn(role="user", parts=(hub.Text(text=text),)),)


def written(request: hub.Request, target: Target = TARGET) -> dict[str, object]:
    body = json.loads(write_request(request, target).body)
    assert isinstance(body, dict)
    return body


@given(REQUESTS)
def test_any_request_survives(request: hub.Request) -> None:
    body = write_request(request, TARGET).body
    read = read_request(body, model="m", is_stream=request.is_stream)
    assert meaning(read) == meaning(request)


@given(
    st.lists(
        st.builds(
            hub.Turn,
            role=st.sampled_from(["user", "assistant", "system"]),
            parts=st.lists(ANY_PARTS, max_size=4).map(tuple),
            name=st.none() | st.just("bob"),
        ),
        max_size=3,
    ),
    st.sampled_from([TARGET, Target(vendor="deepseek", model="d")]),
)
def test_any_conversation_is_written_or_refused_by_its_place(turns: list[hub.Turn], target: Target) -> None:
    try:
        result = write_request(hub.Request(model="m", turns=tuple(turns)), target)
    except Inexpressible as error:
        assert error.field == "turns" and error.advice
        return
    json.loads(result.body)
    assert set(result.notes) <= set(NOTES)


def test_a_plain_request_is_plain() -> None:
    request = hub.Request(model="m", turns=user(), system=(hub.Text(text="be brief"),), is_stream=True)
    assert written(request, Target(vendor="deepseek", model="d")) == {
        "model": "d",
        "instructions": "be brief",
        "input": [{"type": "message", "role": "user", "content": "hi"}],
        "store": False,
        "stream": True,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_k", 3),
        ("min_p", 0.5),
        ("logit_bias", {"1": 1.0}),
        ("frequency_penalty", 0.5),
        ("presence_penalty", -1.0),
        ("stop", ("x",)),
        ("choices", 2),
        ("top_logprobs", 21),
        ("verbosity", "loud"),
        ("output_tokens_max", 15),
        ("service_tier", "batch"),
        ("web_search", hub.WebSearch(blocked_domains=("x.com",))),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(name: str, value: object) -> None:
    request = structs.replace(hub.Request(model="m", turns=user()), **{name: value})
    with pytest.raises(Inexpressible) as caught:
        write_request(request, TARGET)
    assert caught.value.field == name and caught.value.advice


def test_usual_values_of_what_is_missing_are_left_out() -> None:
    request = hub.Request(model="m", turns=user(), frequency_penalty=0.0, presence_penalty=0, choices=1, logit_bias={})
    assert set(written(request)) == {"model", "input", "store", "include"}


def test_the_lower_bound_counts() -> None:
    request = hub.Request(model="m", turns=user(), output_tokens_max=100)
    assert written(request, Target(vendor="openai", model="gpt-4o", output_cap=50))["max_output_tokens"] == 50
    assert written(request, Target(vendor="openai", model="gpt-4o", output_cap=200))["max_output_tokens"] == 100


@pytest.mark.parametrize(
    ("vendor", "model", "seals"),
    [
        ("openai", "gpt-5", True),
        ("openai", "o4-mini", True),
        ("openai", "gpt-4o", False),
        ("openai", "gpt-5-chat-latest", False),
        ("openrouter", "openai/gpt-5.6-sol", True),
        ("deepseek", "gpt-5", False),
    ],
)
def test_sealed_thinking_is_asked_of_who_gives_it(vendor: str, model: str, *, seals: bool) -> None:
    body = written(hub.Request(model="m", turns=user()), Target(vendor=vendor, model=model))
    assert body.get("include") == (["reasoning.encrypted_content"] if seals else None)


@pytest.mark.parametrize(("budget", "effort"), [(1_024, "low"), (1_025, "medium"), (8_193, "high")])
def test_a_budget_becomes_the_nearest_effort(budget: int, effort: str) -> None:
    request = hub.Request(model="m", turns=user(), reasoning=hub.Reasoning(budget_tokens=budget, wants_text=True))
    result = write_request(request, TARGET)
    assert json.loads(result.body)["reasoning"] == {"effort": effort, "summary": "auto"}
    assert result.notes == ("budget-as-effort",)


def test_thinking_without_any_statement_is_the_vendors_default() -> None:
    assert "reasoning" not in written(hub.Request(model="m", turns=user(), reasoning=hub.Reasoning(is_adaptive=True)))


def test_openai_is_not_asked_to_enforce_a_schema_it_would_refuse_the_call_for() -> None:
    open_schema = b'{"type":"object"}'
    output = hub.Output(kind="json_schema", schema=open_schema, strict=True)
    tool = hub.Tool(name="b", strict=True, parameters=open_schema)
    request = hub.Request(model="m", turns=user(), tools=(tool,), output=output)
    result = write_request(request, TARGET)
    body = json.loads(result.body)
    assert body["tools"][0]["strict"] is False and body["text"]["format"]["strict"] is False
    assert result.notes == ("strict-ignored",)


def test_tools_are_strict_only_when_asked() -> None:
    closed = b'{"type":"object","additionalProperties":false}'
    tools = (hub.Tool(name="a"), hub.Tool(name="b", strict=True, parameters=closed, cache=hub.CacheMark()))
    result = write_request(hub.Request(model="m", turns=user(), tools=tools), TARGET)
    first, second = json.loads(result.body)["tools"]
    assert first == {
        "type": "function",
        "name": "a",
        "parameters": {"type": "object", "properties": {}},
        "strict": False,
    }
    assert second["strict"] is True
    assert result.notes == ("cache-marks-ignored",)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (hub.ToolChoice(mode="tool"), "required"),
        (hub.ToolChoice(mode="none", names=("a",)), "none"),
        (
            hub.ToolChoice(mode="tool", names=("a", "b")),
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "a"}, {"type": "function", "name": "b"}],
            },
        ),
    ],
)
def test_choices_that_responses_says_otherwise(choice: hub.ToolChoice, expected: object) -> None:
    assert written(hub.Request(model="m", turns=user(), tool_choice=choice))["tool_choice"] == expected


def test_a_schema_without_name_gets_one_and_none_is_an_object() -> None:
    body = written(hub.Request(model="m", turns=user(), output=hub.Output(kind="json_schema", schema=b"{}")))
    assert body["text"] == {"format": {"type": "json_schema", "name": "answer", "schema": {}}}
    body = written(hub.Request(model="m", turns=user(), output=hub.Output(kind="json_schema")))
    assert body["text"] == {"format": {"type": "json_object"}}


def test_tiers_of_other_vendors_in_openais_words() -> None:
    assert written(hub.Request(model="m", turns=user(), service_tier="standard_only"))["service_tier"] == "default"


def test_a_seed_asks_for_the_best_effort_only() -> None:
    result = write_request(hub.Request(model="m", turns=user(), seed=0), TARGET)
    assert result.notes == ("seed-ignored",) and "seed" not in json.loads(result.body)
