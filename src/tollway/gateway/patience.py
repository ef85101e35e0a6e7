"""Waiting for meters that another process holds, without holding up any other call of this one.

A lock is held for microseconds, but on a busy machine its holder may be put aside for much longer: that is no failure.
A holder that dies lets go at once, so that only one that was stopped is waited for in vain, and that has a bound.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from tollway.gateway.context import Gateway
from tollway.gateway.room import MetersBusy
from tollway.kernel.clock import NANOS_PER_SECOND

PAUSE_SECONDS = 0.001
PAUSE_SECONDS_MAX = 0.025
T = TypeVar("T")


async def until_free(take: Callable[[], T], gw: Gateway) -> T:
    """Return what `take` returns once the meters are free, for at most `timeouts.meters_seconds`.

    To be called after `take` raised MetersBusy. Raises what `take` raises, MetersBusy only when the time is over.
    Nothing is held while it waits, and a caller that leaves ends the wait.
    """
    until_ns = gw.monotonic_ns() + int(gw.bounds.meters_seconds * NANOS_PER_SECOND)
    pause = PAUSE_SECONDS
    while gw.monotonic_ns() < until_ns:
        await asyncio.sleep(pause)
        try:
            return take()
        except MetersBusy:
            pause = min(2 * pause, PAUSE_SECONDS_MAX)
    return take()
