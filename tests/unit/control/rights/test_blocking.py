"""Rules tried on recorded calls: page after page, up to a bound, and honest about what they cannot say."""

import pytest

from kit.console import StandInLedger
from tollway.contract.records import CloseRecord
from tollway.contract.rights import NetworkRights
from tollway.control.faults import Invalid
from tollway.control.rights import blocking
from tollway.control.rights.blocking import Blocking
from tollway.control.usage.service import Usage
from tollway.kernel.clock import FixedClock

DENY = NetworkRights(deny=("192.0.2.0/24",))


def ledger_with(clock: FixedClock, count: int) -> StandInLedger:
    """Return a ledger with so many calls, each second one from a network that is denied."""
    calls = [
        CloseRecord(
            f"req_{at:05d}", clock.now_ns() - at, 1, 200, "ok", "chat", "t", client_address=f"192.0.{2 + at % 2}.1"
        )
        for at in range(count)
    ]
    return StandInLedger(calls=calls)


def test_all_pages_are_read() -> None:
    clock = FixedClock()
    found = Blocking(Usage(ledger_with(clock, 2_500), {}), clock).try_on("token", "t", DENY, 7)
    assert (found.looked_at, found.calls, found.is_cut, len(found.addresses)) == (2_500, 1_250, False, 1)
    assert found.addresses[0].last_ns == clock.now_ns()


def test_reading_ends_at_a_bound_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "CALLS_MAX", 1_000)
    clock = FixedClock()
    found = Blocking(Usage(ledger_with(clock, 2_500), {}), clock).try_on("token", "t", DENY, 7)
    assert (found.looked_at, found.is_cut) == (1_000, True)


def test_rules_that_say_nothing_are_refused() -> None:
    clock = FixedClock()
    trial = Blocking(Usage(StandInLedger(), {}), clock)
    with pytest.raises(Invalid, match="which networks"):
        trial.try_on("token", "t", NetworkRights(), 7)
    with pytest.raises(Invalid, match="1 to 90"):
        trial.try_on("token", "t", DENY, 0)
