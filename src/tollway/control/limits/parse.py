"""Short forms of limits, as the command line and configuration files write them: `60` calls a minute, `5/month`,
`tokens=100k/1m`.
"""

import re
from dataclasses import replace
from typing import cast

from tollway.contract.limits import Measure
from tollway.control.limits.checks import MEASURES, PERIODS
from tollway.control.limits.model import BudgetRule, LimitRule, RequestRule
from tollway.kernel.money import parse_usd

RPM = "rpm"
NAME_MAX = 100
"""Of a limit that is named after its models."""
_DURATION = re.compile(r"([0-9]{1,9})\s*(s|m|h|d|w)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_COUNT = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,9}))?\s*([kKMGT]?)", re.ASCII)
_POWERS = {"": 0, "k": 3, "K": 3, "M": 6, "G": 9, "T": 12}
_SHORT_MEASURES = {"tokens": "total_tokens", "input": "input_tokens", "output": "output_tokens", "calls": "requests"}
_TOKENS = ("tokens", "token")


def per_minute(requests: int) -> RequestRule:
    """Return the rule behind the shorthand `rpm`; always the same name, so that it replaces itself."""
    return RequestRule(RPM, requests, 60)


def parse_budget(text: str) -> BudgetRule:
    """Read `5/month`, `0.25/day`, `20/total`, `2M tokens/month` or `5/month@Europe/Paris`; a bare amount is per month.

    The period is the budget's name (`month tokens` for tokens). Raises ValueError with a sentence that says what
    would work.
    """
    stated, models = _for_models(text)
    amount, _, rest = stated.partition("/")
    period, _, zone = rest.partition("@")
    period = period.strip() or "month"
    if period not in PERIODS:
        raise ValueError(f"not a period: {period!r} (use one of {', '.join(PERIODS)})")
    number, _, unit = amount.strip().rpartition(" ")
    is_tokens = unit in _TOKENS
    rule = BudgetRule(
        _name(f"{period} tokens" if is_tokens else period, models),
        parse_count(number) if is_tokens else parse_usd(amount),
        period,
        zone=zone.strip() or "UTC",
        models=models,
    )
    return replace(rule, unit="total_tokens") if is_tokens else rule


def parse_limit(text: str) -> LimitRule:
    """Read `MEASURE=AMOUNT/WINDOW`, such as `tokens=100k/1m`, `bytes=1G/day@Europe/Paris` or `cost=0.5/1h:soft`.

    The window slides when it is a duration, and is a calendar period when it is a word. `concurrency` has none. With
    ` for gpt-* opus` at the end only calls that ask for these count. The limit is named after its window and these.
    Raises ValueError.
    """
    named, models = _for_models(text)
    stated, _, flag = named.partition(":")
    if flag not in ("", "soft"):
        raise ValueError(f"not a kind of limit: {flag!r} (only soft can follow the colon)")
    word, _, rest = stated.partition("=")
    measure = cast("Measure", _SHORT_MEASURES.get(word.strip(), word.strip()))
    if measure not in MEASURES:
        raise ValueError(f"not a measure: {word!r} (use one of {', '.join(MEASURES)})")
    amount, _, window = rest.partition("/")
    number = parse_usd(amount) if measure == "cost" else parse_count(amount)
    if measure == "concurrency":
        rule = LimitRule("concurrency", measure, number, is_soft=bool(flag))
    else:
        span, _, zone = window.partition("@")
        rule = _windowed(measure, number, span.strip(), zone.strip() or "UTC", is_soft=bool(flag))
    return replace(rule, name=_name(rule.name, models), models=models)


def parse_count(text: str) -> int:
    """Read `5000`, `100k`, `1.5M` or `2G` (powers of 1,000) exactly. Raises ValueError."""
    match = _COUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a number: {text!r} (write 5000, 100k, 1.5M or 2G)")
    whole, fraction, power = match[1], (match[2] or "").rstrip("0"), _POWERS[match[3]]
    if len(fraction) > power:
        raise ValueError(f"not a whole number: {text!r}")
    return int(whole + fraction.ljust(power, "0"))


def parse_duration_seconds(text: str) -> int:
    """Read `90`, `60s`, `5m`, `24h`, `90d` or `2w` into whole seconds (at most 1e9 units). Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a duration: {text!r} (write 60s, 5m, 24h or 90d)")
    return int(match[1]) * _SECONDS[match[2] or "s"]


def name_window(seconds: int) -> str:
    """Return the name of a limit that slides over so many seconds and was given none."""
    return RPM if seconds == 60 else f"{seconds}s"


def _for_models(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what is before ` for `, and the names of models after it. Raises ValueError for none."""
    stated, word, names = text.partition(" for ")
    models = tuple(names.split())
    if word and not models:
        raise ValueError("name the models after `for`, such as gpt-* or claude-opus")
    return stated, models


def _name(window: str, models: tuple[str, ...]) -> str:
    return f"{window} for {' '.join(models)}"[:NAME_MAX] if models else window


def _windowed(measure: Measure, amount: int, span: str, zone: str, *, is_soft: bool) -> LimitRule:
    if span in PERIODS:
        return LimitRule(span, measure, amount, period=span, zone=zone, is_soft=is_soft)
    try:
        seconds = parse_duration_seconds(span)
    except ValueError as error:
        raise ValueError(f"not a window: {span!r} (write 60s, 5m, 24h, or one of {', '.join(PERIODS)})") from error
    name = name_window(seconds) if measure == "requests" else f"{seconds}s"
    return LimitRule(name, measure, amount, seconds, is_soft=is_soft)
