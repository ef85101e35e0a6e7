"""Stored forms of sums."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.ledger.model import COARSE, FULL, Group, coarse, decode_histograms, encode_histograms, merge

histograms = st.dictionaries(st.integers(0, 80), st.integers(1, 2**40))


@given(st.lists(histograms, min_size=3, max_size=3))
def test_histograms_survive_storage(found):
    assert decode_histograms(encode_histograms(found)) == found


@given(histograms, histograms)
def test_merging_adds_each_bucket(mine, theirs):
    merged = dict(mine)
    merge(merged, theirs)
    assert merged == {key: mine.get(key, 0) + theirs.get(key, 0) for key in mine.keys() | theirs.keys()}


def test_the_coarse_group_leaves_out_who_called():
    group = Group(FULL, "t", "a", "team", "s", "m", "p", "chat", "ok", "live", 200)
    assert coarse(group) == Group(COARSE, "", "", "team", "s", "m", "p", "chat", "ok", "live", 200)
