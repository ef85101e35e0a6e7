"""Usage is what Anthropic bills: cached and written tokens on top of the fresh ones."""

import json

import pytest
from anthropic.types import Usage as Official
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from tollway.contract.usage import Usage
from tollway.formats.lenient import Fields
from tollway.formats.messages.usage import (
    Stated,
    estimate_usage,
    read_stated,
    read_usage,
    stated_in,
    write_delta_usage,
    write_usage,
)

COUNTS = st.integers(0, 1_000)


def answer(usage: object) -> bytes:
    return json.dumps({"usage": usage}).encode()


@pytest.mark.parametrize(
    ("stated", "usage"),
    [
        ({"input_tokens": 3, "output_tokens": 4}, Usage(input_tokens=3, output_tokens=4)),
        (
            {
                "input_tokens": 3,
                "cache_creation_input_tokens": 30,
                "cache_read_input_tokens": 500,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
                "output_tokens": 4,
                "output_tokens_details": {"thinking_tokens": 2},
                "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1},
                "service_tier": "priority",
            },
            Usage(
                input_tokens=533,
                output_tokens=4,
                cached_input_tokens=500,
                cache_write_tokens=30,
                cache_write_1h_tokens=20,
                reasoning_tokens=2,
                web_searches=2,
                tier="priority",
            ),
        ),
        (
            {"input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 7}},
            Usage(input_tokens=8, cache_write_tokens=7),
        ),
        ({"input_tokens": 1, "speed": "fast", "service_tier": "standard"}, Usage(input_tokens=1, tier="fast")),
    ],
)
def test_stated_usage_is_read(stated, usage):
    assert read_usage(answer(stated)) == usage


def test_what_compaction_consumed_is_added_and_what_an_advisor_did_is_not():
    iterations = [
        {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500, "cache_read_input_tokens": 5},
        {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000},
        {"type": "advisor_message", "model": "claude-opus-4-8", "input_tokens": 9, "output_tokens": 9},
    ]
    stated = {"input_tokens": 23_000, "output_tokens": 1_000, "iterations": iterations}
    expected = Usage(input_tokens=203_005, output_tokens=4_500, cached_input_tokens=5)
    assert read_usage(answer(stated)) == expected


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"usage":null}', b'{"usage":{"service_tier":"standard"}}'])
def test_no_statement_is_none(raw):
    assert read_usage(raw) is None


@given(objects("usage") | st.builds(lambda usage: {"usage": usage}, objects(*Official.model_fields)))
def test_any_statement_gives_counts_that_no_charge_can_be_negative_of(body):
    usage = read_usage(json.dumps(body).encode())
    if usage is not None:
        fresh = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        assert fresh >= 0 and 0 <= usage.cache_write_1h_tokens <= usage.cache_write_tokens
        assert 0 <= usage.reasoning_tokens <= usage.output_tokens


def test_later_statements_replace_what_they_name():
    first = Stated(input_tokens=92, output_tokens=1, cache_write=30, cache_write_1h=30, tier="standard")
    later = Stated(input_tokens=12_251, output_tokens=153, web_searches=1)
    usage = first.merge(later).usage()
    assert usage == Usage(
        input_tokens=12_281,
        output_tokens=153,
        cache_write_tokens=30,
        cache_write_1h_tokens=30,
        web_searches=1,
        tier="standard",
    )
    assert first.merge(None) is first


@given(st.builds(Usage, input_tokens=COUNTS, output_tokens=COUNTS, web_searches=COUNTS), COUNTS, COUNTS, COUNTS)
def test_written_usage_is_read_again_and_taken_by_the_official_client(usage, cached, written, hour):
    total = usage.input_tokens + cached + written
    usage = Usage(
        input_tokens=total,
        output_tokens=usage.output_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(hour, written),
        reasoning_tokens=usage.output_tokens // 2,
        web_searches=usage.web_searches,
        tier="standard",
    )
    raw = answer(write_usage(usage))
    assert read_usage(raw) == usage
    Official.model_validate(json.loads(raw)["usage"])


def test_the_last_usage_of_a_stream_has_totals():
    usage = Usage(input_tokens=5, output_tokens=2, cached_input_tokens=1)
    assert write_delta_usage(usage) == {
        "input_tokens": 4,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 1,
        "output_tokens": 2,
    }
    written = write_delta_usage(Usage(input_tokens=5, cache_write_tokens=5, cache_write_1h_tokens=2))
    assert written["cache_creation"] == {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 2}


@pytest.mark.parametrize(
    ("tier", "written"), [("", "standard"), ("default", "standard"), ("batch", "batch"), ("flex", None)]
)
def test_the_tier_is_in_anthropics_word(tier, written):
    assert write_usage(Usage(tier=tier))["service_tier"] == written


def test_usage_that_nobody_stated_is_written_as_zeros():
    assert write_usage(None)["input_tokens"] == 0


def test_an_estimate_counts_what_was_made():
    content = [{"type": "text", "text": "four"}, {"type": "tool_use", "input": {"a": 1}}, {"type": "other"}]
    usage = estimate_usage(json.dumps({"content": content}).encode(), 9)
    assert usage == Usage(input_tokens=9, output_tokens=3, is_estimated=True)
    assert estimate_usage(b"nonsense", 9) == Usage(input_tokens=9, is_estimated=True)


@given(VALUES)
def test_any_value_is_read_as_something(value):
    stated_in(Fields.parse(json.dumps({"x": value}).encode()))


_COUNTS = st.none() | st.integers(-5, 2**50) | st.sampled_from([1.0, 1.5, "7", True, [], {}])
_TOTALS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_SPLIT = {"ephemeral_1h_input_tokens": _COUNTS, "ephemeral_5m_input_tokens": _COUNTS}
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(_TOTALS, _COUNTS),
        "cache_creation": st.none() | st.just(7) | st.fixed_dictionaries({}, optional=_SPLIT),
        "output_tokens_details": st.none() | st.fixed_dictionaries({"thinking_tokens": _COUNTS}),
        "server_tool_use": st.none() | st.fixed_dictionaries({"web_search_requests": _COUNTS}),
        "service_tier": st.none() | st.sampled_from(["standard", "priority", "", 3]),
        "speed": st.none() | st.sampled_from(["fast", "standard"]),
        "iterations": st.none() | st.just([]) | st.just([{"type": "compaction", "input_tokens": 5}]),
        "unknown": _COUNTS,
    },
)


@given(_FIELDS)
def test_what_is_read_in_one_step_is_what_is_read_field_by_field(usage):
    raw = json.dumps(usage).encode()
    assert read_stated(raw) == stated_in(Fields.parse(raw))


def test_what_is_no_object_states_nothing():
    assert read_stated(b"") is None and read_stated(b"[]") is None and read_stated(b"null") is None
