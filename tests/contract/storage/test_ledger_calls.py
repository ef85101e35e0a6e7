"""Single calls are found whether they have a row each or lie in packs, on both databases."""

import random

import pytest
from msgspec import structs
from sqlalchemy import func, insert, select

from kit.ledger_calls import START_NS, drain, make_close, make_journal, make_open, random_calls, write
from tollway.adapters.storage import ledger_calls
from tollway.adapters.storage import ledger_tables as tables
from tollway.adapters.storage.call_packs import MARK, PACK_NS
from tollway.contract.ledger_api import CallQuery, CallsQuery
from tollway.contract.records import encode
from tollway.ledger.model import FULL
from tollway.ledger.queries import answer

SECOND_NS = 10**9


def take_in(ingest, folder, pairs, *, steps=1):
    """Take in calls, a part of them in each step, as a worker that closes them out of order writes them."""
    journal = make_journal(folder)
    rng = random.Random(1)
    for first in range(0, len(pairs), -(-len(pairs) // steps)):
        part = pairs[first : first + -(-len(pairs) // steps)]
        rng.shuffle(part)
        write(journal, part)
        ingest.step()
    journal.close()
    drain(ingest)


def newest_first(calls):
    return sorted(calls, key=lambda call: (call.started_ns, call.request_id), reverse=True)


def rows_of(reader):
    with reader._connect() as connection:
        return connection.execute(select(func.count()).select_from(tables.calls)).scalar()


def pages(reader, limit, **query):
    """Return all calls, page by page."""
    seen, cursor = [], None
    while True:
        page = answer(CallsQuery(**query, before=cursor, limit=limit), reader)
        seen += page.calls
        cursor = page.next
        if cursor is None:
            return seen


def test_pages_of_calls_show_each_call_once_newest_first(ledger, tmp_path):
    ingest, reader = ledger
    pairs = random_calls(seed=4, count=120, span_ns=40)  # many with the same instant
    journal = make_journal(tmp_path)
    write(journal, pairs)
    journal.close()
    drain(ingest)
    for filters in ({}, {"token": "tokA"}):
        seen, cursor = [], None
        while True:
            page = answer(CallsQuery(filters=filters, before=cursor, limit=7), reader)
            seen += page.calls
            cursor = page.next
            if cursor is None:
                break
        wanted = [closed for _, closed in pairs if not filters or closed.token_id == "tokA"]
        assert seen == sorted(wanted, key=lambda call: (call.started_ns, call.request_id), reverse=True)
    call = pairs[5][1]
    assert answer(CallQuery(call.request_id), reader).call == call
    assert answer(CallQuery("req_none"), reader).call is None


def test_calls_of_many_groups_are_found_among_the_newest_and_beyond(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(ledger_calls, "GROUPS_MERGED_MAX", 2)
    monkeypatch.setattr(ledger_calls, "NEWEST_LOOKED_AT", 40)
    ingest, reader = ledger
    pairs = random_calls(seed=9, count=160)
    journal = make_journal(tmp_path)
    write(journal, pairs)
    journal.close()
    drain(ingest)
    for dimension, value, of in (("team", "team1", "team_id"), ("token", "tokA", "token_id")):
        wanted = [closed for _, closed in pairs if getattr(closed, of) == value]
        wanted.sort(key=lambda call: (call.started_ns, call.request_id), reverse=True)
        seen, cursor = [], None
        while True:
            page = answer(CallsQuery(filters={dimension: value}, before=cursor, limit=15), reader)
            seen += page.calls
            cursor = page.next
            if cursor is None:
                break
        assert seen == wanted


@pytest.fixture
def dense(ledger, tmp_path):
    """(reader, calls) of three busy seconds, some of whose calls have a row each: as an older program left them."""
    ingest, reader = ledger
    pairs = random_calls(seed=12, count=1_200, span_ns=3 * SECOND_NS)
    # Two tokens and one model: groups as large as a busy gateway's.
    pairs = [(opened, structs.replace(closed, application_id="app", model="m")) for opened, closed in pairs]
    old, new = pairs[::7], [pair for number, pair in enumerate(pairs) if number % 7]
    take_in(ingest, tmp_path, new, steps=3)
    with ingest._store._begin() as connection:
        group = tables.groups.c
        query = select(group.token, group.outcome, group.status, group.id).where(group.cube == FULL)
        group_ids = {tuple(key): group_id for *key, group_id in connection.execute(query)}
        rows = [
            {
                "started_ns": closed.started_ns,
                "group_id": group_ids[closed.token_id, closed.outcome, closed.status],
                "request_id": closed.request_id,
                "body": encode(closed),
            }
            for _, closed in old
        ]
        connection.execute(insert(tables.calls), rows)
    assert rows_of(reader) < len(old) + len(new) / 2
    return reader, [closed for _, closed in pairs]


def test_a_busy_second_is_found_by_ids_and_by_ranges(dense):
    reader, calls = dense
    _ranges_end_amid_packs(reader, calls)
    for call in calls[::11]:
        assert answer(CallQuery(call.request_id), reader).call == call
    absent = make_open(START_NS + SECOND_NS).request_id
    for request_id in (absent, calls[0].request_id + MARK, calls[0].request_id[:-1], "", "req_", "%" + MARK):
        assert answer(CallQuery(request_id), reader).call is None
    with reader._connect() as connection:
        packs = select(tables.calls.c.request_id).where(tables.calls.c.request_id.endswith(MARK))
        assert answer(CallQuery(connection.execute(packs.limit(1)).scalar_one()), reader).call is None


def test_pages_of_a_busy_second_show_each_call_once_newest_first(dense, monkeypatch):
    reader, calls = dense
    for limit in (47, 499):
        assert pages(reader, limit) == newest_first(calls)
    wanted = newest_first(call for call in calls if call.token_id == "tokB" and call.status == 200)
    assert pages(reader, 60, filters={"token": "tokB", "status": "2xx"}) == wanted
    # The same of more groups than are merged.
    monkeypatch.setattr(ledger_calls, "GROUPS_MERGED_MAX", 1)
    wanted = newest_first(call for call in calls if call.token_id == "tokA")
    for looked_at in (3, 10_000):
        monkeypatch.setattr(ledger_calls, "NEWEST_LOOKED_AT", looked_at)
        assert pages(reader, 120, filters={"token": "tokA"}) == wanted


def _ranges_end_amid_packs(reader, calls):
    rng = random.Random(3)
    for number in range(12):
        since_ns, until_ns = sorted(START_NS + rng.randrange(3 * SECOND_NS) for _ in range(2))
        wanted = newest_first(call for call in calls if since_ns <= call.started_ns < until_ns)
        filters = {"token": "tokC"} if number % 3 == 0 else {}
        wanted = [call for call in wanted if not filters or call.token_id == "tokC"]
        found = answer(CallsQuery(filters, since_ns, until_ns, limit=100), reader).calls
        assert list(found) == wanted[:100]
        assert pages(reader, 200, since_ns=since_ns, until_ns=until_ns, filters=filters) == wanted


def test_a_pack_is_deleted_once_all_its_calls_are_old(ledger, tmp_path):
    ingest, reader = ledger
    opened = [make_open(START_NS + number * SECOND_NS // 10) for number in range(60)]
    pairs = [(each, make_close(each)) for each in opened]
    take_in(ingest, tmp_path, pairs)
    assert rows_of(reader) == 6
    store, before_ns = ingest._store, START_NS + 3 * SECOND_NS
    assert store.delete_calls(before_ns, 2) == 2
    while store.delete_calls(before_ns, 2):
        pass
    kept = answer(CallsQuery(limit=100), reader).calls
    must = [closed for _, closed in pairs if closed.started_ns >= before_ns]
    assert {call.request_id for call in kept} >= {call.request_id for call in must}
    assert all(call.started_ns > before_ns - PACK_NS for call in kept)
