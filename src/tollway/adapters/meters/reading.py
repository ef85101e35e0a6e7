"""What the console shows of the meters (port: web/ports.py MeterReader). Takes no lock and changes nothing."""

from pathlib import Path

from tollway.adapters.meters.meters import MappedMeters, MeterState
from tollway.adapters.meters.opening import open_meters, read_boot_id
from tollway.contract.policy import Limits
from tollway.gateway.claims import build_claims
from tollway.kernel.errors import TollwayError
from tollway.web.ports import BudgetReading, ConcurrencyReading, MeterReader, Readings, RequestReading


class MeterReadings:
    """Opens the meters when first asked, once per process, and stays joined."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._meters: MappedMeters | None = None

    def read(self, owner_kind: str, owner_id: str, limits: Limits) -> Readings:
        """Return the state of each of the owner's limits. Raises gateway.meters_unavailable."""
        states = self._open().read(build_claims(limits, owner_kind, owner_id))
        slots = [state for state in states if state.claim.kind == "concurrency"]
        return Readings(
            requests=tuple(_requests(state) for state in states if state.claim.kind == "requests"),
            concurrency=ConcurrencyReading(slots[0].claim.limit, slots[0].in_flight) if slots else None,
            budgets=tuple(_budget(state) for state in states if state.claim.kind == "budget"),
        )

    def _open(self) -> MappedMeters:
        if self._meters is None:
            if not self._path.exists():
                raise TollwayError("gateway.meters_unavailable", public="No worker has run yet.")
            self._meters, _ = open_meters(self._path, read_boot_id())
        return self._meters


def _requests(state: MeterState) -> RequestReading:
    claim = state.claim
    return RequestReading(claim.name, claim.limit, claim.window_seconds, state.used, float(claim.window_seconds))


def _budget(state: MeterState) -> BudgetReading:
    claim = state.claim
    return BudgetReading(
        claim.name, claim.limit, state.spent_nanos, state.reserved_nanos, claim.period, state.resets_ns
    )


_: type[MeterReader] = MeterReadings
