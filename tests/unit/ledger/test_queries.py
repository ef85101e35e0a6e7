"""How questions are answered that no sums can answer."""

from tollway.contract.ledger_api import CallsQuery
from tollway.contract.records import CloseRecord, encode
from tollway.ledger.ports import CallsRange
from tollway.ledger.queries import CALLS_MAX, RULE_LOOKED_AT_MAX, answer_calls


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
