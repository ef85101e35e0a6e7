"""The file of the meters: made, seeded, kept over restarts, and replaced when it is none."""

from pathlib import Path

import pytest

from kit.metering import SMALL, admit, budget, granted, rate, settle
from tollway.adapters.meters import Layout, MappedMeters, open_meters, read_boot_id
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError


def test_seeding_is_asked_for_until_it_is_finished_and_again_after_a_boot(tmp_path: Path) -> None:
    path = tmp_path / "meters.mm"
    for boot, needs, finish in [("a", True, False), ("a", True, True), ("a", False, False), ("b", True, False)]:
        meters, needs_seed = open_meters(path, boot, layout=SMALL)
        assert needs_seed == meters.needs_seed == needs
        if finish:
            meters.finish_seeding()
        meters.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["meters.mm"]


def test_spending_outlives_every_process_of_one_boot(tmp_path: Path, clock: FixedClock) -> None:
    claim = budget(1000)
    for turn in range(5):
        meters, _ = open_meters(tmp_path / "m", "boot", layout=SMALL, clock=clock)
        assert meters.read((claim,))[0].spent == turn * 10
        settle(meters, granted(admit(meters, (claim,), 10, 10)), 10)
        meters.close()


@pytest.mark.parametrize("junk", [b"", b"junk" * 1000])
def test_a_file_that_is_no_meters_file_is_replaced(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "m").write_bytes(junk)
    meters, needs_seed = open_meters(tmp_path / "m", "boot", layout=SMALL)
    assert needs_seed
    meters.close()


def test_a_file_cut_short_is_replaced(tmp_path: Path) -> None:
    meters, _ = open_meters(tmp_path / "m", "boot", layout=SMALL)
    meters.finish_seeding()
    meters.close()
    with (tmp_path / "m").open("r+b") as file:
        file.truncate(5000)
    meters, needs_seed = open_meters(tmp_path / "m", "boot", layout=SMALL)
    assert needs_seed
    meters.close()


def test_a_second_opening_in_one_process_is_refused(meters: MappedMeters, tmp_path: Path) -> None:
    with pytest.raises(TollwayError, match="open in this process already"):
        open_meters(tmp_path / "meters.mm", "boot", layout=SMALL)


def test_meters_that_cannot_be_made_stop_the_start_with_the_cause(tmp_path: Path) -> None:
    with pytest.raises(TollwayError, match="No such file") as caught:
        open_meters(tmp_path / "missing" / "m", "boot")
    assert caught.value.code.name == "gateway.meters_unavailable"
    with pytest.raises(TollwayError):
        open_meters(tmp_path / "m", "boot", layout=Layout(rates=2**52))
    assert list(tmp_path.iterdir()) == []


def test_the_default_file_is_sparse(tmp_path: Path) -> None:
    meters, _ = open_meters(tmp_path / "m", read_boot_id())
    settle(meters, granted(admit(meters, (rate(5), budget(100)), 10, 10)), 5)
    assert (tmp_path / "m").stat().st_blocks * 512 < 200_000
    meters.close()
    assert read_boot_id(tmp_path / "missing") == "unknown"
