"""Plays one scenario by hand: `python -m kit.truth 2 kills count=10 clients=16` (the first number: workers)."""

import functools
import sys
import time

import uvloop

from kit.truth.kills import kills
from kit.truth.levels import levels
from kit.truth.limits import budget, rate
from kit.truth.outages import held_lock, outages
from kit.truth.revocation import revocations
from kit.truth.rig import play
from kit.truth.signals import back, signals
from kit.truth.streams import streams

SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (kills, rate, budget, levels, revocations, signals, back, streams, outages, held_lock)
}

if __name__ == "__main__":
    began = time.monotonic()
    options = {name: int(value) for name, value in (word.split("=") for word in sys.argv[3:])}
    print(uvloop.run(play(int(sys.argv[1]), functools.partial(SCENARIOS[sys.argv[2]], **options))))
    print(f"{time.monotonic() - began:.0f} s")
