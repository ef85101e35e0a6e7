"""Whatever is done to the wall clock, no period of any zone is granted twice, and no sliding window moves."""

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.metering import admit, claim_for, settle
from tollway.adapters.meters import Layout, open_meters
from tollway.gateway.room import Claim, Hold
from tollway.kernel.clock import NANOS_PER_SECOND, FixedClock

LIMIT = 100
CALLS = 5
ZONES = ("UTC", "Europe/Berlin", "Pacific/Apia", "Asia/Kolkata")


def periods(measure: Any, period: Any, zone: str) -> Claim:
    """A limit of a calendar period."""
    amount = CALLS if measure == "requests" else LIMIT
    return claim_for(measure, amount, limit_id=f"{measure}{period}{zone}", period=period, zone=zone)


CLAIMS = [
    periods(measure, period, zone)
    for measure in ("cost", "requests")
    for period in ("hour", "day", "week", "month", "total")
    for zone in ZONES
]
SLIDING = claim_for("cost", LIMIT, limit_id="slides", window_seconds=60)
JUMPS = st.sampled_from([0.0, 1.0, 1_800.0, 3_600.0, 86_400.0, -1.0, -1_800.0, -3_600.0, -86_400.0, 9e6, -9e6])


@settings(max_examples=80, deadline=None)
@given(
    claims=st.lists(st.sampled_from(CLAIMS), min_size=1, max_size=3, unique_by=lambda claim: claim.limit_id),
    steps=st.lists(st.tuples(JUMPS, st.floats(0, 2_000), st.integers(1, 80)), max_size=25),
)
def test_no_jump_grants_a_period_twice_or_moves_a_window(
    claims: list[Claim], steps: list[tuple[float, float, int]]
) -> None:
    """What is charged to each period, by its start, is the proof; of the window, every instant and amount."""
    with tempfile.TemporaryDirectory() as directory:
        clock = FixedClock()
        meters, _ = open_meters(Path(directory) / "m", "boot", layout=Layout(64, 16, 16, 4, 32), clock=clock)
        charged: defaultdict[tuple[str, int], int] = defaultdict(int)
        spent: list[tuple[int, int]] = []
        for jump, wait, nanos in steps:
            clock.jump(jump)
            clock.advance(wait)
            outcome = admit(meters, (*claims, SLIDING), nanos, 1)
            if isinstance(outcome, Hold):
                used = outcome.granted_nanos
                for charge in settle(meters, outcome, used):
                    charged[charge.budget_id, charge.period_start_ns] += charge.nanos
                spent.append((clock.monotonic_ns(), used))
            now = clock.monotonic_ns()
            assert sum(amount for at, amount in spent if now - at < 60 * NANOS_PER_SECOND) <= LIMIT
        meters.close()
        limits = {claim.charge_id: claim.limit for claim in claims}
        assert all(total <= limits.get(charge_id, LIMIT) for (charge_id, _), total in charged.items())
