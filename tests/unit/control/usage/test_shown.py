"""Which ids an answer needs names for."""

from tollway.contract.ledger_api import UsageRow
from tollway.contract.records import Attempt, CloseRecord
from tollway.control.usage.shown import ids_of_calls, ids_of_rows, show_call

CALL = CloseRecord(
    "req_1",
    10**18,
    5,
    200,
    "ok",
    "chat",
    method="POST",
    route="/x",
    token_id="t",
    attempts=(Attempt("p", "m", "k", 1, 2, 200, ""),),
)


def test_ids_that_are_shown_are_named_and_empty_ones_are_not() -> None:
    assert ids_of_calls([CALL]) == {("token", "t"), ("provider", "p")}
    rows = (UsageRow(("t", ""), None, *([0] * 18)),)
    assert ids_of_rows(rows, ("token", "model")) == {("token", "t")}


def test_a_free_call_is_not_an_unpriced_one() -> None:
    assert show_call(CALL, {}).cost_usd == "0.00"
    assert show_call(CALL, {("provider", "p"): "acme"}).attempts[0].provider_name == "acme"
