"""Counters are shown per worker, under their names and kinds."""

from pathlib import Path

from tollway.adapters.telemetry.counters import CounterFile
from tollway.adapters.telemetry.stats_source import CounterStats
from tollway.contract.stats import INDEX, NAMES


def test_each_worker_has_each_number_with_its_kind(tmp_path: Path) -> None:
    workers = [CounterFile(tmp_path) for _ in range(2)]
    for number, worker in enumerate(workers):
        worker.values[INDEX["connections_open"]] = 10 + number
    stats = CounterStats(tmp_path).read()
    assert len(stats) == 2 * len(NAMES)
    found = {(stat.name, dict(stat.labels)["worker"]): stat for stat in stats}
    assert [found["connections_open", f"stats-{worker}"].value for worker in (0, 1)] == [10, 11]
    assert found["connections_open", "stats-0"].kind == "gauge"
    assert found["requests_total", "stats-0"].kind == "counter"


def test_before_the_first_worker_there_is_nothing(tmp_path: Path) -> None:
    assert CounterStats(tmp_path).read() == []
