"""Calls as the ledger reads them: the facts it adds up, and the whole record."""

import msgspec

from tollway.contract.records import CloseRecord, encode
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
