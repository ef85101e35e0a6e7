"""Meters whose calls draw from leases early, and what tests ask of them."""

from pathlib import Path

from kit.metering import claim_for, granted
from tollway.adapters.meters import Layout, MappedMeters, open_meters
from tollway.adapters.meters.leases import LEASED
from tollway.gateway.room import Amounts, Claim, Claims, Hold
from tollway.kernel.clock import Clock

LAYOUT = Layout(64, 64, 64, 8, 256)
ONE: Amounts = (1, 1, 1, 1, 1, 1)


def claims_of(limit: int) -> tuple[Claim, ...]:
    """One claim of each kind, at two owners."""
    return (
        claim_for("requests", limit, limit_id="rate", window_seconds=60),
        claim_for("requests", limit, limit_id="daily", period="day", zone="Europe/Berlin"),
        claim_for("concurrency", limit, limit_id="slots"),
        claim_for("cost", limit, owner="app", limit_id="budget", period="total"),
        claim_for("total_tokens", limit, owner="app", limit_id="slides", window_seconds=86_400),
    )


def usual_claims_of(limit: int) -> tuple[Claim, ...]:
    """Those of UsualLease."""
    return (
        claim_for("requests", limit, limit_id="rate", window_seconds=60),
        claim_for("cost", limit, owner="app", limit_id="budget", period="total"),
    )


def opened(path: Path, clock: Clock | None = None) -> MappedMeters:
    """Meters of a few cells that several processes share."""
    return open_meters(path, "boot", layout=LAYOUT, clock=clock)[0]


def lease(meters: MappedMeters, asked: Claims, want: Amounts = ONE, used: Amounts | None = None) -> Hold:
    """Let calls in until one of them draws from a lease, settle the others, and return that one."""
    for _ in range(8):
        hold = granted(meters.admit(asked, want, want))
        if hold.row == LEASED:
            return hold
        meters.settle(hold, used or want)
    raise AssertionError("no lease was taken")


def calls_of(meters: MappedMeters, claims: tuple[Claim, ...]) -> int:
    """How many calls were made, when nothing is leased."""
    give_back(meters)
    return meters.read(claims)[0].used


def give_back(meters: MappedMeters) -> None:
    """Give back all that leases have left, though they are not over."""
    meters._leases.end()
