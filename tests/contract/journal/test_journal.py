"""What was appended is read back exactly once, whatever the writer, the disk or the machine did in between."""

import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tollway.adapters.journal import (
    Damage,
    JournalWriter,
    UnknownVersion,
    delete_ingested,
    is_finished,
    list_files,
    read_from,
    remove_leftovers,
)
from tollway.adapters.journal import writer as writer_module
from tollway.adapters.journal.layout import FRAME, HEADER, MAGIC, RECORD_BYTES_MAX
from tollway.contract.records import Record, TallyRecord
from tollway.gateway.ports import Journal
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError


def tally(number: int, text: str = "token.missing") -> TallyRecord:
    return TallyRecord(number, {text: number})


def write(directory: Path, records: list[TallyRecord], **options: int) -> list[Path]:
    journal = JournalWriter(directory, "proc", **options)
    for record in records:
        journal.append(record)
    journal.close()
    return list_files(directory)


def read_all(path: Path, limit_bytes: int = 1 << 20) -> tuple[list[Record], list[Damage], int]:
    found: list[Record] = []
    damage: list[Damage] = []
    offset = 0
    while True:
        records, end = read_from(path, offset, limit_bytes, on_damage=damage.append)
        found += records
        if end == offset or (not records and not damage):
            return found, damage, end
        offset = end


def test_records_come_back_in_order_and_once(tmp_path: Path) -> None:
    records = [tally(n) for n in range(500)]
    journal: Journal = JournalWriter(tmp_path, "worker-1")
    for record in records:
        journal.append(record)
    [path] = list_files(tmp_path)
    for limit in (1, 40, 1000, 1 << 20):
        found, damage, end = read_all(path, limit)
        assert (found, damage) == (records, [])
    journal.close()
    assert end == path.stat().st_size


def test_reading_goes_on_where_it_stopped_while_the_writer_is_alive(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "worker-1")
    [path] = list_files(tmp_path)
    assert read_from(path, 0, 1000) == ([], HEADER.size)
    offset = 0
    for number in range(20):
        journal.append(tally(number))
        records, offset = read_from(path, offset, 1000)
        assert records == [tally(number)]
    assert read_from(path, offset, 1000) == ([], offset)
    assert not is_finished(path)
    assert not delete_ingested(path, offset)
    journal.close()
    journal.close()
    assert is_finished(path)
    assert not delete_ingested(path, offset - 1)
    assert delete_ingested(path, offset)
    assert delete_ingested(path, offset)
    assert list_files(tmp_path) == []


def test_an_offset_beyond_the_end_reads_nothing(tmp_path: Path) -> None:
    """After power loss a file may be shorter than what was ingested of it."""
    [path] = write(tmp_path, [tally(1)])
    assert read_from(path, 1 << 30, 1000) == ([], 1 << 30)
    assert delete_ingested(path, 1 << 30)


