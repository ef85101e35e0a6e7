"""Usage as providers state it: nothing they say makes a count negative or a detail larger than its total."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CompletionUsage

from tollway.contract.usage import Usage
from tollway.formats.chat.usage import COUNT_MAX, StatedUsage, read_usage, to_usage, usage_of, write_usage
from tollway.formats.lenient import Fields

COUNTS = st.none() | st.integers(-(2**70), 2**70) | st.floats()
DETAILS = st.none() | st.fixed_dictionaries({}, optional={"cached_tokens": COUNTS, "audio_tokens": COUNTS})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "prompt_tokens": COUNTS,
            "completion_tokens": COUNTS,
            "prompt_tokens_details": DETAILS,
            "num_cached_tokens": COUNTS,
        },
    )
)
def test_counts_are_bounded_whatever_is_stated(stated):
    usage = to_usage(msgspec.convert(stated, StatedUsage))
    if usage is None:
        assert stated.get("prompt_tokens") is None
        return
    for name in ("input_tokens", "output_tokens", "cached_input_tokens", "input_audio_tokens"):
        assert 0 <= getattr(usage, name) <= COUNT_MAX
    assert usage.cached_input_tokens <= usage.input_tokens


def test_not_a_number_counts_as_nothing():
    assert to_usage(StatedUsage(prompt_tokens=float("nan"), completion_tokens=float("inf"))) == Usage(
        output_tokens=COUNT_MAX
    )


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}, Usage(9, 2)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 4}, Usage(9, 2, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "num_cached_tokens": 3}, Usage(9, 2, 3)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 3}, Usage(9, 2, 3)),
        (
            {"prompt_tokens": 9, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 4}},
            Usage(9, 5, reasoning_tokens=4),
        ),
        ({"prompt_tokens": 4, "total_tokens": 4}, Usage(4, 0)),
        (
            {"prompt_tokens": 4, "completion_tokens": 1, "server_tool_use_details": {"web_search_requests": 2}},
            Usage(4, 1, web_searches=2),
        ),
    ],
)
def test_each_vendors_spelling_is_read(stated, expected):
    assert to_usage(msgspec.convert(stated, StatedUsage)) == expected


def test_no_statement_is_no_usage():
    assert to_usage(StatedUsage(total_tokens=5)) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"usage": {"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109}},
            Usage(35, 74, reasoning_tokens=62),
        ),
        (
            {
                "usage": {
                    "prompt_tokens": 5,
                    "completion_tokens": 2,
                    "total_tokens": 10,
                    "completion_tokens_details": {"reasoning_tokens": 3},
                }
            },
            Usage(5, 5, reasoning_tokens=3),
        ),
        (
            {"usage": {"prompt_tokens": 5, "completion_tokens": 2}, "service_tier": "priority"},
            Usage(5, 2, tier="priority"),
        ),
        (
            {"usage": {"prompt_tokens": 5, "completion_tokens": 2, "service_tier": "standard"}},
            Usage(5, 2, tier="standard"),
        ),
        ({"usage": {"prompt_tokens": 5, "completion_tokens": 2}, "service_tier": "auto"}, Usage(5, 2)),
        ({"usage": {"prompt_tokens": 5, "completion_tokens": 2}, "service_tier": "provisioned"}, Usage(5, 2)),
        # Details of an odd kind hide nothing else.
        (
            {"usage": {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": [], "cached_tokens": "x"}},
            Usage(5, 2),
        ),
        (
            {
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 9,
                    "prompt_tokens_details": {
                        "cached_tokens": 6,
                        "cache_write_tokens": 6,
                        "image_tokens": 2,
                        "video_tokens": 1,
                    },
                    "completion_tokens_details": {"image_tokens": 4},
                }
            },
            Usage(
                9,
                9,
                cached_input_tokens=6,
                cache_write_tokens=3,
                input_image_tokens=2,
                input_video_tokens=1,
                output_image_tokens=4,
            ),
        ),
    ],
)
def test_usage_is_read_alike_from_whole_answers_and_events(answer, expected):
    raw = json.dumps(answer).encode()
    fields = Fields.parse(raw)
    assert fields is not None
    assert read_usage(raw) == usage_of(fields) == expected


def test_groqs_usage_is_found_where_it_hides():
    fields = Fields.parse(b'{"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}')
    assert fields is not None and usage_of(fields) == Usage(1, 2)
    for raw in (b"{}", b'{"x_groq":{}}', b'{"usage":{"total_tokens":4}}', b'{"usage":[]}'):
        fields = Fields.parse(raw)
        assert fields is not None and usage_of(fields) is None is read_usage(raw)


def test_written_usage_is_openais_and_read_back_the_same():
    usage = Usage(
        9,
        8,
        cached_input_tokens=3,
        cache_write_tokens=2,
        reasoning_tokens=4,
        input_audio_tokens=1,
        output_audio_tokens=1,
        web_searches=2,
        input_image_tokens=1,
        output_image_tokens=1,
        input_video_tokens=1,
    )
    written = write_usage(usage)
    assert CompletionUsage.model_validate(written, strict=True).total_tokens == 17
    assert read_usage(json.dumps({"usage": written}).encode()) == usage


SOME = st.integers(-1, 40) | st.sampled_from([None, 2**40, 2**40 + 1, 3.0])
FULL_DETAILS = st.none() | st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("cached_tokens", "audio_tokens", "reasoning_tokens", "image_tokens", "x"), SOME),
)


STATED = st.fixed_dictionaries(
    {"prompt_tokens": SOME, "completion_tokens": SOME},
    optional={
        "total_tokens": SOME,
        "prompt_tokens_details": FULL_DETAILS,
        "completion_tokens_details": FULL_DETAILS,
        "num_cached_tokens": SOME,
        "service_tier": st.sampled_from(["auto", "flex", None]),
    },
)
TIERS = st.sampled_from([None, "", "auto", "default", "flex"])
FIELDS = st.fixed_dictionaries(
    {"usage": STATED},
    optional={
        "service_tier": TIERS,
        "choices": st.just([{"message": {"content": 'say "usage": {}', "usage": {"prompt_tokens": 1}}}]),
        "x_groq": st.fixed_dictionaries({"usage": STATED}),
        "more": st.just({"service_tier": "flex", "usage": 1}),
    },
)


@given(FIELDS.flatmap(lambda fields: st.permutations(list(fields.items()))), st.sampled_from([None, (",", ":")]))
def test_the_short_way_reads_what_the_long_way_reads(items, separators):
    raw = json.dumps(dict(items), separators=separators).encode()
    fields = Fields.parse(raw)
    assert fields is not None
    assert read_usage(raw) == usage_of(fields)
