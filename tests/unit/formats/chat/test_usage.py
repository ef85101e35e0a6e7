"""Usage as providers state it: nothing they say makes a count negative or a detail larger than its total."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.usage import Usage
from tollway.formats.chat.usage import COUNT_MAX, StatedUsage, to_usage

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
