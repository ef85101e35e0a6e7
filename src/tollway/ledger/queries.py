"""Answers the questions of contract/ledger_api.py, from sums wherever sums can answer."""

import logging
from typing import Final, assert_never

import msgspec

from tollway.contract.ledger_api import (
    CallAnswer,
    CallQuery,
    CallsAnswer,
    CallsQuery,
    FindingsAnswer,
    FindingsQuery,
    FoundRow,
    Interval,
    LargestSpentQuery,
    LastUseAnswer,
    LastUseQuery,
    OriginsAnswer,
    OriginsQuery,
    SpentAnswer,
    SpentQuery,
    SpentWindowsQuery,
    UnpricedAnswer,
    UnpricedQuery,
    UsageAnswer,
    UsageQuery,
    UsageRow,
)
from tollway.contract.records import CloseRecord, decode
from tollway.contract.watching import Finding
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.ledger.covering import cover_condensed, finest_resolution
from tollway.ledger.model import DAY, HOUR, MINUTE, SPANS, Sums, merge_stored, narrow_cube
from tollway.ledger.ports import CallsRange, Stretch, SumsQuery, SumsRow, UsageReader
from tollway.ledger.rollups import percentiles

ROWS_MAX = 50_000
CALLS_MAX = 1_000
RULE_LOOKED_AT_MAX = 20_000
"""Calls looked through for one page of those of a rule, which no index knows: less than half a second."""
FIRSTS_MAX = 10_000
_decode_finding = msgspec.msgpack.Decoder(Finding).decode
_log = logging.getLogger(__name__)
END_OF_TIME = 2**62 // NANOS_PER_SECOND

SECONDS: Final[dict[Interval, int]] = {"minute": MINUTE, "hour": HOUR, "day": DAY}
_NAMES: Final[dict[int, Interval]] = {seconds: name for name, seconds in SECONDS.items()}

Query = (
    UsageQuery
    | CallsQuery
    | CallQuery
    | LastUseQuery
    | OriginsQuery
    | SpentQuery
    | SpentWindowsQuery
    | LargestSpentQuery
    | UnpricedQuery
)
Answer = UsageAnswer | CallsAnswer | CallAnswer | LastUseAnswer | OriginsAnswer | SpentAnswer | UnpricedAnswer


def answer(query: Query, reader: UsageReader) -> Answer:
    """Answer one question. Raises what the reader raises."""
    match query:
        case UsageQuery():
            return answer_usage(query, reader)
        case CallsQuery():
            return answer_calls(query, reader)
        case CallQuery():
            body = reader.call(query.request_id)
            return CallAnswer(None if body is None else decode_call(body))
        case LastUseQuery():
            return LastUseAnswer(tuple(reader.last_uses(query.token_ids)))
        case OriginsQuery():
            secrets, addresses = reader.origins(query.token_id)
            return OriginsAnswer(tuple(secrets), tuple(addresses))
        case SpentQuery():
            return SpentAnswer(tuple(reader.spent(query.at_ns, query.owner_ids)))
        case SpentWindowsQuery():
            return SpentAnswer(tuple(reader.spent_windows(query.since_ns)))
        case LargestSpentQuery():
            return SpentAnswer(tuple(reader.largest_spent(query.period_starts_ns, query.limit)))
        case UnpricedQuery():
            since_seconds = query.since_ns // NANOS_PER_SECOND
            return UnpricedAnswer(tuple(reader.unpriced(since_seconds - since_seconds % DAY)))
        case _:
            assert_never(query)


def answer_findings(query: FindingsQuery, reader: UsageReader) -> FindingsAnswer:
    """Return what was found after a number. A finding that cannot be read is left out and passed."""
    rows: list[FoundRow] = []
    found = reader.findings(query.after_seq, max(1, min(query.limit, CALLS_MAX)))
    for seq, body in found:
        try:
            rows.append(FoundRow(seq, _decode_finding(body)))
        except ValueError:
            _log.exception("ledger: finding %d cannot be read", seq)
    last_seq = found[-1][0] if found else query.after_seq
    return FindingsAnswer(tuple(rows), last_seq, 0, reader.newest_finding())


