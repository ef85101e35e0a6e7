"""Each field of a request is read; what is unknown or only one vendor's is refused by name."""

import pytest

from kit.chat import HELLO, read, refused
from tollway.formats.chat.request_reader import read_request
from tollway.formats.hub import Output


def test_every_scalar_reaches_the_hub():
    fields = {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "min_p": 0.1,
        "frequency_penalty": 1,
        "presence_penalty": -1,
        "logit_bias": {"5": -100},
        "logprobs": True,
        "top_logprobs": 3,
        "parallel_tool_calls": False,
        "verbosity": "low",
        "metadata": {"a": "b"},
        "service_tier": "flex",
        "prompt_cache_key": "k",
        "store": False,
        "seed": 9,
        "user": "u",
    }
    request = read(**fields, n=2, stream=True, stream_options={"include_usage": True, "include_obfuscation": False})
    assert {name: getattr(request, name) for name in fields} == fields
    assert request.choices == 2 and request.is_stream


def test_what_means_nothing_is_taken():
    empty = {
        "tools": [],
        "logit_bias": {},
        "metadata": {},
        "modalities": ["text"],
        "usage": {"include": True},
        "functions": None,
        "stop": None,
        "user": "",
        "unknown": None,
        "prompt_cache_options": {"mode": "implicit", "ttl": "30m"},
    }
    assert read(**empty).names == read().names
    assert read(**empty) == read()


@pytest.mark.parametrize(
    ("fields", "bound", "name"),
    [
        ({"max_tokens": 5}, 5, "max_tokens"),
        ({"max_completion_tokens": 7}, 7, "max_completion_tokens"),
        ({"max_completion_tokens": 7, "max_tokens": 5}, 7, "max_completion_tokens"),
    ],
)
def test_the_newer_bound_counts_and_names_itself(fields, bound, name):
    request = read(**fields)
    assert (request.output_tokens_max, request.names["output_tokens_max"]) == (bound, name)


def test_a_stop_sequence_may_stand_alone():
    assert read(stop="a").stop == ("a",) and read(stop=["a", "b"]).stop == ("a", "b") and read(stop="").stop == ()


def test_other_names_of_a_field_are_known():
    assert read(safety_identifier="u").user == "u" and read(safety_identifier="u").names["user"] == "safety_identifier"
    assert read(safety_identifier="u", user="u").user == "u"
    assert read(random_seed=3).seed == 3 and read(random_seed=3).names["seed"] == "random_seed"


@pytest.mark.parametrize("tier", ["default", "on_demand", "standard_only", "standard"])
def test_the_usual_tier_has_one_name(tier):
    assert read(service_tier=tier).service_tier == "default"


def test_forms_of_output_are_read():
    assert read(response_format={"type": "text"}).output == Output(kind="text")
    assert read(response_format={"type": "json_object"}).output == Output(kind="json")
    stated = {"name": "n", "description": "d", "schema": {"type": "object"}, "strict": True}
    output = Output(kind="json_schema", name="n", description="d", schema=b'{"type": "object"}', strict=True)
    assert read(response_format={"type": "json_schema", "json_schema": stated}).output == output


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"messages": []}, "field_invalid", "messages"),
        ({"messages": None}, "field_invalid", "messages"),
        ({"messages": "x"}, "field_invalid", "messages"),
        ({"max_tokens": 0}, "field_invalid", "max_tokens"),
        ({"temperature": "hot"}, "field_invalid", "temperature"),
        ({"logit_bias": {"a": "b"}}, "field_invalid", "logit_bias"),
        ({"metadata": {"a": 1}}, "field_invalid", "metadata"),
        ({"stop": [1]}, "field_invalid", "stop"),
        ({"response_format": {}}, "field_invalid", "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "field_invalid", "response_format.json_schema"),
        ({"response_format": {"type": "grammar"}}, "untranslatable", "response_format.type"),
        ({"user": "a", "safety_identifier": "b"}, "untranslatable", "user"),
        ({"modalities": ["text", "audio"]}, "untranslatable", "modalities"),
        ({"audio": {"voice": "x"}}, "untranslatable", "audio"),
        ({"prediction": {"type": "content"}}, "untranslatable", "prediction"),
        ({"moderation": {"model": "x"}}, "untranslatable", "moderation"),
        ({"prompt_cache_retention": "24h"}, "untranslatable", "prompt_cache_retention"),
        ({"prompt_cache_options": {"ttl": "9h"}}, "untranslatable", "prompt_cache_options.ttl"),
        ({"stream_options": {"odd": 1}}, "untranslatable", "stream_options.odd"),
        ({"provider": {"order": ["x"]}}, "untranslatable", "provider"),
        ({"repetition_penalty": 1.1}, "untranslatable", "repetition_penalty"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(fields, code, param):
    error = refused(**({"messages": HELLO} | fields))
    assert (error.code.name, error.param) == (f"request.{code}", param)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", b"1"),
        ("top_p", b"1"),
        ("top_k", b"1"),
        ("min_p", b"0.1"),
        ("frequency_penalty", b"1"),
        ("presence_penalty", b"1"),
        ("logit_bias", b'{"1":1}'),
        ("logprobs", b"true"),
        ("top_logprobs", b"1"),
        ("n", b"1"),
        ("parallel_tool_calls", b"true"),
        ("verbosity", b'"low"'),
        ("metadata", b'{"a":"b"}'),
        ("service_tier", b'"auto"'),
        ("prompt_cache_key", b'"k"'),
        ("store", b"true"),
    ],
)
def test_a_field_is_read_also_when_it_is_the_only_one_of_its_kind(name, value):
    messages = b'"messages":[{"role":"user","content":"hi"}]'
    plain = read_request(b'{"model":"m",%b}' % messages, model="m", is_stream=False)
    read = read_request(b'{"model":"m",%b,"%b":%b}' % (messages, name.encode(), value), model="m", is_stream=False)
    assert read != plain
