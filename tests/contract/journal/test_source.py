"""What the ledger sees of the journal folder."""

from kit.ledger_calls import make_journal, random_calls, write
from tollway.adapters.journal import read_from
from tollway.adapters.journal.layout import HEADER, MAGIC
from tollway.adapters.journal.source import DirectoryJournalSource
from tollway.contract.records import decode


def test_payloads_are_those_of_the_records_in_any_portions(tmp_path):
    journal = make_journal(tmp_path)
    write(journal, random_calls(seed=1, count=30))
    source = DirectoryJournalSource(tmp_path / "journal")
    (name,) = source.names()
    records, end = read_from(tmp_path / "journal" / name, 0, 10**9)
    for limit in (1_500, 4_000, 10**6):
        found, position = [], 0
        while (portion := source.read(name, position, limit))[1] != position:
            found += portion[0]
            position = portion[1]
        assert [decode(payload) for payload in found] == records
        assert position == end == source.size(name)
    journal.close()


def test_a_damaged_frame_ends_a_live_file_and_is_skipped_in_a_finished_one(tmp_path):
    journal = make_journal(tmp_path)
    write(journal, random_calls(seed=2, count=3))
    source = DirectoryJournalSource(tmp_path / "journal")
    (name,) = source.names()
    path = tmp_path / "journal" / name
    raw = bytearray(path.read_bytes())
    raw[HEADER.size + 20] ^= 1
    path.write_bytes(raw)
    assert source.read(name, 0, 10**6)[0] == []
    journal.close()
    _, position = source.read(name, 0, 10**6)
    payloads, end = source.read(name, position, 10**6)
    assert len(payloads) == 5 and end == path.stat().st_size


def test_each_start_of_a_process_is_a_writer_of_its_own_and_keeps_its_name_over_files(tmp_path):
    source = DirectoryJournalSource(tmp_path / "journal")
    first = make_journal(tmp_path, rotate_bytes=500)
    write(first, random_calls(seed=3, count=5))
    first.close()
    second = make_journal(tmp_path)
    writers = [source.writer_of(name) for name in source.names()]
    assert len(writers) > 2 and len(set(writers)) == 2
    assert [source.is_finished(name) for name in source.names()] == [True] * (len(writers) - 1) + [False]
    second.close()


def test_a_file_of_a_newer_program_is_left_alone(tmp_path, caplog):
    (tmp_path / "journal").mkdir()
    path = tmp_path / "journal" / "1-worker-0-aa-bb.twj"
    path.write_bytes(HEADER.pack(MAGIC, 9, 1, 0) + b"something new")
    source = DirectoryJournalSource(tmp_path / "journal")
    for _ in range(2):
        assert source.read(path.name, 0, 1000) == ([], 0)
        assert not source.is_finished(path.name)
    assert len(caplog.records) == 1
    source.delete(path.name, 0)
    assert path.exists()


def test_a_folder_that_is_not_there_has_no_files(tmp_path):
    assert DirectoryJournalSource(tmp_path / "none").names() == []


def test_a_file_that_is_no_journal_is_passed_over_whole(tmp_path):
    journal = make_journal(tmp_path)
    write(journal, random_calls(seed=3, count=3))
    journal.close()
    source = DirectoryJournalSource(tmp_path / "journal")
    (name,) = source.names()
    path = tmp_path / "journal" / name
    path.write_bytes(b"something else " * 50)
    payloads, end = source.read(name, 0, 10**6)
    assert (payloads, end) == ([], path.stat().st_size)


def test_the_size_of_a_file_of_a_version_to_come_is_all_of_it(tmp_path):
    """It cannot be read, but how much of it waits for the program that can is known."""
    journal = make_journal(tmp_path)
    write(journal, random_calls(seed=4, count=3))
    journal.close()
    source = DirectoryJournalSource(tmp_path / "journal")
    (name,) = source.names()
    path = tmp_path / "journal" / name
    raw = bytearray(path.read_bytes())
    raw[: HEADER.size] = HEADER.pack(MAGIC, 99, 1, HEADER.size)
    path.write_bytes(raw)
    assert source.size(name) == path.stat().st_size
