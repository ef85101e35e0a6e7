"""What the watch learned and found is kept by both databases, with the calls it follows from."""

import msgspec
import pytest

from kit.ledger_calls import DAY_NS, START_NS, drain, make_close, make_ingest, make_journal, make_open, write
from tollway.adapters.storage.ledger_faults import translated
from tollway.adapters.storage.ledger_watch import KEYS_PER_QUERY
from tollway.contract.ledger_api import FindingsQuery
from tollway.contract.records import Refused, TallyRecord
from tollway.contract.watching import Guessing, Thresholds, WatchPolicy
from tollway.kernel.errors import TollwayError
from tollway.ledger.queries import answer_findings

POLICY = WatchPolicy(7, Thresholds(scanning=Guessing(count=2)), decoys=("decoy",))


def refused(second: int, address: str) -> TallyRecord:
    marks = tuple(Refused(address, "malformed", "", 1, (mark,)) for mark in range(2))
    return TallyRecord(START_NS // 10**9 + second, {"token.malformed": 2}, marks)


def use_of_decoy():
    opened = make_open(token_id="decoy")
    return opened, make_close(opened, token_id="decoy", client_address="192.0.2.1")


def test_findings_are_read_in_order_and_once(ledger, tmp_path):
    ingest, reader = ledger
    drain(ingest)
    ingest.watch.take_policy(POLICY)
    journal = make_journal(tmp_path)
    write(journal, [use_of_decoy()])
    journal.append(refused(1, "192.0.2.2"))
    drain(ingest)
    first = answer_findings(FindingsQuery(0, limit=1), reader)
    rest = answer_findings(FindingsQuery(first.last_seq), reader)
    assert [row.finding.detector for row in (*first.rows, *rest.rows)] == ["decoy_used", "scanning"]
    assert first.newest_seq == rest.newest_seq == rest.last_seq
    assert answer_findings(FindingsQuery(rest.last_seq), reader).rows == ()
    assert answer_findings(FindingsQuery(rest.last_seq), reader).last_seq == rest.last_seq
    journal.close()


def test_what_is_stored_is_replaced_by_key_and_found_in_any_number(ledger):
    store = ledger[0]._store.watch
    many = {f"token/{number}": str(number).encode() for number in range(KEYS_PER_QUERY + 3)}
    store.put_states(many)
    store.put_states({"token/1": b"new"})
    assert store.find_states([*many, "token/none"]) == {**many, "token/1": b"new"}


def test_old_findings_are_deleted_oldest_first_and_their_numbers_are_never_used_again(ledger, tmp_path):
    ingest, reader = ledger
    drain(ingest)
    ingest.watch.take_policy(POLICY)
    journal = make_journal(tmp_path)
    for number in range(3):
        journal.append(refused(number, f"192.0.2.{number}"))
    drain(ingest)
    last = answer_findings(FindingsQuery(0), reader).last_seq
    assert ingest.watch.sweep(START_NS, 10) == 0
    assert ingest.watch.sweep(START_NS + DAY_NS, 2) == 2
    assert ingest.watch.sweep(START_NS + DAY_NS, 2) == 1
    journal.append(refused(9, "192.0.2.9"))
    drain(ingest)
    assert [row.seq for row in answer_findings(FindingsQuery(0), reader).rows] == [last + 1]
    journal.close()


def test_a_failed_transaction_loses_no_finding(ledger, tmp_path, monkeypatch):
    ingest, reader = ledger
    drain(ingest)
    ingest.watch.take_policy(POLICY)
    journal = make_journal(tmp_path)
    write(journal, [use_of_decoy()])
    apply = ingest._store.apply
    monkeypatch.setattr(ingest._store, "apply", lambda batch: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ingest.step()
    assert answer_findings(FindingsQuery(0), reader).rows == ()
    monkeypatch.setattr(ingest._store, "apply", apply)
    drain(ingest)
    (row,) = answer_findings(FindingsQuery(0), reader).rows
    assert row.finding.facts["address"] == "192.0.2.1"
    journal.close()


def test_a_new_ledger_heeds_the_policy_of_the_last_one(database, tmp_path):
    first = make_ingest(tmp_path, database("ledger"))
    drain(first)
    first.watch.take_policy(POLICY)
    first.watch.save()
    second = make_ingest(tmp_path, database("ledger"))
    drain(second)
    assert second.watch.policy == msgspec.msgpack.decode(msgspec.msgpack.encode(POLICY), type=WatchPolicy)


def test_a_failure_of_the_database_says_nothing_of_its_rows(database):
    engine = database("ledger", writer=False)
    with pytest.raises(TollwayError) as caught, translated(), engine.connect() as connection:
        connection.exec_driver_sql("select nothing from nowhere")
    assert caught.value.code.name == "usage.unavailable" and "nowhere" not in caught.value.public
