"""Usage as CSV that no spreadsheet runs."""

import pytest

from tollway.contract.ledger_api import UsageAnswer, UsageRow
from tollway.control.usage.csv import write_csv
from tollway.control.usage.shown import show_usage


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_text(start: str) -> None:
    row = UsageRow((f"{start}1",), 0, *([1] * 18))
    text = write_csv(show_usage(UsageAnswer((row,), "hour"), ("model",), {}), ("model",))
    assert f"'{start}1" in text
    assert "1970-01-01T00:00:00Z" in text
