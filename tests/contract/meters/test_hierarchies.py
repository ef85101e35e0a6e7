"""Random hierarchies of limits beside a slow and obvious model: what is let in, what is granted, and what is shown."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tollway.adapters.meters import Layout, open_meters
from tollway.contract.limits import Limit, Limits, TopUp
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.room import CALLS, Amounts, Claim, Claims, Hold
from tollway.kernel.clock import NANOS_PER_SECOND, FixedClock
from tollway.policy.rate import bucket_ns

LAYOUT = Layout(cells=64, rates=64, amounts=64, processes=2, rows=64)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
STARTS = ("2027-03-28T00:30", "2027-10-30T22:00", "2027-03-14T06:00", "2027-12-31T23:30", "2027-04-03T14:45",
          "2028-02-28T23:00", "2028-02-29T23:30", "2011-12-29T09:30")  # fmt: skip
"""Shortly before clocks change, either way and by half an hour; a turn of a year; leap days; a day that Apia lacks."""
LEVELS = ("token", "application", "user", "team", "global", "model")
MEASURES = ("requests", "input_tokens", "output_tokens", "total_tokens", "cost", "bytes", "concurrency")


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    """One limit of any kind, low enough to be reached. Its top-ups are filled in when the clock is known."""
    measure: Any = draw(st.sampled_from(MEASURES))
    fields: dict[str, Any] = {}
    if measure != "concurrency":
        if draw(st.booleans()):
            fields["window_seconds"] = draw(st.sampled_from([1, 10, 60, 3_600, 86_400]))
        else:
            fields["period"] = draw(st.sampled_from(["hour", "day", "week", "month", "total"]))
            fields["zone"] = draw(st.sampled_from(ZONES))
    most = 6 if measure in ("requests", "concurrency") else 60
    return Limit("", "", measure, draw(st.integers(0, most)), is_soft=draw(st.integers(0, 3)) == 0, **fields)


def label(period: str, zone: str, now_ns: int) -> Any:
    """What a calendar on the wall calls the period."""
    local = datetime.fromtimestamp(now_ns / NANOS_PER_SECOND, ZoneInfo(zone))
    match period:
        case "hour":
            return local.replace(minute=0, second=0, microsecond=0, tzinfo=None), local.utcoffset()
        case "day":
            return local.date()
        case "week":
            return local.isocalendar()[:2]
        case "month":
            return local.year, local.month
    return "total"


class Counted:
    """One limit as anybody would count it: a list of what was used, and what calls in flight hold."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.used: list[tuple[int, Any, int]] = []
        self.held: dict[int, tuple[Any, int]] = {}

    def now(self, clock: FixedClock) -> Any:
        """What names the present: a bucket, or the period's name."""
        if self.claim.window_seconds:
            return clock.monotonic_ns() // bucket_ns(self.claim.window_seconds)
        return label(self.claim.period, self.claim.zone, clock.now_ns())

    def spent(self, clock: FixedClock) -> int:
        """What counts as used now."""
        now = self.now(clock)
        if self.claim.window_seconds:
            return sum(amount for _, at, amount in self.used if now - at <= 110)
        return sum(amount for _, at, amount in self.used if at == now)

    def reserved(self, clock: FixedClock) -> int:
        """What calls in flight hold of it now."""
        now = self.now(clock)
        is_sliding = self.claim.window_seconds or self.claim.kind == "slots"
        return sum(amount for at, amount in self.held.values() if is_sliding or at == now)

    def limit(self, clock: FixedClock) -> int:
        """The amount with the top-ups of now."""
        tops = [top.amount for top in self.claim.top_ups if top.from_ns <= clock.now_ns() < top.until_ns]
        return self.claim.limit + sum(tops)


