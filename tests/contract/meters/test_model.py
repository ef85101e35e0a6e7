"""Any order of calls, waits and restarts, beside the obvious model."""

from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kit.metering import SMALL, admit, budget, rate, settle, slots
from tollway.adapters.meters import open_meters
from tollway.gateway.room import Claim, Hold
from tollway.kernel.clock import FixedClock
from tollway.policy.budget import period_start_ns
from tollway.policy.rate import bucket_ns

BUDGETS = (budget(700, "day", "app"), budget(900, "total", "app", "b2"))


class Against(RuleBasedStateMachine):
    """The meters beside dictionaries that nobody could get wrong."""

    @initialize(tmp=st.just(None))
    def begin(self, tmp: None) -> None:
        import tempfile

        self.directory = tempfile.TemporaryDirectory()
        self.clock = FixedClock()
        self.path = Path(self.directory.name) / "m"
        self.meters = open_meters(self.path, "boot", layout=SMALL, clock=self.clock)[0]
        self.holds: list[tuple[Hold, tuple[Claim, ...]]] = []
        self.spent: dict[tuple[bytes, int], int] = {}
        self.reserved: dict[tuple[bytes, int], int] = {}
        self.in_flight: dict[bytes, int] = {}
        self.calls: dict[bytes, list[int]] = {}

    claims = st.lists(
        st.sampled_from((rate(3, 10), rate(5, 60, "app"), slots(2), slots(3, "app"), budget(500, "hour"), *BUDGETS)),
        unique=True,
        max_size=7,
    ).map(tuple)

    @rule(claims=claims, want=st.integers(0, 400), floor=st.integers(0, 400))
    def admit(self, claims: tuple[Claim, ...], want: int, floor: int) -> None:
        floor = min(floor, want)
        now, mono = self.clock.now_ns(), self.clock.monotonic_ns()
        left = [want]
        can = True
        for claim in claims:
            if claim.kind == "amount":
                key = claim.key, period_start_ns(claim.period, now)
                left.append(claim.limit - self.spent.get(key, 0) - self.reserved.get(key, 0))
                can &= left[-1] >= floor
            elif claim.kind == "slots":
                can &= self.in_flight.get(claim.key, 0) < claim.limit
            else:
                length = bucket_ns(claim.window_seconds)
                in_ring = [at for at in self.calls.get(claim.key, []) if mono // length - at // length <= 110]
                can &= len(in_ring) < claim.limit
        outcome = admit(self.meters, claims, want, floor)
        assert isinstance(outcome, Hold) == can
        if not isinstance(outcome, Hold):
            return
        assert outcome.granted_nanos == min(left)
        for claim in claims:
            if claim.kind == "amount":
                key = claim.key, period_start_ns(claim.period, now)
                self.reserved[key] = self.reserved.get(key, 0) + outcome.granted_nanos
            elif claim.kind == "slots":
                self.in_flight[claim.key] = self.in_flight.get(claim.key, 0) + 1
            else:
                self.calls.setdefault(claim.key, []).append(mono)
        self.holds.append((outcome, claims))

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), part=st.floats(0, 1))
    def settle(self, data: st.DataObject, part: float) -> None:
        hold, claims = self.holds.pop(data.draw(st.integers(0, len(self.holds) - 1)))
        cost = int(hold.granted_nanos * part)
        charges = {(c.owner_id, c.budget_id): c for c in settle(self.meters, hold, cost)}
        for claim in claims:
            if claim.kind == "amount":
                key = claim.key, charges[claim.owner_id, claim.limit_id].period_start_ns
                self.reserved[key] -= hold.granted_nanos
                self.spent[key] = self.spent.get(key, 0) + cost
            elif claim.kind == "slots":
                self.in_flight[claim.key] -= 1

    @rule(seconds=st.floats(0, 90) | st.sampled_from([3600.0, 86_400.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def reopen(self) -> None:
        """A clean restart: calls in flight were settled first, as a drain does."""
        while self.holds:
            hold, claims = self.holds.pop()
            for claim in claims:
                if claim.kind == "amount":
                    charge = next(
                        c for c in hold.charges if c.budget_id == claim.limit_id and c.owner_id == claim.owner_id
                    )
                    self.reserved[claim.key, charge.period_start_ns] -= hold.granted_nanos
                elif claim.kind == "slots":
                    self.in_flight[claim.key] -= 1
            settle(self.meters, hold, 0)
        self.meters.close()
        self.meters = open_meters(self.path, "boot", layout=SMALL, clock=self.clock)[0]

    def teardown(self) -> None:
        if hasattr(self, "meters"):
            self.meters.close()
            self.directory.cleanup()


TestAgainst = Against.TestCase
TestAgainst.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
