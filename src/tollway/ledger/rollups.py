"""Adds up calls: which group a call belongs to, its sums, and percentiles from histograms. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from tollway.contract.ledger_api import HISTOGRAM_BOUNDS_US
from tollway.contract.records import Outcome
from tollway.ledger.model import FULL, Group, Sums

TEXT_LENGTH_MAX = 200
TOKENS_MAX = 2**40
COST_NANOS_MAX = 2**53
"""More than any true call has. A sum of 64 bits then holds a thousand of the greatest lies an upstream can tell."""


class CountedUsage(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The first fields of Usage, up to the last that is summed; the others are skipped while decoding."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    web_searches: int = 0
    is_estimated: bool = False


_NOTHING = CountedUsage()
_UNREAD = msgspec.Raw()


class CallFacts(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="c"):
    """The fields of a CloseRecord that are summed: its first ones; the others are skipped while decoding.

    A third of what taking in a call's record costs is making these objects: what is not summed is left as bytes.
    """

    request_id: str
    started_ns: int
    duration_us: int
    status: int
    outcome: Outcome
    operation: str
    token_id: str = ""
    application_id: str = ""
    team_id: str = ""
    environment: str = "live"
    service_id: str = ""
    model: str = ""
    provider_id: str = ""
    upstream_model: str = ""
    first_byte_us: int = 0
    overhead_us: int = 0
    usage: CountedUsage = _NOTHING
    cost_nanos: int | None = 0
    charges: msgspec.Raw = _UNREAD
    client_address: str = ""
    client_agent: str = ""
    method: str = ""
    route: str = ""
    code: str = ""
    is_stream: bool = False
    was_opened: bool = False
    upstream_us: int = 0
    stages_us: msgspec.Raw = _UNREAD
    request_bytes: int = 0
    response_bytes: int = 0


def group_of(key: Sequence[str | int]) -> Group:
    """Return the full group of its dimensions, in their order after the cube: texts cut and cleaned, and no model that
    only the caller may have named.

    Names that callers make up would otherwise grow the groups without bound.
    """
    *texts, status = key
    group = Group._make((FULL, *(clean_text(str(text)) for text in texts), int(status)))
    if group.outcome == "refused" and group.status in (403, 404):
        return group._replace(model="")
    return group


def clean_text(text: str) -> str:
    """Return the text as both databases store it: at most TEXT_LENGTH_MAX characters and no NUL."""
    return text[:TEXT_LENGTH_MAX].replace("\0", "")


def sum_calls(group: Group, calls: Sequence[CallFacts]) -> Sums:
    """Add up calls of one group."""
    count = len(calls)
    is_refused, client, server, limited = classify(group.outcome, group.status)
    usages = [call.usage for call in calls]
    costs = [call.cost_nanos for call in calls if call.cost_nanos is not None]
    counts = [
        count,
        count * is_refused,
        count * client,
        count * server,
        count * limited,
        _sum([usage.input_tokens for usage in usages], TOKENS_MAX),
        _sum([usage.output_tokens for usage in usages], TOKENS_MAX),
        _sum([usage.cached_input_tokens for usage in usages], TOKENS_MAX),
        _sum(costs, COST_NANOS_MAX),
        count - len(costs),
        sum([usage.is_estimated for usage in usages]),
    ]
    if group.outcome == "crashed":
        return Sums(counts)
    return Sums(
        counts,
        [
            _histogram([call.duration_us for call in calls]),
            _histogram([call.first_byte_us for call in calls if call.first_byte_us]),
            _histogram([call.overhead_us for call in calls]),
        ],
    )


def classify(outcome: str, status: int) -> tuple[bool, bool, bool, bool]:
    """Return (refused, client error, server error, limited) of a call; at most one of the two errors is true.

    An answer that never came or came in part is a server error whatever status was sent first.
    """
    client = 400 <= status < 500
    server = status >= 500 or (not client and outcome in ("failed", "truncated", "crashed"))
    return outcome == "refused", client, server, status == 429


def percentiles(histogram: dict[int, int], fractions: Sequence[float]) -> list[int]:
    """Return the values below which these fractions of the calls are, rising ones, in microseconds; 0 without calls.

    Interpolated inside its bucket, so that it is at most one bucket (19 %) off; above the last bound, that bound.
    """
    if not histogram or not (total := sum(histogram.values())):
        return [0] * len(fractions)
    found: list[int] = []
    buckets = iter(sorted(histogram))
    bucket = next(buckets)
    below, count = 0, histogram[bucket]
    for fraction in fractions:
        rank = fraction * total
        while below + count < rank:
            below += count
            bucket = next(buckets)
            count = histogram[bucket]
        if bucket >= len(HISTOGRAM_BOUNDS_US):
            found.append(HISTOGRAM_BOUNDS_US[-1])
            continue
        low = HISTOGRAM_BOUNDS_US[bucket - 1] if bucket else 0
        found.append(round(low + (HISTOGRAM_BOUNDS_US[bucket] - low) * (rank - below) / count))
    return found


def _histogram(values: list[int]) -> dict[int, int]:
    """Return how many values are in each bucket. Sorting compares integers at once; looking each up does not."""
    bounds, found = HISTOGRAM_BOUNDS_US, dict[int, int]()
    values.sort()
    at, count = 0, len(values)
    while at < count:
        bucket = bisect_left(bounds, values[at])
        after = bisect_right(values, bounds[bucket], at) if bucket < len(bounds) else count
        found[bucket] = after - at
        at = after
    return found


def _sum(values: Iterable[int], each_max: int) -> int:
    total = sum(values)
    if 0 <= total <= each_max:
        return total
    return sum(min(max(value, 0), each_max) for value in values)
