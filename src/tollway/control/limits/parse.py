"""Short forms of limits, as the command line and configuration files write them: `60` calls a minute, `5/month`,
`tokens=100k/1m`.
"""

import re
from dataclasses import replace
from typing import cast

from tollway.contract.limits import Measure, Period
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
    """Read `5/month`, `0.25/day`, `20/total`, `5/7d`, `2M tokens/month`, `5/month@Europe/Paris` or `5/month:soft`.

    A bare amount is per month; a duration slides. The period is the budget's name (`month tokens` for tokens), unless
    there is one before: `month=10/day` is the budget `month` from now on by the day, with what it has spent. Raises
    ValueError with a sentence that says what would work.
    """
    named, models = _for_models(text)
    given, equals, named = named.rpartition("=")
    stated, is_soft = _soft(named)
    amount, _, rest = stated.partition("/")
    span, _, zone = rest.partition("@")
    period, seconds = _span(span.strip() or "month", "period")
    number, _, unit = amount.strip().rpartition(" ")
    is_tokens = unit in _TOKENS
    window = period or f"{seconds}s"
    if equals and not given.strip():
        raise ValueError("a budget's name is missing before the =")
    rule = BudgetRule(
        given.strip() or _name(f"{window} tokens" if is_tokens else window, models),
        parse_count(number) if is_tokens else parse_usd(amount),
        period,
        window_seconds=seconds,
        zone=zone.strip() or "UTC",
        is_soft=is_soft,
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
    stated, is_soft = _soft(named)
    word, _, rest = stated.partition("=")
    measure = cast("Measure", _SHORT_MEASURES.get(word.strip(), word.strip()))
    if measure not in MEASURES:
        raise ValueError(f"not a measure: {word!r} (use one of {', '.join(MEASURES)})")
    amount, _, window = rest.partition("/")
    number = parse_usd(amount) if measure == "cost" else parse_count(amount)
    if measure == "concurrency":
        rule = LimitRule("concurrency", measure, number, is_soft=is_soft)
    else:
        span, _, zone = window.partition("@")
        rule = _windowed(measure, number, span.strip(), zone.strip() or "UTC", is_soft=is_soft)
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


def _soft(text: str) -> tuple[str, bool]:
    """Return what is before `:soft`, and whether that was there. Raises ValueError for anything else after a colon."""
    stated, _, flag = text.partition(":")
    if flag not in ("", "soft"):
        raise ValueError(f"not a kind of limit: {flag!r} (only soft can follow the colon)")
    return stated, bool(flag)


def _span(span: str, called: str) -> tuple[Period | None, int]:
    """Return the calendar period, or the seconds of a window that slides. Raises ValueError."""
    if span in PERIODS:
        return span, 0
    try:
        return None, parse_duration_seconds(span)
    except ValueError as error:
        raise ValueError(f"not a {called}: {span!r} (write 60s, 5m, 24h, or one of {', '.join(PERIODS)})") from error


def _windowed(measure: Measure, amount: int, span: str, zone: str, *, is_soft: bool) -> LimitRule:
    period, seconds = _span(span, "window")
    if period is not None:
        return LimitRule(span, measure, amount, period=period, zone=zone, is_soft=is_soft)
    name = name_window(seconds) if measure == "requests" else f"{seconds}s"
    return LimitRule(name, measure, amount, seconds, is_soft=is_soft)
