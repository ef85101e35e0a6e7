"""What the console shows of the meters (port: web/ports.py MeterReader). Takes no lock and changes nothing."""

from pathlib import Path

from tollway.adapters.meters.meters import MappedMeters, MeterState
from tollway.adapters.meters.opening import open_meters, read_boot_id
from tollway.contract.limits import Limit, Limits
from tollway.gateway.claims import build_claims
from tollway.kernel.errors import TollwayError
from tollway.web.ports import (
    BudgetReading,
    ConcurrencyReading,
    MeterReader,
    MeterReading,
    Readings,
    RequestReading,
)


class MeterReadings:
    """Opens the meters when first asked, once per process, and stays joined."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._meters: MappedMeters | None = None

    def read(self, owner_kind: str, owner_id: str, limits: Limits) -> Readings:
        """Return the state of each of the owner's limits that has a short form. Raises gateway.meters_unavailable."""
        states = self._states(owner_kind, owner_id, limits)
        slots = [state for state in states if state.claim.kind == "slots"]
        return Readings(
            requests=tuple(_requests(state) for state in states if state.claim.kind == "rate"),
            concurrency=ConcurrencyReading(slots[0].limit, slots[0].used) if slots else None,
            budgets=tuple(
                _budget(state) for state in states if state.claim.measure == "cost" and state.claim.kind == "amount"
            ),
        )

    def read_every(self, owner_kind: str, owner_id: str, limits: Limits) -> tuple[MeterReading, ...]:
        """Return the state of each of an owner's limits. Raises gateway.meters_unavailable."""
        every, states = limits.every(), self._states(owner_kind, owner_id, limits)
        return tuple(_reading(limit, state) for limit, state in zip(every, states, strict=True))

    def _states(self, owner_kind: str, owner_id: str, limits: Limits) -> tuple[MeterState, ...]:
        return self._open().read(build_claims(limits, owner_kind, owner_id))

    def _open(self) -> MappedMeters:
        if self._meters is None:
            if not self._path.exists():
                raise TollwayError("gateway.meters_unavailable", public="No worker has run yet.")
            self._meters, _ = open_meters(self._path, read_boot_id())
        return self._meters


def _reading(limit: Limit, state: MeterState) -> MeterReading:
    # Calls in flight are not promised to anybody: they are what is used.
    reserved = 0 if state.claim.kind == "slots" else state.reserved
    return MeterReading(limit, state.limit, state.used - reserved, reserved, state.resets_ns)


def _requests(state: MeterState) -> RequestReading:
    claim = state.claim
    return RequestReading(claim.name, state.limit, claim.window_seconds, state.used, float(claim.window_seconds))


def _budget(state: MeterState) -> BudgetReading:
    claim = state.claim
    return BudgetReading(claim.name, state.limit, state.spent, state.reserved, claim.period, state.resets_ns)


_: type[MeterReader] = MeterReadings
