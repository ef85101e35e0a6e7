"""Cells are what the ledger adds up: calls of one minute that are alike in all that is counted apart."""

from kit.calls import START, call, counted
from tollway.contract.records import Charge


def test_calls_of_a_cell_are_alike_and_others_are_apart() -> None:
    cells = counted([call(), call(3), call(60), call(client_agent="x"), call(status=404), call(model="m")])
    assert [(len(cell.starts), cell.group.status, cell.agent, cell.group.model) for cell in cells] == [
        (2, 200, "curl/8", ""),
        (1, 200, "curl/8", ""),
        (1, 200, "x", ""),
        (1, 404, "curl/8", ""),
        (1, 200, "curl/8", "m"),
    ]
    first, later = cells[0], cells[1]
    assert later.minute_start == first.minute_start + 60
    assert first.starts == [START * 10**9, (START + 3) * 10**9] and first.request_ids == ["req", "req"]
    assert first.sums.counts[0] == 2 and len(first.bodies) == 2


def test_texts_are_as_databases_store_them() -> None:
    (cell,) = counted([call(client_address="1\0" * 50, client_agent="\0a")])
    assert (cell.address, cell.agent) == ("1" * 50, "a")


def test_what_was_refused_for_the_tokens_own_state_is_no_use() -> None:
    refused, limited, upstreams = counted(
        [call(status=401, outcome="refused"), call(status=429, outcome="refused"), call(status=401)]
    )
    assert (refused.is_use, limited.is_use, upstreams.is_use) == (False, True, True)


def test_charges_and_calls_without_a_price_add_up() -> None:
    day, month = Charge("tokA", "day", 7, 3), Charge("tokA", "month", 1, 30)
    (cell,) = counted(
        [
            call(charges=(day, month), cost_nanos=None, upstream_model="a\0"),
            call(1, charges=(day,), cost_nanos=None, upstream_model="b"),
            call(2, charges=(), cost_nanos=None, upstream_model="a"),
            call(3, charges=(month,), request_bytes=5, response_bytes=2),
        ]
    )
    assert cell.spent == {("tokA", "day", 7): 6, ("tokA", "month", 1): 60}
    assert cell.unpriced == {"a": (2, (START + 2) * 10**9), "b": (1, (START + 1) * 10**9)}
    assert cell.bytes_moved == 7


def test_codes_are_counted_of_those_that_are_turned_away_alone() -> None:
    refused, answered = counted(
        [call(status=401, outcome="refused", code=code) for code in ("token.revoked", "token.expired", "token.revoked")]
        + [call(status=401, code="token.revoked", model="m")]
    )
    assert refused.codes == {"token.revoked": 2, "token.expired": 1} and not answered.codes
    assert (refused.target, answered.target) == ("chat", "m")
