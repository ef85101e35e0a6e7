"""Everything one worker's pipeline works with: ports, settings and the compiled snapshot.

Built by compose.py, one per process. The snapshot is rebuilt when the store's revision moves; a snapshot that
cannot be decoded is reported once and the last good one kept.
"""

import logging
from collections.abc import Callable, Mapping, MutableSequence
from ipaddress import IPv4Network, IPv6Network

import msgspec

from tollway.contract.policy import decode_snapshot
from tollway.gateway.chains import Chains
from tollway.gateway.explained import NOWHERE
from tollway.gateway.health import Health
from tollway.gateway.ports import Journal, Meters, PolicyStore, PolicyView, SecretBox, TokenHasher, Upstreams
from tollway.gateway.refusals import Refusals
from tollway.gateway.response_states import ResponseStates
from tollway.gateway.snapshot import EMPTY, BuildDestination, Compiled, compile_snapshot
from tollway.gateway.subjects import Subjects
from tollway.gateway.trace import Traces
from tollway.kernel.clock import Clock
from tollway.kernel.ids import RequestIds
from tollway.policy.usability import read_epochs

log = logging.getLogger(__name__)


def no_address(_address: str) -> str:
    """Return nothing: what stands for an address of which nothing may be kept."""
    return ""


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """The settings that the pipeline itself reads."""

    body_bytes_max: int = 16_777_216
    answer_bytes_max: int = 67_108_864
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    record_addresses: bool = True
    stand_in: Callable[[str], str] = no_address
    """What is recorded of an address that may not be."""
    meters_seconds: float = 5.0


class Gateway:
    """One worker's data plane. Used from one event loop only."""

    def __init__(
        self,
        *,
        policy: PolicyStore,
        meters: Meters,
        journal: Journal,
        upstreams: Upstreams,
        box: SecretBox,
        hasher: TokenHasher,
        clock: Clock,
        bounds: Bounds,
        build_destination: BuildDestination,
        counters: MutableSequence[int],
        states: ResponseStates,
        explained: Mapping[str, bytes] = NOWHERE,
    ) -> None:
        self.policy = policy
        self.meters = meters
        self.journal = journal
        self.upstreams = upstreams
        self.box = box
        self.clock = clock
        self.now_ns = clock.now_ns
        self.monotonic_ns = clock.monotonic_ns
        self.bounds = bounds
        self.body_bytes_max = bounds.body_bytes_max
        self.counters = counters
        self.states = states
        self.explained = explained
        self.ids = RequestIds()
        self.health = Health()
        self.subjects = Subjects(hasher)
        self.chains = Chains()
        self.traces = Traces()
        self.tallies: dict[str, int] = {}
        self.refusals = Refusals()
        self._build_destination = build_destination
        self._compiled = EMPTY
        self._refused_revision = 0

    def compiled(self, view: PolicyView) -> Compiled:
        """Return the snapshot that is current in `view`, compiling it first when its revision is new."""
        if view.revision == self._compiled.revision or view.revision == self._refused_revision:
            return self._compiled
        raw = view.snapshot()
        if raw is None:
            return self._compiled
        try:
            snapshot = decode_snapshot(raw)
        except (ValueError, msgspec.DecodeError):
            self._refused_revision = view.revision
            log.exception("the snapshot of revision %d cannot be read; the last good one is kept", view.revision)
            return self._compiled
        self._compiled = compile_snapshot(
            snapshot, box=self.box, build_destination=self._build_destination, before=self._compiled
        )
        self.subjects.heed_epochs(read_epochs(snapshot.epochs))
        if view.revision != self._compiled.revision:
            self._refused_revision = view.revision
        for fault in self._compiled.faults:
            log.warning("left out of service: %s", fault)
        views = (self._compiled, self._compiled.test or EMPTY)
        self.upstreams.keep(
            [provider.destination for view in views for provider in view.providers.values()]
            + [service.destination for service in self._compiled.services.values()]
        )
        return self._compiled

    def tally(self, code: str) -> None:
        """Count a refusal without a known token; written to the journal once a second."""
        self.tallies[code] = self.tallies.get(code, 0) + 1
