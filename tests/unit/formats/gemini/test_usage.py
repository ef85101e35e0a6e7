"""Usage means exactly what Google states, and no statement makes a count negative or a detail exceed its total."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tollway.contract.usage import Usage
from tollway.formats.gemini.fields import COUNT_MAX, Fields
from tollway.formats.gemini.usage import estimate_usage, merge_usage, read_usage, text_bytes, usage_of, write_usage

COUNTS = (
    st.none() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
)
DETAILS = st.lists(
    st.fixed_dictionaries(
        {"modality": st.sampled_from(["TEXT", "AUDIO", "IMAGE", "VIDEO", "X"]), "tokenCount": COUNTS}
    ),
    max_size=3,
)
NAMES = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount", "totalTokenCount")
KINDS = ("promptTokensDetails", "candidatesTokensDetails", "cacheTokensDetails", "toolUsePromptTokensDetails")
STATED = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*NAMES, "cachedContentTokenCount"), COUNTS) | dict.fromkeys(KINDS, DETAILS)
)


def answer(stated=None, **fields):
    return json.dumps(fields | ({} if stated is None else {"usageMetadata": stated})).encode()


def details(**counts):
    return [{"modality": name.upper(), "tokenCount": count} for name, count in counts.items()]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}, Usage(9, 2)),
        # What was thought comes on top of what was said.
        (
            {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 40},
            Usage(9, 42, reasoning_tokens=40),
        ),
        # What the vendor's own tools read comes on top of the prompt.
        ({"promptTokenCount": 9, "candidatesTokenCount": 2, "toolUsePromptTokenCount": 70}, Usage(79, 2)),
        ({"promptTokenCount": 9, "cachedContentTokenCount": 8}, Usage(9, 0, cached_input_tokens=8)),
        ({"promptTokenCount": 9, "cachedContentTokenCount": 80}, Usage(9, 0, cached_input_tokens=9)),
        ({"prompt_token_count": "9", "candidates_token_count": "2"}, Usage(9, 2)),
        (
            {"promptTokenCount": 90, "promptTokensDetails": details(text=10, audio=60, image=15, video=5)},
            Usage(90, 0, input_audio_tokens=60, input_image_tokens=15, input_video_tokens=5),
        ),
        (
            {"promptTokenCount": 90, "promptTokensDetails": details(audio=60, image=20), "cachedContentTokenCount": 50}
            | {"cacheTokensDetails": details(text=5, audio=30, image=15)},
            Usage(
                90, 0, 50, input_audio_tokens=60, cached_audio_tokens=30, input_image_tokens=20, cached_image_tokens=15
            ),
        ),
        (
            {"promptTokenCount": 1, "candidatesTokenCount": 1290, "candidatesTokensDetails": details(image=1290)},
            Usage(1, 1290, output_image_tokens=1290),
        ),
        (
            {"promptTokenCount": 1, "candidatesTokenCount": 20, "candidatesTokensDetails": details(audio=12, video=8)},
            Usage(1, 20, output_audio_tokens=12, output_video_tokens=8),
        ),
        ({"promptTokenCount": 1, "serviceTier": "SERVICE_TIER_FLEX"}, Usage(1, tier="flex")),
        ({"promptTokenCount": 1, "serviceTier": "standard"}, Usage(1, tier="standard")),
        ({"promptTokenCount": 1, "trafficType": "PROVISIONED_THROUGHPUT"}, Usage(1, tier="provisioned_throughput")),
        ({"promptTokenCount": 1, "trafficType": "ON_DEMAND"}, Usage(1, tier="on_demand")),
        ({"promptTokenCount": 1, "serviceTier": "unspecified", "trafficType": "ON_DEMAND_FLEX"}, Usage(1, tier="")),
    ],
)
def test_each_count_is_where_it_belongs(stated, expected):
    assert read_usage(answer(stated)) == expected


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"usageMetadata":{}}', b'{"usageMetadata":{"trafficType":"X"}}'])
def test_no_statement_is_no_usage(raw):
    assert read_usage(raw) is None


@pytest.mark.parametrize(
    ("model", "searches"), [("gemini-2.5-flash", 1), ("gemini-3-flash-preview", 2), ("some-tuned-model", 2)]
)
def test_searches_are_counted_as_they_are_billed(model, searches):
    grounded = [{"groundingMetadata": {"webSearchQueries": ["a", "", "b"]}}]
    usage = read_usage(answer({"promptTokenCount": 1}, candidates=grounded, modelVersion=model))
    assert usage == Usage(1, web_searches=searches)


@given(STATED)
def test_counts_are_bounded_whatever_is_stated(stated):
    usage = read_usage(answer(stated))
    if usage is None:
        return
    counts = [value for name, value in structs.asdict(usage).items() if name not in ("is_estimated", "tier")]
    assert all(0 <= count <= 2 * COUNT_MAX for count in counts)
    assert usage.cached_audio_tokens <= min(usage.cached_input_tokens, usage.input_audio_tokens)
    assert usage.cached_image_tokens <= min(usage.cached_input_tokens, usage.input_image_tokens)
    assert max(usage.cached_input_tokens, usage.input_audio_tokens, usage.input_video_tokens) <= usage.input_tokens
    assert usage.reasoning_tokens + usage.output_audio_tokens <= usage.output_tokens


@st.composite
def usages(draw):
    """Usage that an answer can state: parts within their totals, no searches (the candidates state them)."""
    audio, image, video, text = (draw(st.integers(0, 1000)) for _ in range(4))
    made = [draw(st.integers(0, 1000)) for _ in range(4)]
    thoughts = draw(st.integers(0, 1000))
    cached_audio, cached_image = draw(st.integers(0, audio)), draw(st.integers(0, image))
    return Usage(
        input_tokens=audio + image + video + text,
        output_tokens=sum(made) + thoughts,
        cached_input_tokens=cached_audio + cached_image + draw(st.integers(0, text)),
        reasoning_tokens=thoughts,
        input_audio_tokens=audio,
        output_audio_tokens=made[0],
        cached_audio_tokens=cached_audio,
        input_image_tokens=image,
        cached_image_tokens=cached_image,
        output_image_tokens=made[1],
        input_video_tokens=video,
        output_video_tokens=made[2],
        tier=draw(st.sampled_from(["", "standard", "flex", "priority"])),
    )


@given(usages())
def test_what_is_written_is_read_as_it_was(usage):
    assert read_usage(answer(write_usage(usage))) == usage


def test_a_foreign_tier_is_not_written():
    """Google's clients take only Google's own words."""
    assert "serviceTier" not in write_usage(Usage(1, 1, tier="batch"))


def test_later_statements_of_a_stream_count_but_forget_no_search():
    first, last = Usage(1, 1, web_searches=2), Usage(1, 5)
    assert merge_usage(first, last) == Usage(1, 5, web_searches=2)
    assert merge_usage(None, last) is last
    assert merge_usage(first, None) is first
    assert merge_usage(last, first) is first
    assert merge_usage(None, None) is None


def test_an_estimate_counts_texts_and_arguments():
    parts = [{"text": "héllo wörld"}, {"functionCall": {"name": "f", "args": {"a": 1}}}, {"inlineData": {}}]
    raw = answer(candidates=[{"content": {"parts": parts}}, {}])
    read = Fields.parse(raw)
    assert read is not None and text_bytes(read) == 13 + len('{"a": 1}')
    assert usage_of(read) is None
    assert estimate_usage(raw, 7) == Usage(7, 6, is_estimated=True)
    assert estimate_usage(b"no answer", 7) == Usage(7, 0, is_estimated=True)
