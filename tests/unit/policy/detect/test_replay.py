"""Each detector finds what its replay was recorded for, and nothing in the days before."""

from pathlib import Path
from typing import get_args

import pytest

from tollway.contract.watching import DEFAULTS, Detector, Spike, Thresholds, WatchPolicy
from tollway.policy.detect.replay import Line, find_rules, read_lines, run_replay

REPLAYS = Path(__file__).parents[4] / "docs" / "examples" / "replays"
DETECTORS = get_args(Detector)
POLICY = WatchPolicy(1, decoys=("decoy",))


def replay(name: str) -> list[Line]:
    return read_lines((REPLAYS / f"{name}.jsonl").read_bytes())


def test_there_is_a_replay_for_each_detector() -> None:
    assert sorted(path.stem for path in REPLAYS.glob("*.jsonl")) == sorted(DETECTORS)


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_detector_finds_its_replay_once_and_nothing_before_it(detector: Detector) -> None:
    lines = replay(detector)
    found = list(run_replay(lines, POLICY))
    assert {each.detector for each in found} == {detector}
    assert len({each.detail for each in found}) == len(found), "once an episode"
    begins = max(int(line.at.timestamp()) for line in lines)
    first = min(int(line.at.timestamp()) for line in lines if line.times < 100)
    assert all(first <= each.at_ns // 10**9 <= begins + 3 * 3_600 for each in found)
    assert all(each.facts["address"] for each in found)


@pytest.mark.parametrize("detector", ["new_origin", "spike", "error_share", "many_networks", "many_clients"])
def test_what_is_compared_with_the_past_finds_nothing_where_there_is_none(detector: str) -> None:
    """The cold-start rule: the same calls by a token that is a minute old."""
    lines = [line for line in replay(detector) if line.times < 100]
    found = {each.detector for each in run_replay(lines, POLICY)}
    assert found <= {"error_share"}, "which is about the calls themselves"


def test_a_team_has_its_own_thresholds() -> None:
    lines = replay("spike")
    calm = Thresholds(spike=Spike(factor=500.0))
    policy = WatchPolicy(1, teams={"": calm})
    assert list(run_replay(lines, policy)) == []
    assert find_rules(policy, "") is calm and find_rules(policy, "other") is policy.thresholds
    assert policy.thresholds == DEFAULTS


def test_a_line_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match=r"line 2: .*`time`"):
        read_lines(b'{"at": "2026-01-05T08:00:00Z"}\n{"at": "2026-01-05T08:00:00Z", "time": 3}\n')
