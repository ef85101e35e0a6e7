"""Call records survive the way through a journal."""

import pytest

from tollway.contract import records
from tollway.contract.usage import Usage

OPEN = records.OpenRecord(
    "req_1",
    1,
    "POST",
    "/v1/chat/completions",
    "chat",
    charges=(records.Charge("tok", "bud", 2, 3),),
    estimate=Usage(1, 2),
)
CLOSE = records.CloseRecord(
    "req_1",
    1,
    2,
    200,
    "ok",
    "chat",
    method="POST",
    route="/v1/chat/completions",
    cost_nanos=None,
    attempts=(records.Attempt("prov", "gpt", "key", 1, 2, 200, ""),),
    usage=Usage(1, 2, is_estimated=True),
)
TALLY = records.TallyRecord(1, {"token.invalid": 3})


@pytest.mark.parametrize("record", [OPEN, CLOSE, TALLY], ids=["open", "close", "tally"])
def test_records_read_back_as_their_own_kind(record: records.Record) -> None:
    read = records.decode(records.encode(record))
    assert read == record
    assert type(read) is type(record)


def test_an_unknown_price_stays_unknown() -> None:
    read = records.decode(records.encode(CLOSE))
    assert isinstance(read, records.CloseRecord)
    assert read.cost_nanos is None


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x80", b"\x81\xa4type\xa1z"])
def test_damaged_records_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        records.decode(raw)
