"""Workers' counters are read by others while they count; none is lost or doubled when workers come and go."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.adapters.telemetry.counters import CounterFile, read_counters
from tollway.contract.stats import FILE_BYTES, HEADER, INDEX, MAGIC, NAMES

COUNTER, GAUGE = INDEX["requests_total"], INDEX["connections_open"]


def total(directory: Path, name: str = "requests_total") -> int:
    return sum(counters[name] for counters in read_counters(directory).values())


def end(counters: CounterFile) -> None:
    """End as a killed process does: the kernel closes its files, and nothing else happens."""
    counters.values.release()
    counters._map.close()
    os.close(counters._descriptor)


def test_what_a_worker_counts_is_seen_at_once(tmp_path: Path) -> None:
    counters = CounterFile(tmp_path)
    assert set(read_counters(tmp_path)["stats-0"].values()) == {0}
    counters.values[INDEX["requests_total"]] += 2**40
    counters.values[INDEX[NAMES[-1][0]]] += 3
    found = read_counters(tmp_path)["stats-0"]
    assert (found["requests_total"], found[NAMES[-1][0]]) == (2**40, 3)
    assert sum(found.values()) == 2**40 + 3
    end(counters)


def test_the_file_is_private_and_says_whose_it_is(tmp_path: Path) -> None:
    counters = CounterFile(tmp_path)
    path = tmp_path / "stats-0.mm"
    assert path.stat().st_mode & 0o777 == 0o600
    assert HEADER.unpack(path.read_bytes()[: HEADER.size]) == (MAGIC, os.getpid())
    end(counters)


def test_a_successor_beside_a_living_worker_counts_in_a_file_of_its_own(tmp_path: Path) -> None:
    old = CounterFile(tmp_path)
    old.values[COUNTER] = 7
    new = CounterFile(tmp_path)
    new.values[COUNTER] += 1
    old.values[COUNTER] += 1
    assert {name: counters["requests_total"] for name, counters in read_counters(tmp_path).items()} == {
        "stats-0": 8,
        "stats-1": 1,
    }
    end(old)
    end(new)


def test_a_killed_workers_counters_go_on_and_its_gauges_do_not(tmp_path: Path) -> None:
    counters = [CounterFile(tmp_path) for _ in range(3)]
    for one in counters:
        one.values[COUNTER] = one.values[GAUGE] = 5
    end(counters[0])
    end(counters[2])
    again = CounterFile(tmp_path)
    assert again.values[COUNTER] == 5
    found = read_counters(tmp_path)
    assert [found[f"stats-{number}"]["connections_open"] for number in range(3)] == [0, 5, 0]
    assert total(tmp_path) == 15
    assert total(tmp_path, "connections_open") == 5
    for one in (again, counters[1]):
        end(one)


@given(st.lists(st.sampled_from(["start", "end", "count"]), max_size=40))
def test_the_sum_is_exact_whatever_comes_and_goes(tmp_path_factory: pytest.TempPathFactory, acts: list[str]) -> None:
    directory = tmp_path_factory.mktemp("run")
    living: list[CounterFile] = []
    counted = most = 0
    for act in acts:
        if act == "start":
            living.append(CounterFile(directory))
            most = max(most, len(living))
        elif act == "count":
            for one in living:
                one.values[COUNTER] += 1
                one.values[GAUGE] = 1
                counted += 1
        elif living:
            end(living.pop(0))
        assert total(directory) == counted
        assert len(read_counters(directory)) == most
    for one in living:
        end(one)


@pytest.mark.parametrize("raw", [b"", b"TWSTATS1", b"X" * FILE_BYTES, MAGIC + bytes(FILE_BYTES)])
def test_damaged_and_half_made_files_are_left_out_until_a_worker_begins_them_anew(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "stats-0.mm").write_bytes(raw)
    (tmp_path / "stats-1.mm").write_bytes(HEADER.pack(MAGIC, 1).ljust(FILE_BYTES, b"\0"))
    assert list(read_counters(tmp_path)) == ["stats-1"]
    counters = CounterFile(tmp_path)
    assert set(read_counters(tmp_path)["stats-0"].values()) == {0}
    end(counters)
