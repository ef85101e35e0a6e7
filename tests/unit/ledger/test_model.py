"""Stored forms of sums."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.ledger.model import FULL, Group, coarser, decode_histograms, encode_histograms, merge, smallest_cube

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
