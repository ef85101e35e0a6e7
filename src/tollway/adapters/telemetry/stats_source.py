"""The workers' counters as the console shows them (port: web/ports.py StatsSource)."""

from collections.abc import Sequence
from pathlib import Path

from tollway.adapters.telemetry.counters import read_counters
from tollway.contract.stats import NAMES
from tollway.web.ports import Stat, StatsSource


class CounterStats:
    """Reads `run/stats-*.mm` at each scrape; one number a worker and name."""

    def __init__(self, run_directory: Path) -> None:
        self._run_directory = run_directory

    def read(self) -> Sequence[Stat]:
        """Return the numbers of this instant."""
        workers = read_counters(self._run_directory)
        return [
            Stat(name, "counter" if kind == "counter" else "gauge", text, counters[name], (("worker", worker),))
            for name, kind, text in NAMES
            for worker, counters in workers.items()
        ]


_: type[StatsSource] = CounterStats
