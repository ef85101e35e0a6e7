"""How ingest reads journals, over stand-ins; `tests/contract/storage/test_ledger.py` has the real ones."""

import msgspec
import pytest

from kit.ledger_calls import make_close, make_open
from tollway.contract.records import CloseRecord, encode
from tollway.ledger import ingest as module
from tollway.ledger.ingest import Ingest
from tollway.ledger.ports import StoredState


class Journal:
    """Files in memory: name -> payloads; a position is a count of payloads."""

    def __init__(self, **files: list[bytes]) -> None:
        self.files, self.finished, self.deleted = files, set[str](), list[str]()

    def names(self):
        return sorted(self.files)

    def writer_of(self, name):
        return name[0]

    def is_finished(self, name):
        return name in self.finished

    def size(self, name):
        return len(self.files[name])

    def sync(self, name):
        pass

    def read(self, name, position, limit_bytes):
        return self.files[name][position : position + 2], min(position + 2, len(self.files[name]))

    def delete(self, name, position):
        assert position == len(self.files.pop(name))
        self.deleted.append(name)


class Store:
    """Keeps batches; refuses the next one when told to."""

    def __init__(self) -> None:
        self.batches, self.state, self.fails = [], StoredState({}, {}), False
        self.watch = self.condensed = self

    def built(self):
        return set()

    def find_states(self, keys):
        return {}

    def load(self):
        return self.state

    def next_group_id(self):
        return 1

    def find_groups(self, groups):
        return {}

    def find_sums(self, resolution, keys):
        return {}

    def make_durable(self):
        pass

    def apply(self, batch):
        if self.fails:
            raise ConnectionError("down")
        self.batches.append(batch)

    @property
    def outcomes(self):
        return [name for batch in self.batches for calls in batch.calls for name in calls.request_ids]


def test_a_writers_files_are_read_one_after_the_other():
    calls = [make_open(n) for n in range(1, 5)]
    journal = Journal(
        a1=[encode(call) for call in calls],
        a2=[encode(make_close(call)) for call in calls],
        b1=[encode(make_close(make_open(9)))],
    )
    store = Store()
    ingest = Ingest(journal, store)
    ingest.step()
    assert len(store.outcomes) == 1, "b is read; a2 waits for the rest of a1"
    journal.finished = {"a1", "a2"}
    while ingest.step().has_read:
        pass
    assert (ingest.ingested, ingest.orphans, journal.deleted) == (5, 0, ["a1", "a2"])


def test_nothing_is_closed_while_a_file_of_its_writer_may_still_come():
    opened = make_open()
    journal = Journal(a1=[encode(opened)], a2=[])
    journal.finished = {"a1"}
    store = Store()
    ingest = Ingest(journal, store)
    for _ in range(3):
        ingest.step()
    assert store.outcomes == []
    journal.finished = {"a2"}
    ingest.step()
    assert store.outcomes == [opened.request_id] and ingest.orphans == 1


def test_a_failed_transaction_is_repeated_from_what_is_stored():
    closed = make_close(make_open())
    journal, store = Journal(a1=[encode(closed)]), Store()
    ingest = Ingest(journal, store)
    store.fails = True
    with pytest.raises(ConnectionError):
        ingest.step()
    assert ingest.lag_bytes() == 1 and ingest.ingested == 0
    store.fails = False
    ingest.step()
    assert store.outcomes == [closed.request_id] and ingest.lag_bytes() == 0


def test_damaged_records_are_counted_and_passed_by():
    journal, store = Journal(a1=[b"\xc1", encode(make_close(make_open()))]), Store()
    ingest = Ingest(journal, store)
    ingest.step()
    assert (ingest.damaged, ingest.ingested) == (1, 1)


def test_a_step_tells_whether_a_file_holds_more_than_it_read(monkeypatch):
    monkeypatch.setattr(module, "READ_BYTES", 2)
    journal = Journal(a1=[encode(make_close(make_open(n))) for n in range(1, 4)])
    ingest = Ingest(journal, Store())
    found = [ingest.step() for _ in range(3)]
    assert [(step.has_read, step.is_more, len(step.bodies)) for step in found] == [
        (True, True, 2),
        (True, False, 1),
        (False, False, 0),
    ]


def test_charges_that_cannot_be_read_are_counted_as_damage_and_their_call_is_kept():
    closed = make_close(make_open())
    fields = msgspec.msgpack.decode(encode(closed))
    fields[1 + CloseRecord.__struct_fields__.index("charges")] = ["nonsense"]
    store = Store()
    ingest = Ingest(Journal(a1=[msgspec.msgpack.encode(fields)]), store)
    ingest.step()
    assert (ingest.ingested, ingest.damaged, store.batches[0].spent) == (1, 1, {})
    assert store.outcomes == [closed.request_id]
