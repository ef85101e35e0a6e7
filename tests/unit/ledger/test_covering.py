"""How ranges are covered, and which sums still exist."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollway.ledger.covering import cover, cover_condensed, finest_resolution
from tollway.ledger.model import DAY, HOUR, MINUTE, SPANS
from tollway.ledger.ports import Stretch


@given(
    st.integers(0, 10 * DAY),
    st.integers(0, 5 * DAY),
    st.sampled_from([[DAY, HOUR, MINUTE], [HOUR, MINUTE], [MINUTE], [DAY, HOUR], [DAY]]),
)
def test_a_range_is_covered_exactly_once_with_few_stretches(start, length, resolutions):
    end = start + length
    stretches = cover(start, end, resolutions)
    if start >= end:
        assert stretches == ()
        return
    finest = resolutions[-1]
    assert stretches[0].start == start - start % finest
    assert stretches[-1].end == end + -end % finest
    assert all(left.end == right.start for left, right in pairwise(stretches))
    assert all(each.start % each.resolution == each.end % each.resolution == 0 for each in stretches)
    assert sum((each.end - each.start) // each.resolution for each in stretches) <= length // resolutions[0] + 2 * (
        sum(coarse // fine for coarse, fine in pairwise(resolutions)) + 1
    )


class Oldest:
    """A reader that knows only where its sums begin."""

    def __init__(self, **starts: int | None) -> None:
        self.starts = {MINUTE: starts["minute"], HOUR: starts["hour"], DAY: starts["day"]}

    def oldest_start(self, resolution: int) -> int | None:
        return self.starts[resolution]


def test_the_finest_sums_that_still_exist_are_used():
    fresh = Oldest(minute=3 * DAY + 61 * MINUTE, hour=3 * DAY + HOUR, day=3 * DAY)
    assert finest_resolution(0, fresh) == MINUTE, "nothing was deleted yet"
    aged = Oldest(minute=20 * DAY, hour=10 * DAY, day=0)
    assert finest_resolution(20 * DAY, aged) == MINUTE
    assert finest_resolution(19 * DAY, aged) == HOUR
    assert finest_resolution(9 * DAY, aged) == DAY
    assert finest_resolution(0, Oldest(minute=None, hour=None, day=None)) == MINUTE
    assert finest_resolution(5, Oldest(minute=None, hour=None, day=0)) == DAY


class Built:
    """A reader that knows only which units are condensed."""

    def __init__(self, *units: tuple[int, int]) -> None:
        self.units = units

    def built(self, stretch: Stretch) -> list[int]:
        return sorted(
            start
            for resolution, start in self.units
            if resolution == stretch.resolution and stretch.start <= start < stretch.end
        )


LADDER = [*reversed(SPANS), DAY, HOUR, MINUTE]
UNITS = st.sampled_from([HOUR, DAY, *SPANS]).flatmap(
    lambda resolution: st.integers(0, 130 * DAY // resolution).map(lambda at: (resolution, at * resolution))
)


@given(st.integers(0, 80 * DAY), st.integers(1, 70 * DAY), st.sets(UNITS, max_size=60), st.booleans())
def test_condensed_sums_cover_the_same_time_once(start, length, units, has_narrow):
    reader = Built(*units)
    stretches = cover_condensed(start, start + length, LADDER, reader, has_narrow=has_narrow)  # type: ignore[arg-type]
    assert stretches[0].start == start - start % MINUTE
    assert stretches[-1].end == start + length + -(start + length) % MINUTE
    assert all(left.end == right.start for left, right in pairwise(stretches))
    for each in stretches:
        assert each.start % each.resolution == each.end % each.resolution == 0
        if each.is_condensed:
            inside = range(each.start, each.end, each.resolution)
            assert {(each.resolution, unit) for unit in inside} <= units
            assert has_narrow or each.resolution in SPANS
        else:
            assert each.resolution not in SPANS, "a span has no sums but condensed ones"


def test_a_year_that_is_condensed_takes_few_rows():
    units = [(resolution, start) for resolution in (HOUR, DAY, *SPANS) for start in range(0, 400 * DAY, resolution)]
    reader = Built(*units)
    stretches = cover_condensed(3 * DAY + 61, 398 * DAY + 5, LADDER, reader, has_narrow=True)  # type: ignore[arg-type]
    assert sum((each.end - each.start) // each.resolution for each in stretches) <= 2 * (59 + 23 + 3 + 3 + 3) + 6
