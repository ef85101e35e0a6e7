"""The console reads the meters that workers write, and never in their way."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tollway.adapters.meters.reading import MeterReadings
from tollway.contract.policy import Budget, ConcurrencyLimit, Limits, RequestLimit
from tollway.kernel.errors import TollwayError

LIMITS = Limits(
    requests=(RequestLimit("r", "per minute", 60, 60),),
    concurrency=(ConcurrencyLimit("c", "at once", 4),),
    budgets=(Budget("b", "monthly", 1_000, "month"),),
)


WORKER = """
import sys
from pathlib import Path
from tollway.adapters.meters import open_meters, read_boot_id
from tollway.contract.policy import Budget, ConcurrencyLimit, Limits, RequestLimit
from tollway.gateway.claims import build_claims, combine

def pause():
    print("done", flush=True)
    sys.stdin.readline()

meters, _ = open_meters(Path(sys.argv[1]), read_boot_id())
pause()
limits = Limits((RequestLimit("r", "per minute", 60, 60),), (ConcurrencyLimit("c", "at once", 4),),
                (Budget("b", "monthly", 1_000, "month"),))
hold = meters.admit(combine(build_claims(limits, "token", "t1")), (300, 0, 0, 0, 0, 1), (0, 0, 0, 0, 0, 1))
pause()
meters.settle(hold, (120, 0, 0, 0, 0, 1))
pause()
"""
"""A process of its own, since a process opens the meters once."""


@contextmanager
def worker(path: Path) -> Iterator[Callable[[], None]]:
    """A worker that does one thing each time it is told to: opens, admits, settles."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None

        def step() -> None:
            process.stdin.write("on\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n"

        assert process.stdout.readline() == "done\n"
        yield step
        process.stdin.close()


def test_before_the_first_worker_it_says_so_and_makes_no_file(tmp_path: Path) -> None:
    readings = MeterReadings(tmp_path / "meters.mm")
    with pytest.raises(TollwayError) as caught:
        readings.read("token", "t1", LIMITS)
    assert caught.value.code.name == "gateway.meters_unavailable"
    assert list(tmp_path.iterdir()) == []


def test_what_a_worker_holds_and_settles_is_shown_at_once(tmp_path: Path) -> None:
    path = tmp_path / "meters.mm"
    with worker(path) as step:
        readings = MeterReadings(path)
        step()  # It has been admitted.
        shown = readings.read("token", "t1", LIMITS)
        assert shown.concurrency is not None
        assert (shown.concurrency.limit, shown.concurrency.in_flight) == (4, 1)
        (requests,), (budget,) = shown.requests, shown.budgets
        assert (requests.limit, requests.used) == (60, 1)
        assert (budget.spent_nanos, budget.reserved_nanos) == (0, 300)
        step()  # It has settled.
        shown = readings.read("token", "t1", LIMITS)
        assert shown.concurrency is not None and shown.concurrency.in_flight == 0
        assert (shown.budgets[0].spent_nanos, shown.budgets[0].reserved_nanos) == (120, 0)
        every = readings.read_every("token", "t1", LIMITS)
        assert [(reading.limit, reading.allowed) for reading in every] == [
            (limit, limit.amount) for limit in LIMITS.every()
        ]
        assert [(reading.used, reading.reserved) for reading in every] == [(1, 0), (0, 0), (120, 0)]
        assert every[2].resets_ns is not None and every[1].resets_ns is None
        shown = readings.read("application", "a1", Limits())
        assert (shown.requests, shown.concurrency, shown.budgets) == ((), None, ())
    assert readings._meters is not None
    readings._meters.close()
