"""Rotations by policy that failed and need a person: nobody collected the new secret, or nobody can be reached.

Law: read only, and of now: what was rotated since, by whomever, or can be delivered again, is not listed any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tollway.control.model import Damaged
from tollway.control.notices.ports import ToldStore
from tollway.control.rotations.handing import UNREACHED
from tollway.control.rotations.model import FailedRotation, RotationPolicy
from tollway.control.rotations.ports import HandoverStore, RotationPolicyStore, TokenBook
from tollway.control.rotations.reaching import Reached
from tollway.control.rotations.scheduling import RETRY_SECONDS
from tollway.control.tokens.model import Token
from tollway.kernel.clock import NANOS_PER_SECOND, Clock

SHOWN = 20
LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class FailingParts:
    """What the service is built from."""

    policies: RotationPolicyStore
    handovers: HandoverStore
    told: ToldStore
    reached: Reached
    tokens: TokenBook
    clock: Clock


class FailedRotations:
    """The rotations that failed. Blocking and thread-safe."""

    def __init__(self, parts: FailingParts) -> None:
        self._parts = parts

    def find(self) -> tuple[FailedRotation, ...]:
        """Return at most SHOWN, one a token: those nobody collected, newest first, then those nobody was reached for.

        Raises management.unavailable.
        """
        policies = {policy.id: policy for policy in self._parts.policies.all() if policy.state == "active"}
        if not policies:
            return ()
        found: dict[str, FailedRotation] = {}
        for each in (*self._uncollected(policies), *self._unreached(policies)):
            found.setdefault(each.token_id, each)
        return tuple(found.values())[:SHOWN]

    def _uncollected(self, policies: dict[str, RotationPolicy]) -> Iterator[FailedRotation]:
        failed = self._parts.handovers.failed(limit=LOOKED_AT)
        tokens = self._active([handover.token_id for handover in failed])
        for handover in failed:
            policy, token = policies.get(handover.policy_id or ""), tokens.get(handover.token_id)
            ended_ns = handover.ended_ns or handover.expires_ns
            if policy is not None and token is not None and _secret_since_ns(token) <= ended_ns:
                next_ns = ended_ns + RETRY_SECONDS * NANOS_PER_SECOND
                yield FailedRotation(token.id, token.name, policy.name, handover.detail, next_ns)

    def _unreached(self, policies: dict[str, RotationPolicy]) -> Iterator[FailedRotation]:
        parts, now = self._parts, self._parts.clock.now_ns()
        subjects = parts.told.current(f"{UNREACHED}/", now_ns=now, limit=LOOKED_AT)
        pairs = [(token_id, policy_id) for _, token_id, policy_id in (subject.split("/", 2) for subject in subjects)]
        tokens = self._active([token_id for token_id, _ in pairs])
        for token_id, policy_id in pairs:
            policy, token = policies.get(policy_id), tokens.get(token_id)
            if policy is None or token is None:
                continue
            why = parts.reached.find_way(token, policy)
            if isinstance(why, str) and now >= _secret_since_ns(token) + policy.every_seconds * NANOS_PER_SECOND:
                yield FailedRotation(token.id, token.name, policy.name, why)

    def _active(self, token_ids: list[str]) -> dict[str, Token]:
        now = self._parts.clock.now_ns()
        found = self._parts.tokens.many(token_ids)
        return {each.id: each for each in found if not isinstance(each, Damaged) and each.state_at(now) == "active"}


def _secret_since_ns(token: Token) -> int:
    return token.life.secret_since_ns or token.created_ns
