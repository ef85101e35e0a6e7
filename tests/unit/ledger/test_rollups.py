"""Sums are sums, however calls are split into batches; percentiles are within their bucket."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.ledger_api import HISTOGRAM_BOUNDS_US
from tollway.contract.records import Charge, CloseRecord, encode
from tollway.contract.usage import Usage
from tollway.ledger.model import FULL, Group, Sums
from tollway.ledger.rollups import CallFacts, CountedUsage, classify, clean_text, group_of, percentiles, sum_calls

UNREAD = {"usage", "charges", "stages_us"}
"""What is read in another form, or not at all."""
GROUP = Group(FULL, "t", "a", "", "", "m", "p", "chat", "ok", "live", 200)
facts = st.builds(
    CallFacts,
    request_id=st.just("r"),
    started_ns=st.integers(0, 2**62),
    duration_us=st.integers(0, 2**40),
    status=st.just(200),
    outcome=st.just("ok"),
    operation=st.just("chat"),
    first_byte_us=st.integers(0, 10**6),
    overhead_us=st.integers(0, 10**6),
    usage=st.builds(
        CountedUsage, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10), is_estimated=st.booleans()
    ),
    cost_nanos=st.none() | st.integers(0, 10**12),
)


@given(st.lists(st.lists(facts, max_size=8), max_size=5))
def test_sums_of_batches_merge_into_the_sums_of_all(batches):
    merged = Sums()
    for batch in batches:
        merged.add(sum_calls(GROUP, batch))
    calls = [call for batch in batches for call in batch]
    whole = sum_calls(GROUP, calls)
    assert merged.counts == whole.counts and merged.histograms == whole.histograms
    named = dict(zip(Sums.COLUMNS, whole.counts, strict=True))
    assert named["calls"] == sum(whole.histograms[0].values()) == sum(whole.histograms[2].values()) == len(calls)
    assert sum(whole.histograms[1].values()) == sum(call.first_byte_us > 0 for call in calls)
    assert named["cost_nanos"] == sum(call.cost_nanos or 0 for call in calls)
    assert named["unpriced_calls"] == sum(call.cost_nanos is None for call in calls)
    assert named["input_tokens"] == sum(call.usage.input_tokens for call in calls)
    assert named["estimated_calls"] == sum(call.usage.is_estimated for call in calls)


@given(st.lists(st.integers(1, HISTOGRAM_BOUNDS_US[-1]), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_in_the_bucket_of_the_true_one(values, fraction):
    group = GROUP._replace(outcome="ok")
    calls = [CallFacts("r", 0, value, 200, "ok", "chat") for value in values]
    (found,) = percentiles(sum_calls(group, calls).histograms[0], (fraction,))
    ordered = sorted(values)
    true = ordered[max(-(-round(fraction * 100) * len(values) // 100), 1) - 1]
    low = max((bound for bound in HISTOGRAM_BOUNDS_US if bound < true), default=0)
    high = min(bound for bound in HISTOGRAM_BOUNDS_US if bound >= true)
    assert low <= found <= high


def test_percentiles_at_the_ends():
    assert percentiles({}, (0.5, 0.9)) == [0, 0]
    assert percentiles({len(HISTOGRAM_BOUNDS_US): 3}, (0.5,)) == [HISTOGRAM_BOUNDS_US[-1]]
    assert percentiles({0: 2}, (0.5,)) == [HISTOGRAM_BOUNDS_US[0] // 2]


@given(st.dictionaries(st.integers(0, 80), st.integers(1, 1_000), min_size=1))
def test_several_percentiles_are_each_alone(histogram):
    fractions = (0.01, 0.5, 0.5, 0.95, 0.99, 1.0)
    assert percentiles(histogram, fractions) == [percentiles(histogram, (one,))[0] for one in fractions]


@pytest.mark.parametrize(
    ("outcome", "status", "expected"),
    [
        ("ok", 200, (False, False, False, False)),
        ("ok", 404, (False, True, False, False)),
        ("ok", 502, (False, False, True, False)),
        ("refused", 429, (True, True, False, True)),
        ("refused", 503, (True, False, True, False)),
        ("truncated", 200, (False, False, True, False)),
        ("crashed", 0, (False, False, True, False)),
        ("failed", 0, (False, False, True, False)),
        ("disconnected", 200, (False, False, False, False)),
        ("truncated", 404, (False, True, False, False)),
    ],
)
def test_calls_are_classified(outcome, status, expected):
    assert classify(outcome, status) == expected


def test_a_crashed_call_has_no_latency():
    sums = sum_calls(GROUP._replace(outcome="crashed"), [CallFacts("r", 0, 0, 0, "crashed", "chat")])
    assert sums.counts[0] == 1 and sums.histograms == [{}, {}, {}]


def test_numbers_no_call_can_have_are_cut():
    lies = [CallFacts("r", 0, 1, 200, "ok", "chat", usage=CountedUsage(2**63, -7), cost_nanos=2**63)] * 900
    named = dict(zip(Sums.COLUMNS, sum_calls(GROUP, lies).counts, strict=True))
    assert named["input_tokens"] == 900 * 2**40 and named["output_tokens"] == 0
    assert named["cost_nanos"] == 900 * 2**53 < 2**63


def test_a_model_only_the_caller_named_is_no_group():
    key = ("t", "a", "", "", "made up", "", "chat", "refused", "live", 404)
    assert group_of(key).model == group_of((*key[:9], 403)).model == ""
    assert group_of((*key[:7], "ok", "live", 404)).model == "made up"
    assert clean_text("a\0b" + "x" * 500) == "ab" + "x" * 197


def test_call_facts_are_the_first_fields_of_a_close_record():
    """They are read from the same bytes, by place: a field in between would be summed as another one."""
    for summed, whole, unread in ((CallFacts, CloseRecord, UNREAD), (CountedUsage, Usage, set())):
        fields = msgspec.structs.fields(summed)
        first = msgspec.structs.fields(whole)[: len(fields)]
        assert [field.name for field in fields] == [field.name for field in first]
        for mine, theirs in zip(fields, first, strict=True):
            assert mine.name in unread or (mine.type, mine.default) == (theirs.type, theirs.default)
    assert CallFacts.__struct_config__.tag == CloseRecord.__struct_config__.tag
    closed = CloseRecord(
        *("req_1", 2, 3, 200, "ok", "chat", "t", "a", "team", "test", "s", "m", "p", "u", 4, 5),
        usage=Usage(6, 7, is_estimated=True, tier="flex"),
        cost_nanos=8,
        charges=(Charge("t", "b", 1, 2),),
        client_address="1.2.3.4",
        client_agent="sdk",
        stages_us=(1, 2, 300, 4, 5, 6),
        request_bytes=9,
        response_bytes=10,
        trace_id="after them",
    )
    read = msgspec.msgpack.decode(encode(closed), type=CallFacts)
    for name in CallFacts.__struct_fields__:
        if name not in UNREAD:
            assert getattr(read, name) == getattr(closed, name)
    assert msgspec.msgpack.decode(read.charges) == [["t", "b", 1, 2]]
    assert (read.usage.input_tokens, read.usage.output_tokens, read.usage.is_estimated) == (6, 7, True)
