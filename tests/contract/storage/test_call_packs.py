"""Each call is in one row, and in the rows where it is looked for."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from kit.calls import START, call
from tollway.adapters.storage.call_packs import (
    MARK,
    PACK_NS,
    PACKED_MAX,
    CallRow,
    began_at,
    newest_calls,
    pack_calls,
    unpack,
)
from tollway.kernel.ids import RequestIds
from tollway.ledger.ports import CallsRange, GroupCalls, StoredCall

MINUTE_NS = 60 * 10**9
START_NS = START * 10**9
offsets = st.lists(
    st.one_of(st.integers(0, 40), st.integers(0, PACK_NS + 2), st.integers(0, MINUTE_NS - 1)), min_size=1, max_size=200
)


def group_of(offsets: list[int]) -> tuple[GroupCalls, list[StoredCall]]:
    """Return calls of one group that began so many nanoseconds after START, and the same one by one."""
    ids = RequestIds()
    starts = [START_NS + offset for offset in offsets]
    calls = [call(request_id=ids.new(start), started_ns=start) for start in starts]
    found = [(facts.started_ns, facts.request_id, body) for facts, body in calls]
    return GroupCalls(7, starts, [each[1] for each in found], [each[2] for each in found]), found


def unpacked(rows: list[CallRow]) -> Iterator[tuple[tuple[int, str], list[StoredCall]]]:
    for started_ns, _, request_id, body in rows:
        yield (started_ns, request_id), unpack(started_ns, request_id, body)


@given(offsets)
def test_each_call_is_in_one_row_and_rows_sort_as_their_newest_calls_do(offsets):
    group, calls = group_of(offsets)
    rows = list(pack_calls(group))
    found = []
    for (row_ns, key), of_row in unpacked(rows):
        starts = [started_ns for started_ns, _, _ in of_row]
        newest = max(of_row)
        assert (row_ns, key.removesuffix(MARK)) == newest[:2]
        assert row_ns - PACK_NS < min(starts) and len(of_row) <= PACKED_MAX
        assert key.endswith(MARK) == (len(of_row) > 1)
        found += of_row
    assert sorted(found) == sorted(calls)
    assert {group_id for _, group_id, _, _ in rows} == {7}


def test_a_thousand_calls_of_a_second_have_sixteen_rows_and_those_of_a_minute_one_for_each_second():
    group, _ = group_of([number * 999_000 for number in range(1_000)])
    assert len(list(pack_calls(group))) == 16
    group, _ = group_of([number * 7 % 590 * 100_000_000 for number in range(590)])
    assert len(list(pack_calls(group))) == 59


def test_calls_whose_ids_tell_no_time_have_a_row_each():
    ids = RequestIds()
    strange = ["req", "req_1", ids.new(START_NS) + MARK, ids.new(START_NS + 10**9), "x" * 28, "req_" + "é" * 24]
    for request_id in strange:
        group, _ = group_of([1, 2, 3])
        request_ids = [request_id, *group.request_ids[1:]]
        rows = list(pack_calls(group._replace(request_ids=request_ids)))
        assert [row[2] for row in rows] == request_ids


@given(st.integers(0, 2**62))
def test_an_id_tells_the_millisecond_of_its_call(now_ns):
    assert began_at(RequestIds().new(now_ns)) == now_ns - now_ns % 1_000_000


@given(st.text(max_size=40))
def test_any_text_is_asked_for_its_time(text):
    assert began_at(text) is None or text.startswith("req_")
    assert began_at("req_" + text) is None or len(text) >= 11


@given(offsets, st.data(), st.integers(1, 30))
def test_the_newest_calls_of_rows_are_those_of_the_range(offsets, data, limit):
    group, calls = group_of(offsets)
    instants = st.integers(START_NS - 1, START_NS + max(offsets) + 1)
    since_ns, until_ns = data.draw(instants), data.draw(st.none() | instants)
    before = data.draw(st.none() | st.sampled_from([each[:2] for each in calls]))
    rows = [(started_ns, key, body) for started_ns, _, key, body in pack_calls(group)]
    wanted = [
        each
        for each in sorted(calls, reverse=True)
        if since_ns <= each[0] and (until_ns is None or each[0] < until_ns) and (before is None or each[:2] < before)
    ]
    assert newest_calls(rows, CallsRange(since_ns, until_ns, before), limit) == wanted[:limit]
