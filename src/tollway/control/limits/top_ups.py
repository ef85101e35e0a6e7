"""Temporary top-ups: more than a limit allows, until an instant. They end by themselves, also with the console down.

Nothing of what is allowed by a top-up is taken back when it ends: what was spent stays spent.
"""

from dataclasses import dataclass

from tollway.contract.limits import AMOUNT_MAX, Limit, Limits, TopUp
from tollway.control.actor import Actor
from tollway.control.faults import refuse
from tollway.control.limits.errors import top_up_not_found
from tollway.control.limits.owners import LimitOwners, OwnerLevel
from tollway.control.limits.ports import Deed, Edit
from tollway.control.limits.service import find_limit, put_top_ups
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.ids import TOP_UP, new_id

TOP_UPS_MAX = 20
"""On one limit at a time."""
LIFETIME_SECONDS_MAX = 366 * 86_400


@dataclass(frozen=True, slots=True)
class NewTopUp:
    """What is asked for: `amount` in the unit of the limit (nano-USD, tokens, calls, bytes). From `from_ns` on."""

    limit: str
    amount: int
    until_ns: int
    from_ns: int = 0


class TopUps:
    """Gives and ends top-ups on limits of every level. Thread-safe."""

    def __init__(self, owners: LimitOwners, clock: Clock) -> None:
        self._owners = owners
        self._clock = clock

    def give(
        self, level: OwnerLevel, owner_id: str, new: NewTopUp, actor: Actor, *, expected_version: int | None = None
    ) -> Limits:
        """Allow more on the limit of that name or id, and return the owner's limits.

        Raises management.not_found (no such owner), management.invalid (no such limit, an amount or an instant that
        cannot be), management.conflict (a revoked token), management.precondition.
        """
        now_ns = self._clock.now_ns()
        top_up = TopUp(new_id(TOP_UP), new.amount, new.until_ns, new.from_ns)
        deed = Deed(actor, "top_up", expected_version)
        return self._owners.edit(level, owner_id, _giving(new.limit, top_up, now_ns), deed)[0]

    def end(
        self, level: OwnerLevel, owner_id: str, top_up_id: str, actor: Actor, *, expected_version: int | None = None
    ) -> Limits:
        """End a top-up now. Raises management.not_found (no such owner, or top-up), management.precondition."""
        deed = Deed(actor, "end_top_up", expected_version)
        return self._owners.edit(level, owner_id, _ending(top_up_id, self._clock.now_ns()), deed)[0]


def live_top_ups(limit: Limit, now_ns: int) -> tuple[TopUp, ...]:
    """Return those that have not ended, also such as have not begun. Pure."""
    return tuple(top_up for top_up in limit.top_ups if top_up.until_ns > now_ns)


def allowed(limit: Limit, now_ns: int) -> int:
    """Return how much a limit allows at this instant, with the top-ups that are on. Pure."""
    return limit.amount + sum(top_up.amount for top_up in limit.top_ups if top_up.from_ns <= now_ns < top_up.until_ns)


def _giving(name: str, top_up: TopUp, now_ns: int) -> Edit:
    def edit(limits: Limits) -> Limits:
        limit = find_limit(limits, name)
        if limit is None:
            names = ", ".join(f"`{one.name}`" for one in limits.every()) or "none"
            raise refuse("/limit", f"there is no limit or budget {name!r} here (there is: {names})")
        live = live_top_ups(limit, now_ns)
        if top_up.amount < 1:
            raise refuse("/amount", "a top-up is more than nothing")
        if limit.amount + sum(one.amount for one in live) + top_up.amount > AMOUNT_MAX:
            raise refuse("/amount", "this is more than can be counted")
        if not max(now_ns, top_up.from_ns) < top_up.until_ns <= now_ns + LIFETIME_SECONDS_MAX * NANOS_PER_SECOND:
            raise refuse("/ends_at", "use an instant in the future, at most a year from now")
        if len(live) >= TOP_UPS_MAX:
            raise refuse("/limit", f"a limit has at most {TOP_UPS_MAX} top-ups at a time")
        return put_top_ups(limits, limit.id, (*live, top_up))

    return edit


def _ending(top_up_id: str, now_ns: int) -> Edit:
    def edit(limits: Limits) -> Limits:
        for limit in limits.limits:
            live = live_top_ups(limit, now_ns)
            left = tuple(top_up for top_up in live if top_up.id != top_up_id)
            if len(left) < len(live):
                return put_top_ups(limits, limit.id, left)
        raise top_up_not_found()

    return edit
