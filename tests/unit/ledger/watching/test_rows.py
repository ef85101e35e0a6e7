"""Calls are added up by token, minute, address and client; only what detectors ask for is read from the records."""

from kit.calls import START, call, counted
from tollway.ledger.rollups import CallFacts
from tollway.ledger.watching.rows import TARGETS_MAX, build_rows
from tollway.policy.detect.profile import Row


def rows_of(calls: list[tuple[CallFacts, bytes]]) -> list[Row]:
    return build_rows(counted(calls))


def test_calls_of_a_minute_are_one_row_and_others_are_apart() -> None:
    rows = rows_of(
        [call(), call(3), call(60), call(client_address="192.0.2.2"), call(client_agent="x"), call(token_id="")]
    )
    assert [(row.second - START, row.address, row.agent, row.calls, row.cost_nanos) for row in rows] == [
        (0, "192.0.2.2", "curl/8", 1, 5),
        (0, "192.0.2.1", "x", 1, 5),
        (3, "192.0.2.1", "curl/8", 2, 10),
        (60, "192.0.2.1", "curl/8", 1, 5),
    ]


def test_the_callers_own_errors_count_and_those_of_limits_and_upstreams_do_not() -> None:
    (row,) = rows_of(
        [call(status=status) for status in (200, 400, 429, 500, 503)]
        + [call(status=404, model="a"), call(status=404, model="a"), call(status=403, service_id="s")]
        + [call(status=401), call(cost_nanos=None)]
    )
    assert (row.calls, row.errors, row.guesses, row.cost_nanos) == (10, 5, 4, 45)
    assert row.targets == ("a", "s", "chat")
    (many,) = rows_of([call(status=404, model=f"m{number}") for number in range(100)])
    assert len(many.targets) == TARGETS_MAX


def test_bytes_of_requests_and_answers_add_up() -> None:
    (row,) = rows_of([call(request_bytes=3, response_bytes=4), call(request_bytes=10), call(status=404)])
    assert row.bytes == 17


def test_secrets_that_ended_are_told_apart_by_the_records_code() -> None:
    codes = ("token.revoked", "token.expired", "token.replaced", "token.disabled")
    (row,) = rows_of([call(status=401, outcome="refused", code=code) for code in codes])
    assert (row.ended, row.replaced, row.calls) == (2, 1, 4)
    (answered,) = rows_of([call(status=401, outcome="ok", code="token.revoked")])
    assert answered.ended == 0, "an upstream's own 401"