def wait_until(is_so: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for what the flusher does, however busy the machine is."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_full_file_is_followed_by_a_new_one(tmp_path: Path) -> None:
    records = [tally(n) for n in range(100)]
    journal = JournalWriter(tmp_path, "worker-1", rotate_bytes=200)
    for record in records:
        journal.append(record)
    paths = list_files(tmp_path)
    assert len(paths) > 5
    wait_until(lambda: [is_finished(path) for path in paths] == [True] * (len(paths) - 1) + [False])
    journal.close()
    assert [record for path in paths for record in read_all(path)[0]] == records
    assert all(path.stat().st_size < 300 for path in paths)


def test_files_are_private_and_sorted_by_time(tmp_path: Path) -> None:
    clock = FixedClock()
    names = []
    for _ in range(12):
        clock.advance(seconds=0.001)
        JournalWriter(tmp_path, "worker-1", clock=clock).close()
        names = [path.name for path in list_files(tmp_path)]
        assert names[-1].startswith(f"{clock.now_ns():020d}-worker-1-")
    assert len(names) == 12
    assert {path.stat().st_mode & 0o777 for path in list_files(tmp_path)} == {0o600}


def test_a_tail_torn_at_any_byte_ends_a_live_file_and_is_reported_in_a_dead_one(tmp_path: Path) -> None:
    [path] = write(tmp_path, [tally(n) for n in range(3)])
    whole = path.read_bytes()
    good = read_from(path, 0, 1 << 20)[1]
    last = len(whole) - (len(whole) - HEADER.size) // 3
    for cut in range(HEADER.size, len(whole)):
        path.write_bytes(whole[:cut])
        count = (cut - HEADER.size) * 3 // (good - HEADER.size)
        records, damage, end = read_all(path)
        assert records == [tally(n) for n in range(count)]
        assert end == cut
        assert bool(damage) == (cut != HEADER.size and cut != last and (cut - HEADER.size) % (good - last) != 0)
        with path.open("rb") as live:
            writer_module.fcntl.flock(live, writer_module.fcntl.LOCK_EX)
            records, damage, end = read_all(path)
            assert records == [tally(n) for n in range(count)]
            assert damage == []
            assert end == HEADER.size + count * (good - last)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_costs_only_the_records_it_hit(tmp_path: Path, data: st.DataObject) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    texts = data.draw(st.lists(st.text(max_size=300), min_size=1, max_size=8))
    records = [tally(n, text) for n, text in enumerate(texts)]
    [path] = write(tmp_path, records)
    raw = bytearray(path.read_bytes())
    ends = []
    offset = HEADER.size
    while offset < len(raw):
        offset += FRAME.size + FRAME.unpack_from(raw, offset)[0]
        ends.append(offset)
    start = data.draw(st.integers(HEADER.size, len(raw) - 1))
    patch = data.draw(st.binary(min_size=1, max_size=100) | st.integers(1, 100).map(bytes))
    patch = patch[: len(raw) - start]
    raw[start : start + len(patch)] = patch
    path.write_bytes(raw)
    survivors = [
        record
        for record, begin, end in zip(records, [HEADER.size, *ends[:-1]], ends, strict=True)
        if end <= start or begin >= start + len(patch) or raw[begin:end] == _frame(path, record)
    ]
    found, _, end = read_all(path)
    assert found == survivors
    assert end == len(raw)


def _frame(path: Path, record: Record) -> bytes:
    payload = writer_module.encode(record)
    salt = HEADER.unpack_from(path.read_bytes())[2]
    return FRAME.pack(len(payload), zlib.crc32(payload, salt)) + payload


def test_a_frame_inside_a_callers_text_is_not_taken_for_a_record(tmp_path: Path) -> None:
    """Whoever can put text into a record must not be able to forge one when the file is damaged."""
    forged = writer_module.encode(tally(666))
    unsalted = FRAME.pack(len(forged), zlib.crc32(forged)) + forged
    [path] = write(tmp_path, [tally(1, unsalted.decode("latin-1")), tally(2)])
    raw = path.read_bytes().replace(unsalted.decode("latin-1").encode(), unsalted)
    path.write_bytes(raw)
    assert read_all(path)[0] == [tally(2)]


def test_a_whole_frame_that_is_no_record_is_skipped_even_while_the_writer_is_alive(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = JournalWriter(tmp_path, "worker-1")
    [path] = list_files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "encode", lambda record: b"\x93not a record")
        journal.append(tally(0))
    journal.append(tally(1))
    records, _ = read_from(path, 0, 1000)
    assert records == [tally(1)]
    assert "not a record" in caplog.text
    journal.close()


@pytest.mark.parametrize("header", [b"", b"tollway", b"another-8" + bytes(7)])
def test_a_damaged_header_costs_its_file_and_is_reported(tmp_path: Path, header: bytes) -> None:
    [path] = write(tmp_path, [tally(1)])
    path.write_bytes(header + path.read_bytes()[HEADER.size :] if len(header) == HEADER.size else header)
    records, damage, end = read_all(path)
    assert records == []
    assert end >= path.stat().st_size
    assert len(damage) == (len(header) == HEADER.size)
    assert delete_ingested(path, end)


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "00000000000000000001-old-abc.twj"
    path.write_bytes(HEADER.pack(MAGIC, 9, 0, 0))
    with pytest.raises(UnknownVersion, match="version 9"):
        read_from(path, 0, 1000)


def test_leftovers_of_a_start_that_was_cut_short_are_removed(tmp_path: Path) -> None:
    (tmp_path / "1-a.twj-new").touch()
    [path] = write(tmp_path, [tally(1)])
    assert list_files(tmp_path) == [path]
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class FaultyDisk:
    """Stands in for the `os` module of the writer; fails the calls named, as a full or dying disk does."""

    def __init__(self, **failures: OSError) -> None:
        self.failures = failures
        self.failed = 0

    def __getattr__(self, name: str) -> object:
        failure = self.failures.get(name)
        if failure is None:
            return getattr(os, name)

        def fail(*args: object) -> int:
            self.failed += 1
            raise failure

        return fail


FULL = OSError(28, "No space left on device")
BROKEN = OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("call", "failure"), [("posix_fallocate", FULL), ("posix_fallocate", BROKEN), ("pwrite", FULL)]
)
def test_a_record_that_finds_no_room_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, failure: OSError
) -> None:
    monkeypatch.setattr(writer_module, "ROOM_BYTES", 64)
    journal = JournalWriter(tmp_path, "worker-1")
    journal.append(tally(1))
    [path] = list_files(tmp_path)
    before = path.read_bytes().rstrip(b"\0")
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "os", FaultyDisk(**{call: failure}))
        for _ in range(3):
            with pytest.raises(TollwayError) as caught:
                journal.append(tally(2))
            assert caught.value.code.name == "gateway.journal_unavailable"
    assert path.read_bytes().rstrip(b"\0") == before
    journal.append(tally(3))
    journal.close()
    assert read_all(path) == ([tally(1), tally(3)], [], path.stat().st_size)