def answer_usage(query: UsageQuery, reader: UsageReader) -> UsageAnswer:
    """Add up a range. What it is not exact to (see `resolution`) is included whole at both ends."""
    finest = finest_resolution(query.since_ns // NANOS_PER_SECOND, reader)
    interval = max(SECONDS[query.interval], finest) if query.interval else None
    stretches = _stretches(query, finest, interval or SPANS[-1], reader)
    resolution = _NAMES[min((min(stretch.resolution, DAY) for stretch in stretches), default=finest)]
    limit = max(1, min(query.limit, ROWS_MAX))
    if not stretches:
        return UsageAnswer((), resolution)
    sums_query = SumsQuery(stretches, query.by, interval, query.filters, limit + 1, query.order)
    if query.by == ("token",) and not interval:
        # Who is the largest of many is found by one column; the others are added up of those alone.
        sums_query = sums_query._replace(firsts=tuple(reader.largest(sums_query)))
    elif query.largest and interval and query.by:
        whole = _stretches(query, finest, SPANS[-1], reader)
        of_all = sums_query._replace(
            stretches=whole, by=query.by[:1], interval=None, limit=min(query.largest, FIRSTS_MAX)
        )
        sums_query = sums_query._replace(firsts=tuple(reader.largest(of_all)))
    rows = reader.sums(sums_query)
    is_cut = len(rows) > limit
    rows = rows[:limit]
    latencies = {} if query.counts_only else _latencies(sums_query, rows, reader)
    shown = tuple(_usage_row(row, latencies.get((row.keys, row.start), _NO_LATENCIES)) for row in rows)
    return UsageAnswer(shown, resolution, is_cut)


def _stretches(query: UsageQuery, finest: int, coarsest: int, reader: UsageReader) -> tuple[Stretch, ...]:
    return cover_condensed(
        max(query.since_ns, 0) // NANOS_PER_SECOND,
        min(-(-query.until_ns // NANOS_PER_SECOND), END_OF_TIME),
        [each for each in (*reversed(SPANS), DAY, HOUR, MINUTE) if finest <= each <= coarsest],
        reader,
        has_narrow=narrow_cube({*query.by, *query.filters}) is not None,
    )


def answer_calls(query: CallsQuery, reader: UsageReader) -> CallsAnswer:
    """Return one page of calls, newest first."""
    limit = max(1, min(query.limit, CALLS_MAX))
    if query.rule:
        return _calls_by_rule(query, reader, limit)
    within = CallsRange(query.since_ns, query.until_ns, query.before)
    found = reader.calls(query.filters, within, limit=limit + 1)
    page = found[:limit]
    following = page[-1][:2] if len(found) > limit else None
    return CallsAnswer(tuple(decode_call(body) for _, _, body in page), following)


def _calls_by_rule(query: CallsQuery, reader: UsageReader, limit: int) -> CallsAnswer:
    """Look through calls for those of a rule. A page may hold fewer than it could, and another still follow."""
    kept: list[CloseRecord] = []
    text, before = query.rule.encode(), query.before
    for _ in range(RULE_LOOKED_AT_MAX // CALLS_MAX):
        found = reader.calls(query.filters, CallsRange(query.since_ns, query.until_ns, before), limit=CALLS_MAX)
        for started_ns, request_id, body in found:
            before = (started_ns, request_id)
            # The text stands in the record as it is, so most records need not be decoded.
            if text in body and query.rule in (call := decode_call(body)).rule:
                kept.append(call)
                if len(kept) == limit:
                    return CallsAnswer(tuple(kept), before)
        if len(found) < CALLS_MAX:
            return CallsAnswer(tuple(kept), None)
    return CallsAnswer(tuple(kept), before)


def decode_call(body: bytes) -> CloseRecord:
    """Read a stored call."""
    record = decode(body)
    assert isinstance(record, CloseRecord)
    return record


_Latencies = dict[tuple[tuple[str, ...], int | None], list[dict[int, int]]]


_NO_LATENCIES: list[dict[int, int]] = [{}, {}, {}]


def _latencies(query: SumsQuery, rows: list[SumsRow], reader: UsageReader) -> _Latencies:
    stored: dict[tuple[tuple[str, ...], int | None], list[bytes]] = {(row.keys, row.start): [] for row in rows}
    firsts = {row.keys[0] for row in rows} if query.by else set()
    if 0 < len(firsts) <= FIRSTS_MAX:
        query = query._replace(firsts=tuple(sorted(firsts)))
    for keys, start, raw in reader.histograms(query):
        of_row = stored.get((keys, start))
        if of_row is not None:
            of_row.append(raw)
    return {key: merge_stored(raws) for key, raws in stored.items()}


def _usage_row(row: SumsRow, latencies: list[dict[int, int]]) -> UsageRow:
    duration, first_byte, overhead = latencies
    duration_p50, duration_p95, duration_p99 = percentiles(duration, (0.5, 0.95, 0.99))
    first_byte_p50, first_byte_p95 = percentiles(first_byte, (0.5, 0.95))
    overhead_p50, overhead_p95 = percentiles(overhead, (0.5, 0.95))
    count = dict(zip(Sums.COLUMNS, row.counts, strict=True))
    return UsageRow(
        row.keys,
        row.start,
        count["calls"],
        count["refused"],
        count["client_errors"],
        count["server_errors"],
        count["input_tokens"],
        count["output_tokens"],
        count["cached_input_tokens"],
        count["cost_nanos"],
        count["unpriced_calls"],
        count["estimated_calls"],
        duration_p50,
        duration_p95,
        duration_p99,
        first_byte_p50,
        first_byte_p95,
        overhead_p50,
        overhead_p95,
        count["limited"],
    )
