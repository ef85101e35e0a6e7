"""Which rights apply to a caller: the chain of its levels.

Remembered while the records it follows from are the same; what it decides is not.
"""

from tollway.gateway.subjects import REMEMBERED_MAX, Caller
from tollway.policy.levels import Levels, build_chain
from tollway.policy.rights import Chain

FREE: Chain = ()
"""The rights of a caller that has none: everything is permitted."""


class Chains:
    """The rights of the callers seen last. A chain is made anew when one of the records it follows from is another."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, tuple[Caller, Levels, Chain]] = {}

    def find(self, caller: Caller, levels: Levels) -> Chain:
        """Return the rights that apply to a caller, in the order of the levels."""
        key = caller.token.id
        known = self._known.get(key)
        if known is not None:
            its, its_levels, chain = known
            # Records are remembered by their stored bytes: another object is another record.
            if its.token is caller.token and its.application is caller.application and its_levels is levels:
                return chain
        chain = build_chain(levels, caller.token, caller.application)
        if len(self._known) >= REMEMBERED_MAX:
            self._known.pop(next(iter(self._known)))
        self._known[key] = (caller, levels, chain)
        return chain
