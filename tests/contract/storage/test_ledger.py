"""From journal to answers on both databases: sums, last uses, budgets, crashes, and exactly once."""

import pytest
from msgspec import structs

from kit.ledger_calls import (
    ALL,
    DAY_NS,
    START_NS,
    drain,
    figures,
    make_close,
    make_ingest,
    make_journal,
    make_open,
    random_calls,
    row_figures,
    write,
)
from tollway.adapters.storage.ledger import _many
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.contract.ledger_api import (
    AddressUse,
    CallQuery,
    CallsQuery,
    LargestSpentQuery,
    LastUse,
    LastUseQuery,
    OriginsAnswer,
    OriginsQuery,
    SecretUse,
    Spent,
    SpentQuery,
    SpentWindowsQuery,
    UnpricedQuery,
    UsageQuery,
)
from tollway.contract.records import Charge, TallyRecord
from tollway.contract.usage import Usage
from tollway.kernel.errors import TollwayError
from tollway.ledger.model import DAY, HOUR, MINUTE
from tollway.ledger.queries import answer
from tollway.ledger.retention import Keep, sweep


def test_sums_equal_the_calls_in_every_grouping_and_resolution(ledger, tmp_path):
    ingest, reader = ledger
    pairs = random_calls(seed=1, count=400)
    calls = [closed for _, closed in pairs]
    journal = make_journal(tmp_path)
    for first in range(0, 400, 70):
        write(journal, pairs[first : first + 70])
        ingest.step()
    journal.close()
    drain(ingest)
    keys = {
        "token": lambda call: call.token_id,
        "application": lambda call: call.application_id,
        "provider": lambda call: call.provider_id,
        "status": lambda call: str(call.status),
        "outcome": lambda call: call.outcome,
    }
    for by in [(), ("token",), ("status", "outcome"), ("provider", "application")]:
        for interval, seconds in ((None, 0), ("minute", MINUTE), ("hour", HOUR), ("day", DAY)):
            expected = {}
            for call in calls:
                start = call.started_ns // 10**9 // seconds * seconds if seconds else None
                expected.setdefault((tuple(keys[name](call) for name in by), start), []).append(call)
            found = answer(UsageQuery(**ALL, by=by, interval=interval, limit=5000), reader)
            assert not found.is_cut
            assert {(row.keys, row.start_seconds): row_figures(row) for row in found.rows} == {
                key: figures(some) for key, some in expected.items()
            }


