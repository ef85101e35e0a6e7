"""How much one decision costs: admit and settle with one request limit and one budget of one owner, uncontended.

Run `python bench/meters.py`; the bar is 8 us.
"""

import tempfile
import timeit
from pathlib import Path

from tollway.adapters.meters import open_meters
from tollway.contract.policy import Budget, ConcurrencyLimit, Limits, RequestLimit
from tollway.gateway.claims import build_claims
from tollway.gateway.ports import Claim, Hold

RATE = RequestLimit("l1", "rate", 10**9, 60)
BUDGET = Budget("b1", "budget", 2**60, "month")
CASES = {
    "one request limit, one budget": Limits(requests=(RATE,), budgets=(BUDGET,)),
    "one request limit": Limits(requests=(RATE,)),
    "rate, slots, two budgets": Limits(
        requests=(RATE,),
        concurrency=(ConcurrencyLimit("c1", "slots", 100),),
        budgets=(BUDGET, Budget("b2", "daily", 2**60, "day")),
    ),
}


def main() -> None:
    """Print microseconds per call, the best of several runs."""
    with tempfile.TemporaryDirectory() as directory:
        meters, _ = open_meters(Path(directory) / "meters.mm", "bench")

        def call(claims: tuple[Claim, ...]) -> None:
            hold = meters.admit(claims, 1000, 10)
            assert isinstance(hold, Hold)
            meters.settle(hold, 900)

        for name, limits in CASES.items():
            one = build_claims(limits, "token", name)
            two = one + build_claims(limits, "application", name + "-owner")
            for owners, claims in (("one owner", one), ("two owners", two)):
                best = min(timeit.repeat(lambda claims=claims: call(claims), number=200, repeat=150)) / 200
                print(f"{best * 1e6:6.2f} us  {name}, {owners}")
        best = min(timeit.repeat(lambda: build_claims(CASES["one request limit"], "token", "a"), number=5000)) / 5000
        print(f"{best * 1e6:6.2f} us  build_claims, remembered")
        meters.close()


if __name__ == "__main__":
    main()
