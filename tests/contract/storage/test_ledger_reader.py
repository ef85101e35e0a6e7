"""What the ledger's questions find on both databases."""

import pytest

from kit.ledger_calls import (
    ALL,
    DAY_NS,
    START_NS,
    drain,
    figures,
    make_close,
    make_journal,
    make_open,
    random_calls,
    row_figures,
    write,
)
from tollway.contract.ledger_api import CallsQuery, LargestSpentQuery, UsageQuery
from tollway.contract.records import Charge
from tollway.ledger.queries import answer


def test_a_range_to_the_minute_counts_what_started_in_it(ledger, tmp_path):
    ingest, reader = ledger
    pairs = random_calls(seed=2, count=300)
    journal = make_journal(tmp_path)
    write(journal, pairs)
    journal.close()
    drain(ingest)
    minute = 60 * 10**9
    for since, until in ((START_NS + 61 * minute, START_NS + 1700 * minute), (START_NS, START_NS + minute * 3)):
        inside = [closed for _, closed in pairs if since <= closed.started_ns < until]
        found = answer(UsageQuery(since, until), reader)
        assert found.resolution in ("minute", "hour", "day")
        assert [row_figures(row) for row in found.rows] == ([figures(inside)] if inside else [])


def test_filters_hold_for_sums_and_for_calls(ledger, tmp_path):
    ingest, reader = ledger
    pairs = random_calls(seed=3, count=300)
    journal = make_journal(tmp_path)
    write(journal, pairs)
    journal.close()
    drain(ingest)
    tests = {
        ("token", "tokB"): lambda call: call.token_id == "tokB",
        ("status", "4xx"): lambda call: 400 <= call.status < 500,
        ("status", "429"): lambda call: call.status == 429,
        ("outcome", "truncated"): lambda call: call.outcome == "truncated",
        ("token", "' OR 1=1"): lambda call: False,
        ("status", "x"): lambda call: False,
    }
    for (dimension, value), is_wanted in tests.items():
        wanted = [closed for _, closed in pairs if is_wanted(closed)]
        found = answer(UsageQuery(**ALL, filters={dimension: value}), reader)
        assert sum(row.calls for row in found.rows) == len(wanted)
        page = answer(CallsQuery(filters={dimension: value}, limit=500), reader)
        assert list(page.calls) == sorted(wanted, key=lambda call: (call.started_ns, call.request_id), reverse=True)


def test_a_cut_answer_says_so_and_keeps_the_busiest(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    for token, count in (("tokA", 3), ("tokB", 5), ("tokC", 1)):
        for _ in range(count):
            opened = make_open(token_id=token)
            write(journal, [(opened, make_close(opened))])
    journal.close()
    drain(ingest)
    found = answer(UsageQuery(**ALL, by=("token",), limit=2), reader)
    assert [(row.keys, row.calls, row.duration_p50_us > 0) for row in found.rows] == [
        (("tokB",), 5, True),
        (("tokA",), 3, True),
    ]
    assert found.is_cut


def test_percentiles_are_within_a_bucket_of_the_truth(ledger, tmp_path):
    ingest, reader = ledger
    pairs = random_calls(seed=6, count=300)
    journal = make_journal(tmp_path)
    write(journal, pairs)
    journal.close()
    drain(ingest)
    (row,) = answer(UsageQuery(**ALL), reader).rows
    durations = sorted(closed.duration_us for _, closed in pairs)
    for found, fraction in ((row.duration_p50_us, 0.5), (row.duration_p95_us, 0.95), (row.duration_p99_us, 0.99)):
        assert found == pytest.approx(durations[int(fraction * len(durations)) - 1], rel=0.2)


def test_the_budgets_that_spent_most_are_those_of_the_periods_asked_for(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    charges = (
        *((f"tok{number}", "day", START_NS, 100 * number) for number in range(5)),
        ("tok9", "day", START_NS - DAY_NS, 10_000),
        ("tok1", "ever", 0, 250),
        ("tok2", "slides~3600", START_NS, 9_000),
    )
    opened = make_open()
    write(journal, [(opened, make_close(opened, charges=tuple(Charge(*charge) for charge in charges)))])
    journal.close()
    drain(ingest)

    def largest(limit, *starts):
        rows = answer(LargestSpentQuery(starts, limit), reader).rows
        return [(row.owner_id, row.budget_id, row.nanos) for row in rows]

    assert largest(3, START_NS, 0) == [("tok4", "day", 400), ("tok3", "day", 300), ("tok1", "ever", 250)]
    assert largest(3, 0) == [("tok1", "ever", 250)]
    assert largest(1, START_NS - DAY_NS) == [("tok9", "day", 10_000)]
    assert largest(3) == []


def test_counts_alone_have_no_latencies(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    opened = make_open()
    write(journal, [(opened, make_close(opened))])
    journal.close()
    drain(ingest)
    (row,) = answer(UsageQuery(**ALL, by=("token",), counts_only=True), reader).rows
    assert (row.calls, row.duration_p95_us, row.overhead_p95_us) == (1, 0, 0)
