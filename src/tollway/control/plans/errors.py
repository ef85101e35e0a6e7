"""Refusals of the plans domain."""

from tollway.control.plans.model import USE_MAX, Use
from tollway.kernel.errors import TollwayError


def plan_not_found() -> TollwayError:
    """Return management.not_found for a plan."""
    return TollwayError("management.not_found", public="There is no such plan.")


def plan_name_taken() -> TollwayError:
    """Return management.conflict: plan names are unique."""
    return TollwayError("management.conflict", public="Another plan has this name.", param="name")


def plan_in_use(use: Use) -> TollwayError:
    """Return management.conflict: a plan that somebody has is not deleted, since its limits would be gone at once."""
    tokens = f"{USE_MAX} or more tokens" if use.tokens >= USE_MAX else _count(use.tokens, "token")
    who = f"{tokens} and {_count(use.applications, 'application')}"
    return TollwayError("management.conflict", public=f"{who} have this plan. Give them another one, or none, first.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
