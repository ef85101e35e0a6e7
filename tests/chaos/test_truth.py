"""Every truth bar in full size on a real process group; prints the figures that docs/truth.md quotes."""

from functools import partial

import pytest
import uvloop

from kit.truth.kills import kills
from kit.truth.levels import KINDS, LEVELS, SERVICE_KINDS, TOGETHER, WINDOWS, levels
from kit.truth.limits import budget, rate
from kit.truth.outages import held_lock, outages
from kit.truth.revocation import revocations
from kit.truth.rig import Scenario, play
from kit.truth.signals import back, signals
from kit.truth.streams import streams

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1_200)]

RATE = partial(rate, limit=500, window_seconds=5, windows=4, clients=200)
EVERY_LEVEL = tuple(
    ({level: measure}, tuple(WINDOWS)[(at + number) % len(WINDOWS)])
    for at, level in enumerate(LEVELS)
    for number, measure in enumerate(KINDS if level != "service" else SERVICE_KINDS)
)
"""Each measure at each level."""
SCENARIOS: dict[str, tuple[int, Scenario]] = {
    "kills": (2, partial(kills, count=100, clients=24, pause_seconds=(0.2, 0.8))),
    "rate, 1 worker": (1, RATE),
    "rate, 2 workers": (2, RATE),
    "rate, 4 workers": (4, RATE),
    "rate, kills": (4, partial(RATE, kills=8)),
    "bounded budget": (2, partial(budget, clients=500, is_bounded=True)),
    "unbounded budget": (2, partial(budget, clients=500, is_bounded=False)),
    "limits, 1 worker": (1, partial(levels, rounds=EVERY_LEVEL[::4] + TOGETHER, clients=50)),
    "limits, 2 workers": (2, partial(levels, rounds=EVERY_LEVEL, clients=50)),
    "limits, 4 workers": (4, partial(levels, rounds=EVERY_LEVEL[2::4] + TOGETHER, clients=50)),
    "limits, kills": (4, partial(levels, rounds=TOGETHER * 4, clients=50, kills=3)),
    "far limits": (4, partial(levels, rounds=EVERY_LEVEL[1::4] + TOGETHER, clients=50, is_far=True)),
    "far limits, kills": (4, partial(levels, rounds=TOGETHER * 4, clients=50, kills=3, is_far=True)),
    "revocations": (3, partial(revocations, count=1_000, at_once=10, clients=10)),
    "signals": (2, partial(signals, reloads=5, clients=48, settle_seconds=2.0)),
    "back": (1, back),
    "outages": (1, outages),
    "held lock": (2, held_lock),
    "streams": (2, partial(streams, count=40)),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_promise_holds(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    workers, scenario = SCENARIOS[name]
    figures = uvloop.run(play(workers, scenario))
    with capsys.disabled():
        print(figures)
    figures.check()
