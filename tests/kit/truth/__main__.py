"""Runs one scenario by hand: `python -m kit.truth kills kills=10 clients=16`."""

import sys
import time

import uvloop
from kit.truth import kills, limits, outages, revocation, signals, streams

SCENARIOS = {
    "kills": kills.run,
    "rate": limits.run_rate,
    "budget": limits.run_budget,
    "revocation": revocation.run,
    "signals": signals.run,
    "back": signals.run_back,
    "streams": streams.run,
    "outages": outages.run,
    "meters": outages.run_meters_lock,
}

if __name__ == "__main__":
    began = time.monotonic()
    options = {name: float(v) if "." in v else int(v) for name, v in (a.split("=") for a in sys.argv[2:])}
    print(uvloop.run(SCENARIOS[sys.argv[1]](**options)))
    print(f"{time.monotonic() - began:.0f} s")
