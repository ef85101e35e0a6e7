"""A burst of connections is spread over the workers at once, and nobody waits for the next second."""

from pathlib import Path

from tollway.adapters.telemetry.counters import CounterFile
from tollway.contract.stats import INDEX
from tollway.kernel.clock import FixedClock
from tollway.runtime.share import CONNECTIONS_SPARE, ConnectionShare

OPEN = INDEX["connections_open"]


class Place:
    """Workers of one machine, each with the connections it holds."""

    def __init__(self, directory: Path, workers: int) -> None:
        self.clock = FixedClock()
        self.files = [CounterFile(directory) for _ in range(workers)]
        self.held = [0] * workers
        self.shares = [
            ConnectionShare(directory, workers, file.values, lambda at=at: self.held[at], self.clock)  # type: ignore[misc]
            for at, file in enumerate(self.files)
        ]

    def accept(self) -> int:
        """Let each worker take what it may, and return how many connections that were."""
        before = sum(self.held)
        for at, share in enumerate(self.shares):
            while self.held[at] < (share.current() or 0):
                self.held[at] += 1
        return sum(self.held) - before


def test_a_burst_is_taken_within_a_few_looks_and_evenly(tmp_path: Path) -> None:
    place = Place(tmp_path, 4)
    looks = 0
    while sum(place.held) < 400:
        place.clock.advance(0.02)
        assert place.accept() >= CONNECTIONS_SPARE
        looks += 1
    assert looks <= 15, "0.3 seconds"
    assert max(place.held) - min(place.held) <= 2 * CONNECTIONS_SPARE


def test_a_worker_that_holds_more_than_its_share_waits_for_the_others(tmp_path: Path) -> None:
    place = Place(tmp_path, 2)
    place.held = [100, 0]
    place.clock.advance(0.02)
    for share in place.shares:
        share.look()
    assert place.shares[0].current() == 50 + CONNECTIONS_SPARE
    place.held[1] = 100
    assert place.shares[0].current() == 50 + CONNECTIONS_SPARE
    place.clock.advance(0.02)
    place.shares[1].look()
    assert place.shares[0].current() == 100 + CONNECTIONS_SPARE


def test_a_worker_that_is_alone_takes_all_and_is_counted(tmp_path: Path) -> None:
    place = Place(tmp_path, 1)
    place.held = [7]
    place.shares[0].look()
    assert place.shares[0].current() is None
    assert place.files[0].values[OPEN] == 7
