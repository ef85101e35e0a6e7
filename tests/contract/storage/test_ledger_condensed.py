"""Condensed sums say what the plain ones do, on both databases, also when calls come late."""

import itertools

import pytest
from sqlalchemy import func, select

from kit.ledger_calls import DAY_NS, START_NS, drain, make_close, make_journal, make_open, random_calls, write
from tollway.adapters.storage import ledger_tables as tables
from tollway.contract.ledger_api import UsageQuery
from tollway.ledger.model import DAY, HOUR, MINUTE, SPANS, Unit
from tollway.ledger.queries import answer

LENGTH_DAYS = 30
END_NS = START_NS + LENGTH_DAYS * DAY_NS
LATER_NS = END_NS + 2 * DAY_NS
BEFORE_NS = START_NS - 100 * DAY_NS
ASKED = [
    *(UsageQuery(START_NS + 3_661 * 10**9, END_NS - DAY_NS + 7, by=(name,)) for name in ("token", "team", "status")),
    *(UsageQuery(BEFORE_NS, LATER_NS, by=pair) for pair in (("token", "model"), ("model", "provider"))),
    UsageQuery(START_NS, LATER_NS, by=("token",), interval="day"),
    UsageQuery(END_NS - DAY_NS, LATER_NS, by=("model",), interval="hour"),
    UsageQuery(END_NS - DAY_NS + 5_000 * 10**9, END_NS - 61 * 10**9, by=("model",)),
    UsageQuery(START_NS, LATER_NS),
    UsageQuery(START_NS, LATER_NS, filters={"token": "tokA"}),
    UsageQuery(START_NS, LATER_NS, by=("model",), filters={"token": "tokA", "status": "4xx"}),
    UsageQuery(START_NS, LATER_NS, by=("application",), filters={"team": "team1,team2"}, order="cost"),
]
CALLS = 200
EVERY = UsageQuery(START_NS, LATER_NS)


@pytest.fixture
def filled(ledger, tmp_path):
    """A month of calls, of which the last day alone has its hours and minutes still."""
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    write(journal, random_calls(seed=8, count=CALLS, span_ns=LENGTH_DAYS * DAY_NS))
    drain(ingest)
    for resolution in (MINUTE, HOUR):
        ingest._store.delete_sums(resolution, END_NS // 10**9 - DAY, 100_000)
    yield ingest, reader, journal
    journal.close()


def condense(ingest) -> None:
    """Condense whatever is due. Each look is a minute after the last."""
    idle = 0
    for at in itertools.count():
        idle = 0 if ingest.condense(LATER_NS + at * 30 * 10**9) else idle + 1
        if idle == 4:
            return


def units_of(ingest, resolution: int) -> set[Unit]:
    return {unit for unit in ingest._store.condensed.built() if unit.resolution == resolution}


def test_every_answer_is_the_same_once_it_is_condensed_also_by_a_ledger_that_starts_anew(filled):
    ingest, reader, _ = filled
    before = [answer(query, reader) for query in ASKED]
    for at in range(40):
        assert ingest.condense(LATER_NS + at * 60 * 10**9)
    assert [answer(query, reader) for query in ASKED] == before
    built = ingest._store.condensed.built()
    ingest._is_loaded = False
    ingest.step()
    condense(ingest)
    assert ingest._store.condensed.built() > built
    assert {resolution for resolution, _ in ingest._store.condensed.built()} == {HOUR, DAY, *SPANS}
    for query, found in zip(ASKED, before, strict=True):
        assert answer(query, reader) == found


@pytest.mark.slow
def test_a_call_that_comes_late_is_counted_at_once_and_condensed_again_also_within_a_span_under_way(filled):
    ingest, reader, journal = filled
    while not units_of(ingest, SPANS[0]):
        assert ingest.condense(LATER_NS)
    while ingest._condenser._span is None:
        assert ingest.condense(LATER_NS)
    unit = ingest._condenser._span[0]
    for at, started_ns in enumerate((unit.start * 10**9 + 5, END_NS - DAY_NS + 5), 1):
        opened = make_open(started_ns, token_id="tokA", model="m0")
        write(journal, [(opened, make_close(opened))])
        drain(ingest)
        late = [unit for unit in ingest._store.condensed.built() if unit.start <= started_ns // 10**9 < unit.end]
        assert late == []
        found = [answer(query, reader) for query in ASKED]
        assert answer(EVERY, reader).rows[0].calls == CALLS + at
        condense(ingest)
        assert unit in ingest._store.condensed.built()
        assert [answer(query, reader) for query in ASKED] == found


def test_what_is_not_over_is_not_condensed(filled):
    ingest, _, _ = filled
    now_ns = END_NS - DAY_NS // 2
    while ingest.condense(now_ns):
        pass
    built = ingest._store.condensed.built()
    assert max(unit.end for unit in built) == now_ns // 10**9 - HOUR
    assert max(unit.end for unit in built if unit.resolution == DAY) == END_NS // 10**9 - DAY


def test_condensed_hours_go_with_the_plain_ones(filled):
    ingest, _, _ = filled
    store = ingest._store
    while not units_of(ingest, SPANS[0]):
        assert ingest.condense(LATER_NS)
    while store.delete_sums(HOUR, END_NS // 10**9, 50):
        pass
    table = tables.condensed
    with store._engine.connect() as connection:
        found = connection.execute(select(table.c.resolution, func.count()).group_by(table.c.resolution))
        counts = dict(found.all())
    assert HOUR not in counts
    assert counts[DAY] > 0


def test_only_the_largest_groups_have_a_series(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    for token, count, cost in (("tokA", 3, 900), ("tokB", 5, 10), ("tokC", 4, 100)):
        for number in range(count):
            opened = make_open(START_NS + number * 3_600 * 10**9, token_id=token)
            write(journal, [(opened, make_close(opened, cost_nanos=cost))])
    journal.close()
    drain(ingest)
    whole = {"since_ns": START_NS, "until_ns": START_NS + DAY_NS, "by": ("token",)}
    for order, kept in (("calls", {"tokB", "tokC"}), ("cost", {"tokA", "tokC"})):
        found = answer(UsageQuery(**whole, interval="hour", order=order, largest=2), reader)
        assert {row.keys[0] for row in found.rows} == kept
        assert sum(row.calls for row in found.rows) == sum(
            row.calls for row in answer(UsageQuery(**whole), reader).rows if row.keys[0] in kept
        )
    assert len(answer(UsageQuery(**whole, largest=1), reader).rows) == 3, "without an interval there is the limit"
    assert [row.keys[0] for row in answer(UsageQuery(**whole, order="cost"), reader).rows] == ["tokA", "tokC", "tokB"]
