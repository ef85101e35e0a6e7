"""Adds up calls into the rows that detectors look at: a token, a minute, an address and a client each. Pure."""

from collections.abc import Iterable

from tollway.contract.records import CloseRecord, decode
from tollway.ledger.rollups import CallFacts, clean_text
from tollway.policy.detect.profile import MINUTE, Row

_NANOS = 10**9
_GUESSES = frozenset((401, 403, 404, 405))
_LIMITED = 429
TARGETS_MAX = 16
"""Models and services that one row names."""
ENDED = frozenset(("token.revoked", "token.expired"))
REPLACED = "token.replaced"


def build_rows(calls: Iterable[tuple[CallFacts, bytes]]) -> list[Row]:
    """Return the rows of calls with a token, in order of time. `bytes` are the whole record."""
    rows: dict[tuple[str, int, str, str], Row] = {}
    for facts, body in calls:
        token_id = facts.token_id
        if not token_id:
            continue
        second = facts.started_ns // _NANOS
        key = (token_id, second // MINUTE, facts.client_address, facts.client_agent)
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(
                token_id, facts.team_id, second, clean_text(facts.client_address), clean_text(facts.client_agent)
            )
        elif second > row.second:
            row.second = second
        row.calls += 1
        row.cost_nanos += facts.cost_nanos or 0
        if 400 <= facts.status < 500 and facts.status != _LIMITED:
            _count_error(row, facts, body)
    return sorted(rows.values(), key=_second)


def _count_error(row: Row, facts: CallFacts, body: bytes) -> None:
    row.errors += 1
    if facts.status not in _GUESSES:
        return
    row.guesses += 1
    target = clean_text(facts.model or facts.service_id or facts.operation)
    if target not in row.targets and len(row.targets) < TARGETS_MAX:
        row.targets = (*row.targets, target)
    if facts.status == 401 and facts.outcome == "refused":
        record = decode(body)
        assert isinstance(record, CloseRecord)
        row.ended += record.code in ENDED
        row.replaced += record.code == REPLACED


def _second(row: Row) -> int:
    return row.second
