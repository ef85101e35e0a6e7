"""From an owner's limits to what one of its calls needs from the meters."""

from functools import lru_cache

from tollway.contract.policy import Limits
from tollway.gateway.ports import Claim
from tollway.policy.meter_keys import budget_key, concurrency_key, requests_key, stripe_of


@lru_cache(maxsize=4096)
def build_claims(limits: Limits, owner_kind: str, owner_id: str) -> tuple[Claim, ...]:
    """Return one claim for each limit: requests, concurrency, then budgets. Ids of limits are unique within an owner.

    The claims of an owner share one stripe. Pure; remembered for the owners seen last.
    """
    stripe = stripe_of(owner_id)
    requests = tuple(
        Claim(
            key=requests_key(owner_id, limit.id, limit.window_seconds),
            stripe=stripe,
            kind="requests",
            limit=limit.requests,
            window_seconds=limit.window_seconds,
            period="total",
            name=limit.name,
            owner_kind=owner_kind,
            owner_id=owner_id,
            limit_id=limit.id,
        )
        for limit in limits.requests
    )
    concurrency = tuple(
        Claim(
            key=concurrency_key(owner_id, limit.id),
            stripe=stripe,
            kind="concurrency",
            limit=limit.calls,
            window_seconds=0,
            period="total",
            name=limit.name,
            owner_kind=owner_kind,
            owner_id=owner_id,
            limit_id=limit.id,
        )
        for limit in limits.concurrency
    )
    budgets = tuple(
        Claim(
            key=budget_key(owner_id, budget.id),
            stripe=stripe,
            kind="budget",
            limit=budget.limit_nanos,
            window_seconds=0,
            period=budget.period,
            name=budget.name,
            owner_kind=owner_kind,
            owner_id=owner_id,
            limit_id=budget.id,
        )
        for budget in limits.budgets
    )
    return requests + concurrency + budgets
