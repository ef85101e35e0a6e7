"""A worker's counters are read by others while it counts; a damaged file is nobody's number."""

import os
from pathlib import Path

import pytest

from tollway.adapters.telemetry.counters import CounterFile, read_counters
from tollway.contract.stats import FILE_BYTES, HEADER, INDEX, MAGIC, NAMES


def test_what_a_worker_counts_is_seen_at_once(tmp_path: Path) -> None:
    counters = CounterFile(tmp_path / "stats-0.mm")
    assert set(read_counters(tmp_path)["stats-0"].values()) == {0}
    counters.values[INDEX["requests_total"]] += 2**40
    counters.values[INDEX[NAMES[-1][0]]] += 3
    found = read_counters(tmp_path)["stats-0"]
    assert (found["requests_total"], found[NAMES[-1][0]]) == (2**40, 3)
    assert sum(found.values()) == 2**40 + 3


def test_a_restarted_worker_begins_at_zero_and_does_not_disturb_who_reads_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "stats-0.mm"
    old = CounterFile(path)
    old.values[0] = 7
    new = CounterFile(path)
    old.values[0] = 8
    assert new.values[0] == 0 == read_counters(tmp_path)["stats-0"][NAMES[0][0]]
    assert path.stat().st_mode & 0o777 == 0o600
    assert HEADER.unpack(path.read_bytes()[: HEADER.size]) == (MAGIC, os.getpid())


@pytest.mark.parametrize("raw", [b"", b"TWSTATS1", b"X" * FILE_BYTES, MAGIC + bytes(FILE_BYTES)])
def test_damaged_and_half_made_files_are_left_out(tmp_path: Path, raw: bytes) -> None:
    CounterFile(tmp_path / "stats-1.mm")
    (tmp_path / "stats-0.mm").write_bytes(raw)
    (tmp_path / "stats-2.new").write_bytes(raw)
    assert list(read_counters(tmp_path)) == ["stats-1"]
