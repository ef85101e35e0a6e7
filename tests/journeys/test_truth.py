"""The truth scenarios in small, one after the other on one installation; `make chaos` plays them in full size."""

from functools import partial

import pytest
import uvloop

from kit.truth.kills import kills
from kit.truth.levels import levels
from kit.truth.limits import budget, rate
from kit.truth.outages import held_lock, outages
from kit.truth.revocation import revocations
from kit.truth.rig import Figures, Scenario, rig
from kit.truth.signals import signals
from kit.truth.streams import streams

SCENARIOS: dict[str, Scenario] = {
    "rate": partial(rate, limit=100, window_seconds=1, windows=2, clients=50),
    "bounded budget": partial(budget, clients=100, is_bounded=True, limit_usd="0.1"),
    "unbounded budget": partial(budget, clients=50, is_bounded=False, limit_usd="0.1"),
    "levels": partial(
        levels,
        clients=16,
        rounds=(
            ({"team": "total_tokens"}, "day"),
            ({"provider": "requests"}, "slides"),
            ({"model": "concurrency"}, "total"),
            ({"global": "bytes"}, "day"),
            ({"token": "requests", "plan": "cost", "application": "output_tokens"}, "total"),
        ),
    ),
    "far levels": partial(
        levels, clients=16, rounds=(({"token": "requests", "team": "cost"}, "day"),), kills=1, is_far=True
    ),
    "streams": partial(streams, count=4),
    "held lock": partial(held_lock, calls=5),
    "revocations": partial(revocations, count=20, at_once=5, clients=4),
    "outages": partial(outages, names=("ledger frozen", "config.db locked"), tokens=2),
    "kills": partial(kills, count=6, clients=8, pause_seconds=(0.3, 0.8)),
    "signals": partial(signals, reloads=1, clients=12, settle_seconds=0.3),
}
"""The last one ends the installation."""


async def play_all() -> dict[str, Figures]:
    async with rig(workers=2) as world:
        judges = {name: await scenario(world) for name, scenario in SCENARIOS.items()}
        end = await world.end()
        return {name: judge(end) for name, judge in judges.items()}


@pytest.fixture(scope="module")
def figures() -> dict[str, Figures]:
    """What each scenario found."""
    return uvloop.run(play_all())


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", SCENARIOS)
def test_promise_holds(figures: dict[str, Figures], name: str) -> None:
    figures[name].check()
