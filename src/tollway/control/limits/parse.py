"""Short forms of limits, as the command line and configuration files write them: `60` calls a minute, `5/month`."""

import re
from typing import cast

from tollway.contract.policy import Period
from tollway.control.limits.model import BudgetRule, RequestRule
from tollway.control.limits.service import PERIODS
from tollway.kernel.money import parse_usd

RPM = "rpm"
_DURATION = re.compile(r"([0-9]{1,9})\s*(s|m|h|d|w)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def per_minute(requests: int) -> RequestRule:
    """Return the rule behind the shorthand `rpm`; always the same name, so that it replaces itself."""
    return RequestRule(RPM, requests, 60)


def parse_budget(text: str) -> BudgetRule:
    """Read `5/month`, `0.25/day` or `20/total`; a bare amount is per month. The period is the budget's name.

    Raises ValueError with a sentence that says what would work.
    """
    amount, _, period = text.partition("/")
    period = period.strip() or "month"
    if period not in PERIODS:
        raise ValueError(f"not a period: {period!r} (use one of {', '.join(PERIODS)})")
    return BudgetRule(period, parse_usd(amount), cast("Period", period))


def parse_duration_seconds(text: str) -> int:
    """Read `90`, `60s`, `5m`, `24h`, `90d` or `2w` into whole seconds (at most 1e9 units). Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a duration: {text!r} (write 60s, 5m, 24h or 90d)")
    return int(match[1]) * _SECONDS[match[2] or "s"]
