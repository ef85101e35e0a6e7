"""Who would have been blocked: rules for networks, tried on the calls that are in the ledger.

Nothing is changed by asking. A call whose record has no address, or only its hash (see
`gateway.record_addresses`), is counted apart, since nothing can be said about it.
"""

from dataclasses import dataclass

from tollway.contract.ledger_api import CallsQuery, Dimension
from tollway.contract.records import CloseRecord
from tollway.contract.rights import NetworkRights
from tollway.control.faults import refuse
from tollway.control.usage.service import Usage
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.policy.detect.places import HASHED
from tollway.policy.network_rules import NetworkRules, compile_rules

DAYS_MAX = 90
CALLS_MAX = 100_000
ADDRESSES_MAX = 200
_PAGE = 1_000
_DAY_NS = 86_400 * NANOS_PER_SECOND


@dataclass(frozen=True, slots=True)
class BlockedAddress:
    """An address whose calls would have been refused, and the rule."""

    address: str
    rule: str
    calls: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """What the rules would have done. `is_cut`: there are more calls than were looked at, all of them older."""

    looked_at: int
    without_address: int
    calls: int
    addresses: tuple[BlockedAddress, ...]
    more_addresses: int
    is_cut: bool


class Blocking:
    """Tries rules for networks on recorded calls. Read only; thread-safe."""

    def __init__(self, usage: Usage, clock: Clock) -> None:
        self._usage = usage
        self._clock = clock

    def try_on(self, dimension: Dimension, owner_id: str, networks: NetworkRights, days: int) -> Blocked:
        """Return who would have been refused in the last days, the most calls first.

        Raises management.invalid (rules that say nothing, days out of range) and usage.unavailable. The rules must
        have passed the checks of rights.
        """
        rules = compile_rules(networks)
        if rules is None:
            raise refuse("/networks", "say which networks are allowed or denied")
        if not 1 <= days <= DAYS_MAX:
            raise refuse("/days", f"use a number from 1 to {DAYS_MAX}")
        tally = _Tally(rules)
        query = CallsQuery({dimension: owner_id}, since_ns=self._clock.now_ns() - days * _DAY_NS, limit=_PAGE)
        page = self._usage.calls(query)
        tally.add(page.calls)
        while page.next is not None and tally.looked_at < CALLS_MAX:
            page = self._usage.calls(CallsQuery(query.filters, query.since_ns, before=page.next, limit=_PAGE))
            tally.add(page.calls)
        return tally.result(is_cut=page.next is not None)


class _Tally:
    """Adds up calls, newest first."""

    def __init__(self, rules: NetworkRules) -> None:
        self._rules = rules
        self._found: dict[str, tuple[str, int, int]] = {}
        self.looked_at = 0
        self._without_address = 0

    def add(self, calls: tuple[CloseRecord, ...]) -> None:
        for call in calls:
            self.looked_at += 1
            address = call.client_address
            if not address or address.startswith(HASHED):
                self._without_address += 1
                continue
            rule = self._rules.find_refusal(address)
            if rule is not None:
                known = self._found.get(address)
                last_ns = call.started_ns if known is None else known[2]
                self._found[address] = (rule, 1 if known is None else known[1] + 1, last_ns)

    def result(self, *, is_cut: bool) -> Blocked:
        rows = [BlockedAddress(address, *facts) for address, facts in self._found.items()]
        rows.sort(key=lambda row: (-row.calls, row.address))
        return Blocked(
            looked_at=self.looked_at,
            without_address=self._without_address,
            calls=sum(row.calls for row in rows),
            addresses=tuple(rows[:ADDRESSES_MAX]),
            more_addresses=max(len(rows) - ADDRESSES_MAX, 0),
            is_cut=is_cut,
        )
