"""Calls as the ledger reads them: the facts it adds up, and the whole record."""

from collections.abc import Iterable

import msgspec

from tollway.contract.records import CloseRecord, encode
from tollway.ledger.cells import Counted
from tollway.ledger.reading import Reading
from tollway.ledger.rollups import CallFacts

START = 1_800_000_000


def call(second: int = 0, **changes: object) -> tuple[CallFacts, bytes]:
    record = CloseRecord(
        request_id="req",
        started_ns=(START + second) * 10**9,
        duration_us=1,
        status=200,
        outcome="ok",
        operation="chat",
        token_id="tokA",
        team_id="team",
        cost_nanos=5,
        client_address="192.0.2.1",
        client_agent="curl/8",
    )
    body = encode(msgspec.structs.replace(record, **changes))
    return msgspec.msgpack.decode(body, type=CallFacts), body


def counted(calls: Iterable[tuple[CallFacts, bytes]]) -> list[Counted]:
    """Return calls as the ledger counts them, read from their records."""
    reading = Reading({})
    reading.take([[body for _, body in calls]], "writer")
    return reading.count()
