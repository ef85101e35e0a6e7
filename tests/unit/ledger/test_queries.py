"""How ranges are covered, and which sums still exist."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.ledger_api import CallsQuery
from tollway.contract.records import CloseRecord, encode
from tollway.ledger.model import DAY, HOUR, MINUTE
from tollway.ledger.ports import CallsRange
from tollway.ledger.queries import CALLS_MAX, RULE_LOOKED_AT_MAX, answer_calls, cover, finest_resolution


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


class Calls:
    """A reader of so many calls, of which each `every`-th was refused by a rule."""

    def __init__(self, total: int, every: int) -> None:
        self._rows = [
            (at, f"req_{at}", encode(CloseRecord(f"req_{at}", at, 1, 403, "refused", "chat", rule=rule)))
            for at in range(total, 0, -1)
            for rule in ["`deny m*` in the rights of the team `shop`" if at % every == 0 else ""]
        ]

    def calls(self, filters: dict[str, str], within: CallsRange, *, limit: int) -> list[tuple[int, str, bytes]]:
        assert filters == {"outcome": "refused"}
        return [row for row in self._rows if within.before is None or row[:2] < within.before][:limit]


def pages(reader: Calls, query: CallsQuery) -> list[list[str]]:
    found = []
    while True:
        answer = answer_calls(query, reader)  # type: ignore[arg-type]  # it reads calls alone
        found.append([call.request_id for call in answer.calls])
        if answer.next is None:
            return found
        query = CallsQuery(query.filters, before=answer.next, limit=query.limit, rule=query.rule)


def test_calls_of_a_rule_are_found_once_each_over_all_pages():
    found = pages(Calls(2 * CALLS_MAX + 7, 500), CallsQuery({"outcome": "refused"}, limit=3, rule="`deny m*`"))
    assert found == [["req_2000", "req_1500", "req_1000"], ["req_500"]]


def test_a_page_looks_through_a_bounded_number_of_calls():
    found = pages(Calls(RULE_LOOKED_AT_MAX + 5, 5), CallsQuery({"outcome": "refused"}, rule="no such rule"))
    assert found == [[], []]
