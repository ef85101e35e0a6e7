"""Stored forms of sums."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollway.ledger.model import (
    DAY,
    FULL,
    NARROW,
    SPANS,
    Group,
    Sums,
    Unit,
    coarser,
    decode_histograms,
    encode_histograms,
    merge,
    narrow,
    narrow_cube,
    smallest_cube,
)

histograms = st.dictionaries(st.integers(0, 80), st.integers(1, 2**40))


@given(st.lists(histograms, min_size=3, max_size=3))
def test_histograms_survive_storage(found):
    assert decode_histograms(encode_histograms(found)) == found


@given(histograms, histograms)
def test_merging_adds_each_bucket(mine, theirs):
    merged = dict(mine)
    merge(merged, theirs)
    assert merged == {key: mine.get(key, 0) + theirs.get(key, 0) for key in mine.keys() | theirs.keys()}


def test_each_coarser_group_leaves_out_what_its_cube_does():
    group = Group(FULL, "t", "a", "team", "s", "m", "p", "chat", "ok", "live", 200)
    assert coarser(group) == [
        Group(1, "", "a", "team", "s", "m", "p", "chat", "ok", "live", 200),
        Group(2, "", "", "team", "s", "m", "p", "chat", "ok", "live", 200),
        Group(3, "", "", "", "", "", "", "chat", "ok", "live", 200),
    ]


def test_a_question_goes_to_the_smallest_cube_that_can_answer_it():
    assert smallest_cube(set()) == smallest_cube({"status", "operation"}) == 3
    assert smallest_cube({"model", "status"}) == 2
    assert smallest_cube({"application"}) == 1
    assert smallest_cube({"application", "token"}) == FULL


def test_a_narrow_cube_answers_what_it_has_every_dimension_of():
    assert [narrow_cube({name}) for name in ("token", "application", "team", "service", "model")] == [4, 5, 5, 6, 6]
    assert narrow_cube({"model", "provider"}) == 6
    assert narrow_cube(set()) is narrow_cube({"token", "model"}) is narrow_cube({"token", "status"}) is None
    kept = [name for facts in NARROW.values() for name in facts.kept]
    assert len(kept) == len(set(kept))


def test_a_narrow_group_has_nothing_that_its_cube_leaves_out():
    group = Group(FULL, "t", "a", "team", "s", "m", "p", "chat", "ok", "live", 200)
    assert narrow(group, 4) == Group(4, "t", "", "", "", "", "", "", "", "", 0)
    assert narrow(group._replace(cube=1, token=""), 5) == Group(5, "", "a", "team", "", "", "", "", "", "", 0)


def test_a_span_is_made_of_four():
    assert Unit(SPANS[0], 8 * DAY).parts() == [Unit(DAY, day * DAY) for day in range(8, 12)]
    for finer, span in pairwise(SPANS):
        parts = Unit(span, 128 * DAY).parts()
        assert [part.resolution for part in parts] == [finer] * 4
        assert [parts[0].start, parts[-1].end] == [128 * DAY, 128 * DAY + span]


def test_sums_of_some_are_new_and_leave_them_as_they_were():
    one, other = Sums([1] * 11, [{1: 2}, {}, {3: 1, 4: 1}]), Sums([2] * 11, [{1: 1, 2: 5}, {}, {}])
    for some in ((one, other), (other, one), (one, other, Sums())):
        whole = Sums.of(some)
        assert whole.counts == [3] * 11 and whole.histograms == [{1: 3, 2: 5}, {}, {3: 1, 4: 1}]
        whole.add(one)
    assert one.counts == [1] * 11 and one.histograms == [{1: 2}, {}, {3: 1, 4: 1}]
    assert other.histograms == [{1: 1, 2: 5}, {}, {}]
    assert Sums.of((one,)) is one and Sums.of(()).counts == [0] * 11
