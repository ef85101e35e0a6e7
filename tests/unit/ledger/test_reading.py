"""What is read of journals: each call once, whichever way its opening is matched; damage is counted."""

import msgspec
import pytest

from kit.ledger_calls import make_close, make_open
from tollway.contract.records import CloseRecord, OpenRecord, TallyRecord, encode
from tollway.contract.usage import Usage
from tollway.ledger.model import Sums
from tollway.ledger.reading import FEW_CELLS, LARGE_CELL, Reading, crash

COST = Sums.COLUMNS.index("cost_nanos")


def older(record: OpenRecord | CloseRecord) -> bytes:
    """Return a record as a program wrote it that knew one field fewer."""
    body = encode(record)
    assert body[:2] == b"\xdc\x00" and body[-1] == 0xA0
    return body[:2] + bytes([body[2] - 1]) + body[3:-1]


def ids_of(reading: Reading) -> list[str]:
    return [request_id for cell in reading.count() for request_id in cell.request_ids]


@pytest.mark.parametrize("opened", [encode, older], ids=["opened now", "opened by an older program"])
@pytest.mark.parametrize("closed", [encode, older], ids=["closed now", "closed by an older program"])
@pytest.mark.parametrize("reads", [1, 2, "two parts"])
@pytest.mark.parametrize("id_characters", [3, 27, 28, 31, 32, 60])
def test_a_call_that_is_closed_is_not_in_flight(opened, closed, reads, id_characters):
    """Ids of the usual length, 28 bytes, are matched by their bytes, all others by the records."""
    call = msgspec.structs.replace(make_open(), request_id="é" + "r" * (id_characters - 1), trace_id="")
    stays = msgspec.structs.replace(make_open(2), request_id="q" * id_characters, trace_id="")
    reading = Reading({})
    payloads = [opened(call), opened(stays), closed(make_close(call))]
    parts = [payloads] if reads == 1 else [payloads[:2], payloads[2:]]
    for read in [[part] for part in parts] if reads == 2 else [parts]:
        reading.take(read, "writer")
    assert ids_of(reading) == [call.request_id] and reading.bodies == [payloads[2]]
    assert reading.opened == {stays.request_id: ("writer", payloads[1])}
    assert reading.damaged == 0


def test_what_is_no_record_is_counted_and_the_rest_is_read():
    stays = make_open()
    whole, torn = encode(stays), encode(make_open(2))[:40]
    tally = TallyRecord(7, {"token.unknown": 2})
    reading = Reading({})
    reading.take(
        [[b"", b"\xdc", torn, whole, b"nonsense", encode(make_close(make_open(3)))[:60], encode(tally)]], "writer"
    )
    assert reading.damaged == 5
    assert list(reading.opened) == [stays.request_id] and reading.tallies == [tally]


def test_a_replaced_secret_is_kept_and_those_of_the_dead_are_closed():
    call = make_open()
    reading = Reading({call.request_id: ("gone", encode(call))})
    reading.take([[encode(make_close(make_open(5), old_secret="3"))]], "writer")
    assert [record.old_secret for record in reading.old_secrets] == ["3"]
    reading.close(call.request_id, encode(crash(encode(call))))
    assert not reading.opened and len(reading.bodies) == 2
    assert {cell.group.outcome for cell in reading.count()} == {"ok", "crashed"}


def test_an_older_call_in_flight_is_closed_by_its_record():
    call = make_open()
    reading = Reading({call.request_id: ("writer", encode(call))})
    reading.take([[encode(make_close(call))]], "writer")
    assert not reading.opened and ids_of(reading) == [call.request_id]


def test_a_crashed_call_keeps_its_estimate_and_charges():
    opened = make_open(estimate_nanos=None)
    closed = crash(encode(opened))
    assert (closed.outcome, closed.cost_nanos, closed.charges) == ("crashed", None, opened.charges)
    assert closed.usage == Usage(input_tokens=10, output_tokens=90, is_estimated=True)


@pytest.mark.parametrize("tokens", [1, FEW_CELLS * 2])
def test_large_cells_are_added_up_in_between_and_every_call_is_counted_once(tokens):
    calls = [make_close(make_open(n), token_id=f"tok{n % tokens}", cost_nanos=n) for n in range(1, LARGE_CELL * 3)]
    bodies = [encode(call) for call in calls]
    reading = Reading({})
    reading.take([bodies[first : first + 300] for first in range(0, len(bodies), 300)], "writer")
    counted = reading.count()
    assert len(counted) == (3 if tokens == 1 else tokens)
    assert sorted(request_id for cell in counted for request_id in cell.request_ids) == [
        call.request_id for call in calls
    ]
    assert sum(cell.sums.counts[COST] for cell in counted) == sum(call.cost_nanos for call in calls)
    assert reading.bodies == bodies and reading.count() == counted