def test_room_is_allocated_before_it_is_needed_and_given_back_at_the_end(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "worker-1")
    [path] = list_files(tmp_path)
    assert path.stat().st_blocks * 512 >= writer_module.ROOM_BYTES
    records = [tally(n, "x" * 40_000) for n in range(60)]
    for record in records:
        journal.append(record)
    assert path.stat().st_size % writer_module.ROOM_BYTES == 0
    assert 60 * 40_000 < path.stat().st_size < 60 * 40_100 + writer_module.ROOM_BYTES
    journal.close()
    assert read_all(path) == (records, [], path.stat().st_size)
    assert path.stat().st_size < 60 * 40_100


@pytest.mark.parametrize("torn", [b"", b"payload of a record whose frame has no head yet"])
def test_room_that_a_killed_writer_left_is_no_damage(tmp_path: Path, torn: bytes) -> None:
    [path] = write(tmp_path, [tally(n) for n in range(3)])
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(FRAME.size) + torn + bytes(writer_module.ROOM_BYTES))
    records, damage, end = read_all(path)
    assert (records, damage) == ([tally(n) for n in range(3)], [])
    assert read_from(path, len(whole), 1000) == ([], path.stat().st_size)
    assert end == path.stat().st_size
    assert not delete_ingested(path, len(whole))
    assert delete_ingested(path, path.stat().st_size)


def test_records_behind_a_page_that_power_loss_left_empty_are_found(tmp_path: Path) -> None:
    """Pages of the room may reach the disk in any order, so that zeros are no end while a record follows."""
    [path] = write(tmp_path, [tally(n) for n in range(4)])
    whole = bytearray(path.read_bytes())
    frame = (len(whole) - HEADER.size) // 4
    start = HEADER.size + frame
    whole[start : start + frame] = bytes(frame)
    path.write_bytes(whole + bytes(4096))
    found: list[Damage] = []
    records, end = read_from(path, 0, 1 << 20, on_damage=found.append)
    while (more := read_from(path, end, 1 << 20, on_damage=found.append))[1] != end:
        records, end = records + more[0], more[1]
    assert records == [tally(0), tally(2), tally(3)]
    assert [(damage.offset, damage.bytes_lost) for damage in found] == [(start, frame)]
    assert end == path.stat().st_size


def test_a_file_that_cannot_be_followed_by_a_new_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = JournalWriter(tmp_path, "worker-1", rotate_bytes=100)
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "os", FaultyDisk(open=OSError(24, "Too many open files")))
        for number in range(20):
            journal.append(tally(number))
    journal.append(tally(20))
    journal.close()
    assert len(list_files(tmp_path)) == 2
    assert [r for path in list_files(tmp_path) for r in read_all(path)[0]] == [tally(n) for n in range(21)]


def test_after_a_failed_sync_a_new_file_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = JournalWriter(tmp_path, "worker-1", rotate_bytes=60)
    with monkeypatch.context() as patch:
        disk = FaultyDisk(fdatasync=BROKEN)
        patch.setattr(writer_module, "os", disk)
        for number in (1, 2):
            journal.append(tally(number))
            before = disk.failed
            wait_until(lambda before=before: disk.failed > before)
    journal.append(tally(3))
    journal.close()
    assert len(list_files(tmp_path)) == 3
    assert [r for path in list_files(tmp_path) for r in read_all(path)[0]] == [tally(1), tally(2), tally(3)]


