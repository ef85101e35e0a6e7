"""The field types of the management API: how instants, money and names look in JSON.

Inputs are strict and refuse unknown fields (`Input`); a value that is not exactly of its type is
refused with the place. Outputs are built by us and only described here (`Output`). Nothing outside
this module decides how an instant or an amount is written.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import UNSET
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.money import NANOS_MAX, format_usd, parse_usd

_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_YEAR_2262_NS = 9_214_646_400 * NANOS_PER_SECOND
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")


def without_null(value: object) -> object:
    """Return the value. Raises ValueError for U+0000 in any text or name in it: PostgreSQL stores none."""
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str) and "\0" in one:
            raise ValueError("must not contain the character U+0000")
        if isinstance(one, dict):
            rest += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            rest += one
    return value


class Input(BaseModel):
    """A request body: strict types, unknown fields and U+0000 refused, frozen once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    _without_null = model_validator(mode="before")(without_null)


class Query(BaseModel):
    """Query parameters: unknown ones and U+0000 refused; text is turned into the field's type."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    _without_null = model_validator(mode="before")(without_null)


class Output(BaseModel):
    """An answer. Unknown fields are a mistake of ours, found by the tests."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_instant(text: str) -> int:
    """Read an RFC 3339 instant into Unix nanoseconds. Raises ValueError for anything else, and before 1970."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 instant such as 2026-11-24T02:00:00Z")
    day, clock, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
    nanos = int((fraction or ".0")[1:].ljust(9, "0"))
    try:
        result = int(moment.timestamp()) * NANOS_PER_SECOND + nanos
    except OverflowError as error:
        raise ValueError("an instant between 1970 and 2261") from error
    if not 0 <= result <= _YEAR_2262_NS:
        raise ValueError("an instant between 1970 and 2261")
    return result


def format_instant(nanos: int) -> str:
    """Write Unix nanoseconds as RFC 3339 in UTC: whole seconds where exact, else milliseconds, cut."""
    seconds, rest = divmod(nanos, NANOS_PER_SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    millis = rest // 1_000_000
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"


def format_instant_or_none(nanos: int | None) -> str | None:
    """Write an instant that may be absent."""
    return None if nanos is None else format_instant(nanos)


def format_usd_or_none(nanos: int | None) -> str | None:
    """Write an amount that may be unknown; unknown is None, never zero."""
    return None if nanos is None else format_usd(nanos)


def _from_text(parse: Callable[[str], int]) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, str):
            raise ValueError("must be a string")  # noqa: TRY004  # pydantic reports ValueError, not TypeError
        return parse(value)

    return read


def _amount(text: str) -> int:
    try:
        nanos = parse_usd(text)
    except ValueError as error:
        raise ValueError("not an amount in USD such as 5 or 0.25") from error
    if nanos > NANOS_MAX:
        raise ValueError("the amount is too large")
    return nanos


def _clean(text: str) -> str:
    if _PRINTABLE.fullmatch(text) is None:
        raise ValueError("must not contain control characters")
    if text != text.strip():
        raise ValueError("must not begin or end with a blank")
    return text


InstantInput = Annotated[
    int, BeforeValidator(_from_text(parse_instant)), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""An instant that the caller sends; Unix nanoseconds once read."""

Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant in an answer."""

UsdInput = Annotated[
    int,
    BeforeValidator(_from_text(_amount)),
    WithJsonSchema({"type": "string", "pattern": r"^\$?[0-9]{1,9}(\.[0-9]{1,9})?$", "examples": ["0.25"]}),
]
"""An amount that the caller sends, as a decimal string; nano-USD once read."""

Usd = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2,9}$"})]
"""An amount in an answer, exact to 9 decimals."""

ExactUsd = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^[0-9]+\.[0-9]{2,18}$"})]
"""A price of one unit, or an amount before it is rounded, exact to 18 decimals."""

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean)]
"""A name that people give: one line, no control characters."""

Text = Annotated[str, Field(max_length=2_000), AfterValidator(_clean)]
"""A short remark; may be empty."""


def absent() -> Any:
    """Mark a field that may be left out: it is then `msgspec.UNSET`, which the domain reads as "leave it".

    The result is Any because a field's type describes what JSON may hold, and JSON has no word for absence.
    """
    return Field(default_factory=lambda: UNSET)
