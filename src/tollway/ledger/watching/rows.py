"""Adds up calls into the rows that detectors look at: a token, a minute, an address and a client each. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter

from tollway.contract.records import CloseRecord, decode
from tollway.ledger.rollups import CallFacts, clean_text
from tollway.policy.detect.profile import MINUTE, Row

_NANOS = 10**9
MINUTE_NS = MINUTE * _NANOS
_origin = attrgetter("token_id", "client_address", "client_agent")
_GUESSES = frozenset((401, 403, 404, 405))
_LIMITED = 429
TARGETS_MAX = 16
"""Models and services that one row names."""
ENDED = frozenset(("token.revoked", "token.expired"))
REPLACED = "token.replaced"


def build_rows(calls: Sequence[CallFacts], bodies: Sequence[bytes]) -> list[Row]:
    """Return the rows of calls with a token, in order of time. `bodies` are the whole records, side by side."""
    by_origin: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for index, origin in enumerate(map(_origin, calls)):
        by_origin[origin].append(index)
    rows: list[Row] = []
    for origin, indexes in by_origin.items():
        if origin[0]:
            rows += (_build_row(some, calls, bodies) for some in _minutes(indexes, calls))
    return sorted(rows, key=_second)


def _minutes(indexes: list[int], calls: Sequence[CallFacts]) -> Iterable[list[int]]:
    """Split calls by minute. A batch seldom has more than one."""
    starts = [calls[index].started_ns // MINUTE_NS for index in indexes]
    if min(starts) == max(starts):
        return (indexes,)
    by_minute: dict[int, list[int]] = defaultdict(list)
    for minute, index in zip(starts, indexes, strict=True):
        by_minute[minute].append(index)
    return by_minute.values()


def _build_row(indexes: list[int], calls: Sequence[CallFacts], bodies: Sequence[bytes]) -> Row:
    some = [calls[index] for index in indexes]
    first = some[0]
    row = Row(
        first.token_id,
        first.team_id,
        max([facts.started_ns for facts in some]) // _NANOS,
        clean_text(first.client_address),
        clean_text(first.client_agent),
        calls=len(some),
        cost_nanos=sum([facts.cost_nanos or 0 for facts in some]),
    )
    for index, facts in zip(indexes, some, strict=True):
        if 400 <= facts.status < 500 and facts.status != _LIMITED:
            _count_error(row, facts, bodies[index])
    return row


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
