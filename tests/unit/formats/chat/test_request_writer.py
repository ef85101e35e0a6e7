"""A request is written field by field; what a vendor lacks is refused by the hub's name or, without harm, noted."""

import json

import pytest
from hypothesis import given
from msgspec import structs

from kit.chat import VENDORS, hello, inexpressible, requests, write, written
from kit.facts.chat_request import misshapen, misshapen_for_mistral
from tollway.formats import hub
from tollway.formats.chat.dialect import DIALECT
from tollway.formats.chat.vendors import ways_of
from tollway.formats.dialect import Inexpressible, Target


def test_every_scalar_is_written_for_openai():
    request = hello(
        temperature=0.5,
        top_p=0.9,
        seed=7,
        frequency_penalty=1.0,
        presence_penalty=-1.0,
        logit_bias={"5": -100.0},
        logprobs=True,
        top_logprobs=3,
        choices=2,
        verbosity="low",
        user="u",
        metadata={"a": "b"},
        store=True,
        prompt_cache_key="k",
        stop=("x",),
        service_tier="flex",
        output_tokens_max=9,
        is_stream=True,
    )
    assert write(request, "openai", "gpt-4o", cap_field="max_completion_tokens") == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Hello"}],
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 7,
        "frequency_penalty": 1.0,
        "presence_penalty": -1.0,
        "logit_bias": {"5": -100.0},
        "logprobs": True,
        "top_logprobs": 3,
        "n": 2,
        "verbosity": "low",
        "user": "u",
        "metadata": {"a": "b"},
        "store": True,
        "prompt_cache_key": "k",
        "stop": ["x"],
        "service_tier": "flex",
        "max_completion_tokens": 9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_bare_request_is_bare():
    for vendor in VENDORS:
        assert set(write(hello(), vendor)) == {"model", "messages"}


def test_the_lower_bound_counts():
    assert write(hello(output_tokens_max=9), output_cap=5)["max_tokens"] == 5
    assert write(hello(output_tokens_max=4), output_cap=5)["max_tokens"] == 4
    assert write(hello(), output_cap=5)["max_tokens"] == 5


def test_usage_is_asked_for_only_where_it_must_be():
    assert "stream_options" not in write(hello(is_stream=True), asks_stream_usage=False)


def test_other_names_are_used():
    body = write(hello(seed=7), "mistral")
    assert body["random_seed"] == 7 and "seed" not in body
    assert write(hello(user="u"), "zai")["user_id"] == "u" and write(hello(user="u"), "groq")["user"] == "u"


def test_bookkeeping_is_left_out_with_a_note():
    request = hello(user="u", metadata={"a": "b"}, store=True, seed=3, prompt_cache_key="k", service_tier="default")
    found = written(request, "deepseek")
    assert set(json.loads(found.body)) == {"model", "messages"}
    assert set(found.notes) == {
        "user-ignored",
        "metadata-ignored",
        "store-ignored",
        "seed-ignored",
        "prompt-cache-key-ignored",
        "service-tier-ignored",
    }


def test_what_means_nothing_is_left_out_without_a_note():
    nothing = hello(
        frequency_penalty=0.0, presence_penalty=0.0, logprobs=False, choices=1, verbosity="medium", min_p=0.0
    )
    found = written(nothing, "zai")
    assert set(json.loads(found.body)) == {"model", "messages"} and found.notes == ()


@pytest.mark.parametrize(
    ("vendor", "fields"),
    [
        ("openai", {"top_k": 5}),
        ("openai", {"min_p": 0.1}),
        ("openai", {"stop": ("a", "b", "c", "d", "e")}),
        ("openai", {"service_tier": "odd"}),
        ("groq", {"logprobs": True}),
        ("groq", {"choices": 2}),
        ("mistral", {"logit_bias": {"5": 1.0}}),
        ("cerebras", {"frequency_penalty": 1.0}),
        ("zai", {"output": hub.Output(kind="json_schema", schema=b"{}")}),
        ("deepseek", {"service_tier": "flex"}),
        ("deepseek", {"verbosity": "low"}),
    ],
)
def test_what_a_vendor_lacks_is_refused_by_name(vendor, fields):
    refusal = inexpressible(hello(**fields), vendor)
    assert refusal.field == next(iter(fields)) and refusal.advice


@pytest.mark.parametrize(
    ("vendor", "tier", "expected"),
    [
        ("openai", "standard_only", "default"),
        ("groq", "default", "on_demand"),
        ("mistral", "default", "standard_only"),
        ("cerebras", "priority", "priority"),
        ("openai-compatible", "odd", "odd"),
        ("openai-compatible", "on_demand", "default"),
    ],
)
def test_tiers_have_each_vendors_words(vendor, tier, expected):
    assert write(hello(service_tier=tier), vendor)["service_tier"] == expected


def test_forms_of_output_are_written():
    assert write(hello(output=hub.Output(kind="json")))["response_format"] == {"type": "json_object"}
    assert write(hello(output=hub.Output(kind="text")))["response_format"] == {"type": "text"}
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    for schema, is_strict in ((closed, True), ({"type": "object"}, False)):
        raw = json.dumps(schema).encode()
        output = hub.Output(kind="json_schema", schema=raw, description="d", strict=True)
        stated = {"name": "response", "description": "d", "strict": is_strict, "schema": schema}
        assert write(hello(output=output))["response_format"] == {"type": "json_schema", "json_schema": stated}


@given(requests())
def test_any_body_fits_the_vendors_own_types(request_):
    for vendor in ("openai", "cerebras", "mistral"):
        target = Target(vendor=vendor, model="gpt-5", asks_stream_usage=vendor != "mistral")
        lacking = dict.fromkeys((*ways_of(vendor).lacks, "web_search", "service_tier"))
        try:
            body = json.loads(DIALECT.write_request(structs.replace(request_, **lacking), target).body)
        except Inexpressible:
            continue
        if vendor == "mistral":
            assert misshapen_for_mistral(body) == []
        else:
            assert misshapen(body) == []