def test_budgets_last_uses_and_unpriced_models_add_up_over_batches(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    pairs = random_calls(seed=5, count=200)
    for first in range(0, 200, 30):
        write(journal, pairs[first : first + 30])
        ingest.step()
    journal.close()
    drain(ingest)
    calls = [closed for _, closed in pairs]
    spent: dict[tuple[str, int], int] = {}
    for call in calls:
        for charge in call.charges:
            key = (charge.owner_id, charge.period_start_ns)
            spent[key] = spent.get(key, 0) + charge.nanos
    for day in (0, 1):
        found = answer(SpentQuery(START_NS + day * DAY_NS + 5), reader).rows
        assert set(found) == {
            Spent(owner, "bud1", start, nanos)
            for (owner, start), nanos in spent.items()
            if start == START_NS + day * DAY_NS
        }
    assert {row.owner_id for row in answer(SpentQuery(START_NS + DAY_NS, ("tokC",)), reader).rows} == {"tokC"}
    first, second = START_NS, START_NS + DAY_NS
    most = sorted((Spent(owner, "bud1", start, nanos) for (owner, start), nanos in spent.items()), key=_most_first)
    for starts in ((first,), (first, second), (second, 7)):
        wanted = [row for row in most if row.period_start_ns in starts]
        for limit in (1, 2, 100):
            assert list(answer(LargestSpentQuery(starts, limit), reader).rows) == wanted[:limit]
    of_a = [call for call in calls if call.token_id == "tokA"]
    assert answer(LastUseQuery(("tokA", "never")), reader).rows == (
        LastUse("tokA", of_a[0].started_ns, of_a[-1].started_ns, of_a[-1].client_address, "test/1", len(of_a)),
    )
    without = [call for call in calls if call.cost_nanos is None]
    rows = answer(UnpricedQuery(0), reader).rows
    assert sum(row.calls for row in rows) == len(without)
    assert max(row.last_ns for row in rows) == max(call.started_ns for call in without)


def test_what_slides_is_known_by_the_hour(ledger, tmp_path):
    """After a power loss the meters ask for it; periods of the calendar are asked for by themselves."""
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    (opened, closed), *_ = random_calls(seed=5, count=1)
    hour = 3_600 * 10**9
    charges = [("tokA", "roll~86400", at * hour, 5) for at in (0, 1, 1, 3)] + [("tokA", "b%1", hour, 7)]
    for number, charge in enumerate(charges):
        name = f"r{number}"
        charged = structs.replace(closed, request_id=name, charges=(Charge(*charge),))
        write(journal, [(structs.replace(opened, request_id=name), charged)])
    journal.close()
    drain(ingest)
    rows = [Spent("tokA", "roll~86400", hour, 10), Spent("tokA", "roll~86400", 3 * hour, 5)]
    assert list(answer(SpentWindowsQuery(1), reader).rows) == rows
    assert list(answer(SpentWindowsQuery(2 * hour), reader).rows) == rows[1:]


def test_the_last_addresses_of_a_token_and_the_uses_of_its_old_secrets_are_known(ledger, tmp_path):
    """Seven addresses, those used last; evidence of an overlap by generation."""
    ingest, reader = ledger
    journal = make_journal(tmp_path)

    def use(number: int, address: str, **fields) -> None:
        opened = make_open(START_NS + number)
        write(journal, [(opened, make_close(opened, client_address=address, client_agent=f"sdk/{number}", **fields))])

    for number in range(1, 11):
        use(number, f"192.0.2.{number}")
        ingest.step()
    use(11, "192.0.2.1")
    use(12, "192.0.2.99", old_secret="1")
    use(13, "192.0.2.98", old_secret="10")
    use(14, "192.0.2.97", old_secret="10", outcome="refused", status=401)
    use(15, "192.0.2.99", old_secret="1")
    journal.close()
    drain(ingest)
    found = answer(OriginsQuery("tokA"), reader)
    assert [use.address for use in found.addresses] == [f"192.0.2.{n}" for n in (99, 98, 1, 10, 9, 8, 7)]
    assert found.addresses[0] == AddressUse("tokA", "192.0.2.99", START_NS + 12, START_NS + 15, "sdk/15", 2)
    assert found.secrets == (
        SecretUse("tokA", "10", START_NS + 13, START_NS + 13, "192.0.2.98", "sdk/13", 1),
        SecretUse("tokA", "1", START_NS + 12, START_NS + 15, "192.0.2.99", "sdk/15", 2),
    )
    # What was refused for the token's own state is no use of it.
    (last,) = answer(LastUseQuery(("tokA",)), reader).rows
    assert (last.last_ns, last.calls) == (START_NS + 15, 14)
    assert answer(OriginsQuery("never"), reader) == OriginsAnswer()


def test_a_dead_writers_open_calls_are_closed_as_crashed_with_their_estimate(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    opened = make_open()
    journal.append(opened)
    ingest.step()
    ingest.step()
    assert answer(CallQuery(opened.request_id), reader).call is None, "its writer lives"
    successor = make_journal(tmp_path)
    journal.close()
    drain(ingest)
    call = answer(CallQuery(opened.request_id), reader).call
    assert (call.outcome, call.status, call.cost_nanos, call.charges) == ("crashed", 0, 900, opened.charges)
    assert call.usage == Usage(input_tokens=10, output_tokens=90, is_estimated=True)
    (row,) = answer(UsageQuery(**ALL), reader).rows
    assert (row.calls, row.server_errors, row.cost_nanos, row.estimated_calls, row.duration_p50_us) == (1, 1, 900, 1, 0)
    assert ingest.orphans == 1
    successor.close()


def test_a_call_may_close_in_its_writers_next_file(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path, rotate_bytes=2_000)
    pairs = [(opened, make_close(opened)) for opened in (make_open(START_NS + n) for n in range(40))]
    for n, (opened, _) in enumerate(pairs):
        journal.append(opened)
        if n >= 10:
            journal.append(pairs[n - 10][1])
        if n % 7 == 0:
            ingest.step()
    for _, closed in pairs[-10:]:
        journal.append(closed)
    journal.close()
    drain(ingest)
    page = answer(CallsQuery(limit=500), reader)
    assert {call.outcome for call in page.calls} == {"ok"}
    assert len(page.calls) == 40 and ingest.orphans == 0


def test_a_finished_file_is_deleted_and_a_live_one_is_not(ledger, tmp_path):
    ingest, _ = ledger
    journal, other = make_journal(tmp_path), make_journal(tmp_path, "worker-1")
    write(journal, random_calls(seed=7, count=5))
    write(other, random_calls(seed=8, count=5))
    journal.close()
    drain(ingest)
    assert [path.name.split("-")[2] for path in (tmp_path / "journal").iterdir()] == ["1"]
    ingest.step()
    other.close()
    drain(ingest)
    assert list((tmp_path / "journal").iterdir()) == []
    assert ingest.ingested == 10


def test_a_restarted_ledger_goes_on_where_the_last_one_committed(database, tmp_path):
    pairs = random_calls(seed=9, count=90)
    journal = make_journal(tmp_path)
    engine = database("ledger")
    for first in range(0, 90, 30):
        write(journal, pairs[first : first + 30])
        make_ingest(tmp_path, engine).step()
    journal.close()
    drain(make_ingest(tmp_path, engine))
    reader = SQLUsageReader(database("ledger", writer=False))
    (row,) = answer(UsageQuery(**ALL), reader).rows
    assert row_figures(row) == figures([closed for _, closed in pairs])


def test_a_failed_transaction_changes_nothing_and_the_next_step_repeats_it(ledger, tmp_path, monkeypatch):
    ingest, reader = ledger
    pairs = random_calls(seed=10, count=60)
    journal = make_journal(tmp_path)
    write(journal, pairs[:30])
    ingest.step()
    write(journal, pairs[30:])
    journal.close()
    store = ingest._store
    real = store._statements.position
    monkeypatch.setattr(store._statements, "position", "broken")
    with pytest.raises(TollwayError) as caught:
        ingest.step()
    assert caught.value.code.name == "usage.unavailable"
    monkeypatch.setattr(store._statements, "position", real)
    drain(ingest)
    (row,) = answer(UsageQuery(**ALL), reader).rows
    assert row_figures(row) == figures([closed for _, closed in pairs])


def test_refusals_without_a_token_show_in_the_totals_by_status(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    second = START_NS // 10**9
    journal.append(TallyRecord(second, {"token.invalid": 3, "token.missing": 1}))
    journal.append(TallyRecord(second + 1, {"token.invalid": 2, "gateway.overloaded": 4}))
    journal.close()
    drain(ingest)
    found = answer(UsageQuery(**ALL, by=("status",)), reader)
    assert [(row.keys, row.calls, row.refused, row.client_errors, row.server_errors) for row in found.rows] == [
        (("401",), 6, 6, 6, 0),
        (("503",), 4, 4, 0, 4),
    ]


def test_hostile_texts_and_counts_neither_stop_the_ledger_nor_grow_it(ledger, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    for n in range(20):
        opened = make_open(model=f"made-up-{n}\0" + "x" * 5000)
        journal.append(opened)
        huge = Usage(input_tokens=2**63, output_tokens=-5)
        journal.append(
            make_close(opened, status=404, outcome="refused", usage=huge, client_agent="a\0b", cost_nanos=2**63)
        )
    journal.close()
    drain(ingest)
    (row,) = answer(UsageQuery(**ALL, by=("model",)), reader).rows
    assert (row.keys, row.calls, row.input_tokens, row.output_tokens) == (("",), 20, 20 * 2**40, 0)


def test_retention_deletes_in_batches_and_keeps_days(ledger, database, tmp_path):
    ingest, reader = ledger
    journal = make_journal(tmp_path)
    pairs = random_calls(seed=11, count=300, span_ns=20 * DAY_NS)
    write(journal, pairs)
    journal.close()
    drain(ingest)
    store, now_ns = ingest._store, START_NS + 20 * DAY_NS
    whole = answer(UsageQuery(**ALL), reader).rows
    assert store.delete_calls(now_ns - 30 * DAY_NS, 10) == 0
    assert store.delete_calls(now_ns, 10) == 10
    while sweep(store, Keep(calls_days=5, minutes_days=10, hours_days=15), now_ns):
        pass
    kept = answer(CallsQuery(limit=1000), reader).calls
    assert {call.request_id for call in kept} == {
        closed.request_id for _, closed in pairs if closed.started_ns >= now_ns - 5 * DAY_NS
    }
    assert answer(UsageQuery(**ALL), reader).rows == whole
    assert answer(UsageQuery(START_NS + 3, now_ns), reader).resolution == "day"
    assert answer(UsageQuery(START_NS + 6 * DAY_NS + 61 * 10**9, now_ns), reader).resolution == "hour"
    assert answer(UsageQuery(START_NS + 11 * DAY_NS + 61 * 10**9, now_ns), reader).resolution == "minute"


def test_hours_that_no_window_reaches_are_deleted_and_nothing_else_of_what_was_spent(ledger):
    ingest, reader = ledger
    store, key = ingest._store, ("tok", "lim_1~2592000")
    rows = {(*key, hour * 3_600 * 10**9): hour for hour in range(1, 50)} | {("tok", "bud_1", 5): 7}
    with store._begin() as connection:
        _many(connection, store._statements.spent, ((*row, nanos) for row, nanos in rows.items()))
    assert store.delete_windows(40 * 3_600 * 10**9, 10) == 10
    while store.delete_windows(40 * 3_600 * 10**9, 10):
        pass
    assert [row.period_start_ns // (3_600 * 10**9) for row in reader.spent_windows(0)] == list(range(40, 50))
    assert [row.nanos for row in reader.spent(10**18, ("tok",)) if row.budget_id == "bud_1"] == [7]


def test_periods_long_past_are_deleted_a_few_rows_at_a_time_and_what_never_ends_is_kept(ledger):
    ingest, reader = ledger
    store = ingest._store
    rows = [(f"tok{number}", "bud_hour", start) for number in range(5) for start in (10, 20, 30)]
    rows += [("tok0", "bud_total", 0), ("tok0", "lim_1~2592000", 10)]
    with store._begin() as connection:
        _many(connection, store._statements.spent, ((*row, 7) for row in rows))
    assert [store.delete_periods(30, 4) for _ in range(4)] == [4, 4, 2, 0]
    left = reader.spent(10**18, ())
    assert {(row.budget_id, row.period_start_ns) for row in left} == {
        ("bud_hour", 30),
        ("bud_total", 0),
        ("lim_1~2592000", 10),
    }
    assert sum(row.budget_id == "bud_hour" for row in left) == 5


@pytest.mark.parametrize(
    ("index", "condition"),
    [("spent_windows", "budget_id LIKE '%~%'"), ("spent_periods", "budget_id NOT LIKE '%~%' AND period_start_ns > 0")],
)
def test_what_is_old_is_found_by_its_index(ledger, index: str, condition: str):
    with ledger[0]._store._begin() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN SELECT * FROM spent WHERE {condition} AND period_start_ns <= 5"
            ).all()
            assert index in str(plan)


def _most_first(row):
    return -row.nanos, row.owner_id, row.budget_id, row.period_start_ns
