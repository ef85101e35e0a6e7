"""Questions to the ledger, with the types of their answers checked and ids turned into names.

Read only. When the ledger does not answer, questions raise usage.unavailable; `last_uses` and
`health`, which only add to other answers, return nothing instead, so that tokens stay manageable.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TypeVar

import msgspec

from tollway.contract.ledger_api import (
    CallAnswer,
    CallQuery,
    CallsAnswer,
    CallsQuery,
    Failure,
    HealthAnswer,
    HealthQuery,
    InFlight,
    InFlightAnswer,
    InFlightQuery,
    LargestSpentQuery,
    LastUse,
    LastUseAnswer,
    LastUseQuery,
    OriginsAnswer,
    OriginsQuery,
    Reply,
    Request,
    Spent,
    SpentAnswer,
    UnpricedAnswer,
    UnpricedQuery,
    UnpricedRow,
    UsageAnswer,
    UsageQuery,
)
from tollway.contract.records import CloseRecord
from tollway.control.usage.ports import Ledger, Names, NoOtherUses, OtherUses
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError

R = TypeVar("R", bound=Reply)


def call_not_found() -> TollwayError:
    """Return management.not_found for a call."""
    return TollwayError("management.not_found", public="There is no such call, or it is no longer kept.")


class Usage:
    """The reading side of the ledger. Blocking and thread-safe. `directories` maps a dimension to who names its ids;
    `others` knows of the uses of tokens that are no calls."""

    def __init__(self, ledger: Ledger, directories: Mapping[str, Names], others: OtherUses | None = None) -> None:
        self._ledger = ledger
        self._directories = directories
        self._others = others or NoOtherUses()

    def sums(self, query: UsageQuery) -> UsageAnswer:
        """Return sums by group."""
        return self._ask(query, UsageAnswer)

    def calls(self, query: CallsQuery) -> CallsAnswer:
        """Return single calls, newest first."""
        return self._ask(query, CallsAnswer)

    def get_call(self, request_id: str) -> CloseRecord:
        """Return one call. Raises management.not_found when it is not, or no longer, known."""
        call = self._ask(CallQuery(request_id), CallAnswer).call
        if call is None:
            raise call_not_found()
        return call

    def unpriced(self, since_ns: int) -> tuple[UnpricedRow, ...]:
        """Return the models that were called without a known price, most called first."""
        return self._ask(UnpricedQuery(since_ns), UnpricedAnswer).rows

    def largest_spent(self, period_starts_ns: Collection[int], limit: int) -> tuple[Spent, ...]:
        """Return the budgets that spent most in periods that began at one of these instants, most first."""
        return self._ask(LargestSpentQuery(tuple(period_starts_ns), limit), SpentAnswer).rows

    def in_flight(self) -> tuple[InFlight, ...]:
        """Return which upstreams have calls that have not ended, most first; at most a second old."""
        return self._ask(InFlightQuery(), InFlightAnswer).rows

    def last_uses(self, token_ids: Collection[str]) -> dict[str, LastUse]:
        """Return the last use of each token that was ever used, by a call or at the management API.

        Nothing while the ledger does not answer: half of the truth would be taken for all of it.
        """
        if not token_ids:
            return {}
        try:
            return self.get_last_uses(token_ids)
        except TollwayError:
            return {}

    def origins(self, token_id: str) -> OriginsAnswer:
        """Return where a token is used from, and the uses of its replaced secrets. Raises usage.unavailable."""
        return self._ask(OriginsQuery(token_id), OriginsAnswer)

    def find_origins(self, token_id: str) -> OriginsAnswer | None:
        """The same; None when the ledger does not answer."""
        try:
            return self.origins(token_id)
        except TollwayError:
            return None

    def get_last_uses(self, token_ids: Collection[str]) -> dict[str, LastUse]:
        """Return the last use of each token that was ever used. Raises usage.unavailable, unlike `last_uses`."""
        found = {row.token_id: row for row in self._ask(LastUseQuery(tuple(token_ids)), LastUseAnswer).rows}
        for token_id, other in self._others.last_uses(token_ids).items():
            found[token_id] = merge_uses(found[token_id], other) if token_id in found else other
        return found

    def find_health(self) -> HealthAnswer | None:
        """Return how far the ledger is; None when it does not answer."""
        try:
            return self._ask(HealthQuery(), HealthAnswer)
        except TollwayError:
            return None

    def names(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return what (dimension, id) pairs are called; those without a name are left out."""
        by_dimension: defaultdict[str, set[str]] = defaultdict(set)
        for dimension, key in pairs:
            by_dimension[dimension].add(key)
        return {
            (dimension, key): name
            for dimension, keys in by_dimension.items()
            if dimension in self._directories
            for key, name in self._directories[dimension].names(keys).items()
        }

    def _ask(self, request: Request, wanted: type[R]) -> R:
        reply = self._ledger.ask(request)
        if isinstance(reply, wanted):
            return reply
        if isinstance(reply, Failure):
            code = reply.code if reply.code in BY_NAME else "usage.unavailable"
            raise TollwayError(code, internal=reply.message)
        raise TollwayError("usage.unavailable", internal=f"the ledger answered {type(reply).__name__}")


def merge_uses(one: LastUse, other: LastUse) -> LastUse:
    """Return both as one: since the earlier, until the later and from where that was. Pure."""
    later = one if one.last_ns >= other.last_ns else other
    return msgspec.structs.replace(later, first_ns=min(one.first_ns, other.first_ns), calls=one.calls + other.calls)
