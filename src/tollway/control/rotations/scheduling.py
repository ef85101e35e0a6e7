"""Rotates what is due, and looks after what waits.

Law: one rotation, however many schedulers look: what is due is judged again with the writer's lock held (on PostgreSQL
an advisory lock of all nodes), and a rotated token is not due. A look is bounded; the next one goes on where it ended.
"""

from dataclasses import dataclass, field

from tollway.control.notices.model import Delivery
from tollway.control.ports import Transactions
from tollway.control.rotations.handing import Handovers
from tollway.control.rotations.model import SPECIFIC, Handover, RotationPolicy
from tollway.control.rotations.ports import HandoverStore, Outbox, RotationPolicyStore
from tollway.control.tokens.model import Token
from tollway.control.tokens.ports import TokenStore
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError

LOOKED_AT = 1_000
"""Tokens of one policy in one look."""
RETRY_SECONDS = 86_400
"""How long after a failed rotation the next one is tried."""


@dataclass(slots=True)
class SchedulerParts:
    """What the scheduler is built from."""

    policies: RotationPolicyStore
    handovers: Handovers
    waiting: HandoverStore
    outbox: Outbox
    tokens: TokenStore
    transactions: Transactions
    clock: Clock
    places: dict[str, str] = field(default_factory=dict)
    """How far each policy's tokens were looked at: the last id, "" at the beginning."""


class RotationScheduler:
    """Looks when asked to. A look raises management.unavailable; what it left undone is done by the next."""

    def __init__(self, parts: SchedulerParts) -> None:
        self._parts = parts

    def look(self) -> int:
        """Give up what was not collected in time, rotate what is due, and return how many rotations began."""
        policies = [policy for policy in self._parts.policies.all() if policy.state == "active"]
        policies.sort(key=lambda policy: (SPECIFIC.index(policy.scope), policy.id))
        self._look_after_waiting({policy.id: policy for policy in policies})
        return sum(self._rotate_due(policy, policies) for policy in policies)

    def tidy(self) -> None:
        """Forget handovers that ended long ago."""
        self._parts.handovers.purge()

    def _rotate_due(self, policy: RotationPolicy, policies: list[RotationPolicy]) -> int:
        parts = self._parts
        issued_before = parts.clock.now_ns() - policy.every_seconds * NANOS_PER_SECOND
        found = parts.policies.candidates(
            policy,
            issued_before_ns=issued_before,
            after_id=parts.places.get(policy.id, ""),
            limit=LOOKED_AT,
        )
        parts.places[policy.id] = found[-1].id if len(found) == LOOKED_AT else ""
        begun = 0
        for token in found:
            is_ours = next((each for each in policies if each.covers(token)), None) is policy
            if is_ours and self._is_due(token, policy):
                begun += self._rotate(token.id, policy)
        return begun

    def _rotate(self, token_id: str, policy: RotationPolicy) -> int:
        parts = self._parts
        try:
            with parts.transactions.write():
                token = parts.tokens.find(token_id)  # again: another scheduler may have rotated it meanwhile
                if token is None or not self._is_due(token, policy):
                    return 0
                return int(parts.handovers.begin(token, policy) is not None)
        except TollwayError as error:
            if error.code.name != "management.conflict":
                raise
            return 0  # too many of its secrets work at a time: tried again when their overlaps are over

    def _is_due(self, token: Token, policy: RotationPolicy) -> bool:
        now = self._parts.clock.now_ns()
        if token.state_at(now) != "active":
            return False
        since = token.life.secret_since_ns or token.created_ns
        if now < since + policy.every_seconds * NANOS_PER_SECOND:
            return False
        last = self._parts.waiting.last_of(token.id)
        if last is None or last.state == "collected":
            return True
        return last.state == "failed" and now >= (last.ended_ns or 0) + RETRY_SECONDS * NANOS_PER_SECOND

    def _look_after_waiting(self, policies: dict[str, RotationPolicy]) -> None:
        now = self._parts.clock.now_ns()
        for handover in self._parts.waiting.waiting():
            delivery = None if handover.delivery_id is None else self._parts.outbox.find(handover.delivery_id)
            detail = _why_failed(handover, delivery, now)
            if detail is not None:
                policy = policies.get(handover.policy_id or "")
                self._parts.handovers.give_up(handover, policy.name if policy else None, detail)


def _why_failed(handover: Handover, delivery: Delivery | None, now_ns: int) -> str | None:
    """Return why a handover that waits is over; None while it may still be collected."""
    if now_ns >= handover.expires_ns:
        return "Nobody collected the new secret in time."
    if delivery is not None and delivery.state == "failed":
        return "The webhook could not be delivered."
    return None