def test_a_disk_that_neither_syncs_nor_takes_a_new_file_refuses_records_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be synced may be lost: nothing more is promised on it."""
    journal = JournalWriter(tmp_path, "worker-1")
    disk = FaultyDisk(fdatasync=BROKEN)
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "os", disk)
        journal.append(tally(1))
        wait_until(lambda: disk.failed > 0)
        disk.failures["open"] = FULL
        wait_until(lambda: journal._is_broken)
        for _ in range(2):
            with pytest.raises(TollwayError) as caught:
                journal.append(tally(2))
            assert caught.value.code.name == "gateway.journal_unavailable"
    journal.append(tally(3))
    journal.close()
    assert [r for path in list_files(tmp_path) for r in read_all(path)[0]] == [tally(1), tally(3)]


@pytest.mark.parametrize("call", ["posix_fallocate", "rename"])
def test_a_file_that_cannot_be_finished_leaves_nothing_and_no_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A reader would take a file without a header for damage, and each lost descriptor is one call less."""

    def fail(*_: object) -> None:
        raise FULL

    before = count_descriptors()
    with monkeypatch.context() as patch:
        if call == "rename":
            patch.setattr(Path, "rename", fail)
        else:
            patch.setattr(writer_module, "os", FaultyDisk(posix_fallocate=FULL))
        for _ in range(3):
            with pytest.raises(TollwayError) as caught:
                JournalWriter(tmp_path, "worker-1")
            assert caught.value.code.name == "gateway.journal_unavailable"
    assert list(tmp_path.iterdir()) == []
    assert count_descriptors() == before


@pytest.mark.parametrize("call", ["ftruncate", "fdatasync"])
def test_a_finished_file_that_cannot_be_synced_is_said_and_lets_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    before = count_descriptors()
    journal = JournalWriter(tmp_path, "worker-1")
    journal.append(tally(1))
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "os", FaultyDisk(**{call: BROKEN}))
        journal.close()
    assert "cannot sync a finished file" in caplog.text
    assert count_descriptors() == before
    assert [r for path in list_files(tmp_path) for r in read_all(path)[0]] == [tally(1)]


def test_an_oversized_record_is_refused(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "worker-1")
    with pytest.raises(TollwayError, match="bytes"):
        journal.append(tally(1, "x" * (RECORD_BYTES_MAX + 1)))
    largest = tally(2, "x" * (RECORD_BYTES_MAX - 100))
    journal.append(largest)
    journal.close()
    [path] = list_files(tmp_path)
    assert read_all(path, 100)[0] == [largest]


def test_a_directory_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(TollwayError, match="missing") as caught:
        JournalWriter(tmp_path / "missing", "worker-1")
    assert caught.value.code.name == "gateway.journal_unavailable"


def test_appended_records_are_synced_within_the_promised_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[float] = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: (real(fd), synced.append(time.monotonic()))[0])
    journal = JournalWriter(tmp_path, "worker-1")
    time.sleep(0.3)
    assert synced == []
    took = []
    for number in range(5):  # Any one of them may wait for a busy machine.
        synced.clear()
        appended = time.monotonic()
        journal.append(tally(number))
        wait_until(lambda: synced)
        took.append(synced[0] - appended)
    assert min(took) < 0.29
    time.sleep(0.3)
    assert len(synced) == 1, "once is enough"
    journal.close()


WRITER = """
import sys, pathlib
from tollway.adapters.journal import JournalWriter
from tollway.contract.records import TallyRecord
journal = JournalWriter(pathlib.Path(sys.argv[1]), "victim", rotate_bytes=20_000)
number = 0
while True:
    number += 1
    journal.append(TallyRecord(number, {"text": number}))
    if number % 100 == 0:
        print(number, flush=True)
"""


def kill_while_writing(directory: Path) -> int:
    """Start a writer, kill it at a moment of its own, and return the last number it acknowledged."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(ord(os.urandom(1)) / 5_000)
    process.send_signal(signal.SIGKILL)
    acknowledged = int((first + process.stdout.read()).split()[-1])  # A slow machine may acknowledge no more.
    process.wait()
    process.stdout.close()
    return acknowledged


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=[pytest.mark.chaos, pytest.mark.timeout(200)])])
def test_killing_the_writer_at_any_instant_loses_no_acknowledged_record(tmp_path: Path, rounds: int) -> None:
    for number in range(rounds):
        directory = tmp_path / str(number)
        directory.mkdir()
        acknowledged = kill_while_writing(directory)
        paths = list_files(directory)
        assert all(is_finished(path) for path in paths)
        found = [r.second for path in paths for r in read_all(path)[0] if isinstance(r, TallyRecord)]
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= acknowledged