class Hierarchies(RuleBasedStateMachine):
    """Calls of several models against up to six levels of limits, over days in which clocks change."""

    @initialize(
        levels=st.lists(st.lists(limits(), min_size=1, max_size=3), min_size=1, max_size=len(LEVELS)),
        start=st.sampled_from(STARTS),
        tops=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 90), st.integers(1, 5_000)), max_size=3),
        share=st.booleans(),
    )
    def begin(self, levels: list[list[Limit]], start: str, tops: list[tuple[int, int, int]], share: bool) -> None:
        instant = datetime.fromisoformat(start).replace(tzinfo=UTC)
        self.clock = FixedClock(round(instant.timestamp()) * NANOS_PER_SECOND)
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "m"
        self.meters = open_meters(self.path, "boot", layout=LAYOUT, clock=self.clock)[0]
        now = self.clock.now_ns()
        claims: list[Claim] = []
        for at, (kind, own) in enumerate(zip(LEVELS, levels, strict=False)):
            named = [
                Limit(
                    f"l{number}", f"l{number}", one.measure, one.amount, one.window_seconds, one.period, one.zone,
                    one.is_soft, one.measure == "cost", (80,), ("gpt-*",) if share and number == 0 else (),
                    tuple(
                        TopUp(f"t{top}", more, now + until * NANOS_PER_SECOND, now + after * NANOS_PER_SECOND)
                        for top, (more, after, until) in enumerate(tops) if top % len(LEVELS) == at
                    ),
                )
                for number, one in enumerate(own)
            ]  # fmt: skip
            claims += build_claims(Limits(limits=tuple(named)), kind, f"o{at}")
        self.counted = [Counted(claim) for claim in claims]
        self.claims: dict[str, Claims] = {
            "gpt-5": combine(claims),
            "opus": combine([claim for claim in claims if not claim.models]),
        }
        self.holds: list[tuple[int, Hold, list[Counted]]] = []
        self.number = 0

    def concerned(self, model: str) -> list[Counted]:
        return [one for one in self.counted if model == "gpt-5" or not one.claim.models]

    @rule(
        model=st.sampled_from(["gpt-5", "opus"]),
        want=st.tuples(*[st.integers(0, 30)] * 5),
        part=st.floats(0, 1) | st.just(1.0),
    )
    def admit(self, model: str, want: tuple[int, ...], part: float) -> None:
        floor = tuple(int(amount * part) for amount in want)
        concerned = self.concerned(model)
        granted, can = [*want, 1], True
        for one in concerned:
            unit = one.claim.unit
            left = one.limit(self.clock) - one.spent(self.clock) - one.reserved(self.clock)
            if not one.claim.is_soft:
                can &= left >= (1 if unit == CALLS else floor[unit]) and left >= 0
                granted[unit] = min(granted[unit], left)
        before = self.shown()
        outcome = self.meters.admit(self.claims[model], (*want, 1), (*floor, 1))  # type: ignore[arg-type]
        assert isinstance(outcome, Hold) == can
        if not isinstance(outcome, Hold):
            assert self.shown() == before, "a refused call takes nothing"
            assert not outcome.claim.is_soft
            return
        assert list(outcome.granted) == granted
        self.number += 1
        for one in concerned:
            if one.claim.kind in ("rate", "count"):
                one.used.append((self.number, one.now(self.clock), 1))
            else:
                one.held[self.number] = one.now(self.clock), granted[one.claim.unit]
        left = [one.limit(self.clock) - one.spent(self.clock) - one.reserved(self.clock) for one in concerned]
        by_key = {one.claim.key: rest for one, rest in zip(concerned, left, strict=True)}
        assert list(outcome.left) == [by_key[claim.key] for claim in outcome.claims.every]
        self.holds.append((self.number, outcome, concerned))

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), part=st.floats(0, 1) | st.just(1.0))
    def settle(self, data: st.DataObject, part: float) -> None:
        number, hold, concerned = self.holds.pop(data.draw(st.integers(0, len(self.holds) - 1)))
        used: Amounts = (*[int(amount * part) for amount in hold.granted[:5]], 1)  # type: ignore[assignment]
        charges = self.meters.settle(hold, used)
        assert [charge.nanos for charge in charges] == [used[unit] for unit in hold.claims.units]
        for one in concerned:
            if number in one.held:
                at, _ = one.held.pop(number)
                if one.claim.kind != "slots":
                    # What slides counts from when it is known; what is of a period stays in the one it was held in.
                    when = one.now(self.clock) if one.claim.window_seconds else at
                    one.used.append((number, when, used[one.claim.unit]))

    @rule(seconds=st.floats(0, 5) | st.floats(0, 4_000) | st.sampled_from([3_600.0, 43_200.0, 86_400.0, 2_700_000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def shown(self) -> list[tuple[int, int, int]]:
        states = self.meters.read([one.claim for one in self.counted])
        return [(state.limit, state.used - state.reserved, state.reserved) for state in states]

    @invariant()
    def what_is_shown_is_what_was_counted(self) -> None:
        if hasattr(self, "counted"):
            clock = self.clock
            assert self.shown() == [(one.limit(clock), one.spent(clock), one.reserved(clock)) for one in self.counted]

    def teardown(self) -> None:
        if hasattr(self, "meters"):
            self.meters.close()
            self.directory.cleanup()


TestHierarchies = Hierarchies.TestCase
TestHierarchies.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
