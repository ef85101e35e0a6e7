"""How much one decision costs: a call admitted and settled, alone with the meters of a real file.

Run `python -m bench.meters`; the bar of one request limit and one budget is 8 us.
"""

import tempfile
import timeit
from functools import partial
from pathlib import Path

from tollway.adapters.meters import open_meters
from tollway.contract.limits import Limit, Limits
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.room import Amounts, Claims, Hold

RATE = Limit("l1", "rate", "requests", 10**12, window_seconds=60)
BUDGET = Limit("b1", "budget", "cost", 2**57, period="month", is_budget=True)
FIVE_LIMITS = (
    RATE,
    Limit("l2", "day", "requests", 10**12, period="day"),
    Limit("l3", "tokens", "total_tokens", 10**15, window_seconds=60),
    Limit("l4", "slots", "concurrency", 10**6),
    Limit("l5", "bytes", "bytes", 10**15, window_seconds=3_600),
)
THREE_BUDGETS = (
    BUDGET,
    Limit("b2", "daily", "cost", 2**57, period="day", zone="Europe/Berlin", is_budget=True),
    Limit("b3", "weekly", "total_tokens", 10**15, period="week", is_budget=True),
)
WANTED: Amounts = (1_000_000, 100, 400, 500, 260, 1)
USED: Amounts = (600_000, 90, 200, 290, 1_160, 1)


def build_cases() -> dict[str, Claims]:
    """Return the claims of each case by its name."""
    owned = build_claims(Limits(limits=THREE_BUDGETS), "application", "app_one")
    return {
        "one request limit": combine(build_claims(Limits(limits=(RATE,)), "token", "one")),
        "one request limit and one budget": combine(build_claims(Limits(limits=(RATE, BUDGET)), "token", "two")),
        "five limits": combine(build_claims(Limits(limits=FIVE_LIMITS), "token", "three")),
        "five limits, and three budgets of another": combine(
            build_claims(Limits(limits=FIVE_LIMITS), "token", "four") + owned
        ),
    }


def main() -> None:
    """Print microseconds a call, the best of several runs."""
    with tempfile.TemporaryDirectory() as directory:
        meters, _ = open_meters(Path(directory) / "meters.mm", "bench")
        meters.join()

        def call(claims: Claims) -> None:
            hold = meters.admit(claims, WANTED, WANTED)
            assert isinstance(hold, Hold)
            hold.charge(USED)
            meters.settle(hold, USED)

        for name, claims in build_cases().items():
            best = min(timeit.repeat(partial(call, claims), number=200, repeat=150)) / 200
            print(f"{best * 1e6:6.2f} us  {name}")
        meters.close()


if __name__ == "__main__":
    main()
