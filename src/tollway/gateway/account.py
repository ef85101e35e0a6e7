"""Stage 7: settle and record. Always runs, exactly once a call, whatever happened before; never raises."""

import logging

from tollway.contract.stats import INDEX
from tollway.contract.usage import NOTHING
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.room import COST, INPUT_TOKENS, NO_AMOUNTS, OUTPUT_TOKENS, Amounts, Hold, clamp
from tollway.kernel.errors import TollwayError

log = logging.getLogger(__name__)

_REQUESTS, _2XX, _4XX, _5XX, _REFUSED, _INPUT, _OUTPUT, _COST, _OVERHEAD, _GONE, _CUT = (
    INDEX[name]
    for name in (
        "requests_total",
        "requests_2xx_total",
        "requests_4xx_total",
        "requests_5xx_total",
        "requests_refused_total",
        "input_tokens_total",
        "output_tokens_total",
        "cost_nanos_total",
        "overhead_microseconds_total",
        "disconnects_total",
        "truncated_total",
    )
)


PLAUSIBLE_BITS = 60
"""Amounts of so many bits are less than what is counted at most, and more than any call has; an upstream may state
anything.
"""


def account(call: Call, response_bytes: int, gw: Gateway) -> None:
    """Settle what was held, write the call's record and count it.

    A call that was opened but brought no answer costs nothing unless its upstream may have worked on it: then what
    was relayed is billed, which the call already holds.
    """
    call.response_bytes = response_bytes
    hold, attempt = call.hold, call.attempt_hold
    used = used_there = NO_AMOUNTS
    if hold is not None:
        used = _used(call, hold)
        call.charges += hold.charge(used)
    if attempt is not None:
        used_there = _used(call, attempt)
        call.charges += attempt.charge(used_there)
    overhead_us = _record(call, gw)
    # After the record: a kill in between leaves the whole reservation spent, above the books, never below.
    if hold is not None:
        gw.meters.settle(hold, used)
    if attempt is not None:
        gw.meters.settle(attempt, used_there)
    _count(call, overhead_us, gw)


def _record(call: Call, gw: Gateway) -> int:
    """Write the call's record, and return its overhead in microseconds; a refusal of nobody known is only tallied."""
    if not call.token_id and not call.was_opened:
        if call.code:
            gw.tally(call.code)
        return 0
    record = call.close(gw.monotonic_ns())
    try:
        gw.journal.append(record)
    except TollwayError:
        log.exception("the record of call %s could not be written", call.request_id)
    return record.overhead_us


def _used(call: Call, hold: Hold) -> Amounts:
    """Return what a call used of what it held: exact where the upstream said so, else its best estimate."""
    if not hold.claims.is_amounts:
        return NO_AMOUNTS
    usage, granted = call.usage, hold.granted
    # What it cost is not known where something without a price was used: then all that was held is spent.
    cost = granted[COST] if call.cost_nanos is None else call.cost_nanos
    inputs, outputs = usage.input_tokens, usage.output_tokens
    if call.spends_hold:
        inputs, outputs = max(inputs, granted[INPUT_TOKENS]), max(outputs, granted[OUTPUT_TOKENS])
    used = cost, inputs, outputs, inputs + outputs, call.request_bytes + call.response_bytes, 1
    # One comparison for the three: a negative number, too, leaves something when its lower bits are cut off.
    return clamp(used) if (cost | inputs | outputs) >> PLAUSIBLE_BITS else used


def _count(call: Call, overhead_us: int, gw: Gateway) -> None:
    counters, usage = gw.counters, call.usage
    counters[_REQUESTS] += 1
    counters[_OVERHEAD] += overhead_us
    if call.status == 200:
        counters[_2XX] += 1
    else:
        _count_status(call.status, gw)
    if call.outcome != "ok":
        _count_outcome(call, gw)
    if usage is not NOTHING:
        counters[_INPUT] += usage.input_tokens
        counters[_OUTPUT] += usage.output_tokens
        counters[_COST] += call.cost_nanos or 0


def _count_status(status: int, gw: Gateway) -> None:
    if 200 <= status < 300:
        gw.counters[_2XX] += 1
    elif 400 <= status < 500:
        gw.counters[_4XX] += 1
    elif status >= 500:
        gw.counters[_5XX] += 1


def _count_outcome(call: Call, gw: Gateway) -> None:
    match call.outcome:
        case "refused":
            gw.counters[_REFUSED] += 1
        case "disconnected":
            gw.counters[_GONE] += 1
        case "truncated":
            gw.counters[_CUT] += 1
