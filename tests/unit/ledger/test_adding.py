"""Sums of minutes, hours and days in every cube are those of the calls in them, and none is changed on the way."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from tollway.ledger.adding import add_up, count_all
from tollway.ledger.model import CUBES, DAY, HOUR, MINUTE, RESOLUTIONS, Sums

histogram = st.dictionaries(st.integers(0, 5), st.integers(1, 9), max_size=3)
sums = st.builds(
    Sums,
    st.lists(st.integers(0, 9), min_size=len(Sums.COLUMNS), max_size=len(Sums.COLUMNS)),
    st.lists(histogram, min_size=3, max_size=3),
)
# As of groups whose tokens are of applications, and those of one team: what a path begins with says how it goes on.
paths = st.integers(0, 11).map(lambda token: (token, 100 + token % 4, 200 + token % 2, 300))
starts = st.integers(0, 3 * DAY // MINUTE).map(lambda minute: minute * MINUTE)
parts = st.lists(st.tuples(starts | st.sampled_from([0, MINUTE, HOUR, DAY]), paths, sums), max_size=25)


def plain(some: list[Sums]) -> tuple[list[int], list[dict[int, int]]]:
    whole = Sums()
    for each in some:
        whole.add(each)
    return whole.counts, whole.histograms


@given(parts)
def test_each_part_is_in_one_sum_of_each_cube_and_resolution(parts):
    before = deepcopy([(each.counts, each.histograms) for _, _, each in parts])
    found = add_up(parts)
    assert set(found) == set(RESOLUTIONS)
    for resolution, of_resolution in found.items():
        wanted: dict[tuple[int, int, int], list[Sums]] = {}
        for start, path, each in parts:
            for cube in CUBES:
                wanted.setdefault((cube, start - start % resolution, path[cube]), []).append(each)
        assert {key: (each.counts, each.histograms) for key, each in of_resolution.items()} == {
            key: plain(some) for key, some in wanted.items()
        }
    assert count_all(found[MINUTE]) == plain([each for _, _, each in parts])[0]
    assert before == [(each.counts, each.histograms) for _, _, each in parts]
