"""Revocations under load: nothing begun after the acknowledgement reaches the upstream, whatever the workers' state."""

import asyncio
import contextlib
import os
import signal
import time

from kit.counting_upstream import Served
from kit.load import Caller, Reply, chat
from kit.truth.rig import Figures, Judge, Rig

CALLERS = 3
"""Connections that use a token when it is revoked."""


async def revocations(world: Rig, *, count: int, at_once: int, clients: int) -> Judge:
    """Revoke while others call; workers are stopped, drained and killed in turn meanwhile."""
    crowd = world.crowd()
    steady = await world.api.issue("steady")
    for _ in range(clients):
        crowd.add(world.caller(steady["token"]), lambda: chat("n=2 delay=5"), lambda: 0.02)
    late: list[Reply] = []
    acknowledged: list[float] = []
    stop = asyncio.Event()
    disturbing = asyncio.create_task(_disturb(world, stop))
    await asyncio.gather(*(_revoke_some(world, count // at_once, late, acknowledged) for _ in range(at_once)))
    stop.set()
    counts = await disturbing
    await crowd.stop()
    return lambda end: _judge(late, end.served, counts, acknowledged)


async def _revoke_some(world: Rig, count: int, late: list[Reply], acknowledged: list[float]) -> None:
    for number in range(count):
        token = await world.api.issue(f"r{number}")
        callers = [world.caller(token["token"]) for _ in range(CALLERS)]
        is_revoked = asyncio.Event()
        using = [asyncio.create_task(_use(caller, is_revoked)) for caller in callers]
        await asyncio.sleep(0.03)
        began = time.monotonic()
        while await world.api.revoke(token["id"]) != 200:
            await asyncio.sleep(0.05)
        acknowledged.append(time.monotonic() - began)
        is_revoked.set()
        fresh = world.caller(token["token"])
        late.append(await fresh.call(chat("n=1"), timeout_seconds=60))
        fresh.close()
        for replies in await asyncio.gather(*using):
            late.extend(replies)


async def _use(caller: Caller, is_revoked: asyncio.Event) -> list[Reply]:
    """Call until two calls were begun after the revocation; return those."""
    late: list[Reply] = []
    while len(late) < 2:
        was_revoked = is_revoked.is_set()
        reply = await caller.call(chat("n=1 delay=3"), timeout_seconds=60)
        if was_revoked:
            late.append(reply)
        if not reply.status:
            await asyncio.sleep(0.02)
    caller.close()
    return late


async def _disturb(world: Rig, stop: asyncio.Event) -> dict[str, int]:
    """In turn: stop a worker for a while and drain another; kill one."""
    counts = {"stopped": 0, "drained": 0, "killed": 0}
    while not stop.is_set():
        workers = [pid for role, pid in world.tollway.pids().items() if role.startswith("worker")]
        if len(workers) == world.tollway.workers:
            world.chance.shuffle(workers)
            with contextlib.suppress(ProcessLookupError):
                os.kill(workers[0], signal.SIGSTOP)
                counts["stopped"] += 1
                is_kill = counts["stopped"] % 3 == 0
                os.kill(workers[1], signal.SIGKILL if is_kill else signal.SIGTERM)
                counts["killed" if is_kill else "drained"] += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await stop.wait()
            with contextlib.suppress(ProcessLookupError):
                os.kill(workers[0], signal.SIGCONT)
        await asyncio.sleep(0.5)
    return counts


def _judge(late: list[Reply], served: list[Served], counts: dict[str, int], acknowledged: list[float]) -> Figures:
    seen = {call.trace for call in served}
    passed = [reply for reply in late if reply.trace in seen]
    statuses = {reply.status for reply in late}
    figures = Figures(f"{len(acknowledged)} revocations under load, workers stopped, drained and killed")
    figures.add("workers", ", ".join(f"{name} {count}" for name, count in counts.items()))
    acknowledged.sort()
    middle, high = acknowledged[len(acknowledged) // 2], acknowledged[int(len(acknowledged) * 0.99)]
    figures.add("time to the acknowledgement, median / p99", f"{middle * 1000:.0f} / {high * 1000:.0f} ms")
    figures.add("requests the upstream saw", len(served))
    figures.add("calls begun after the acknowledgement", len(late))
    refused = sum(reply.code == "token.revoked" or reply.status == 401 for reply in late)
    figures.add("refused / connection lost with its worker", f"{refused} / {sum(not reply.status for reply in late)}")
    figures.add("reached the upstream", len(passed), holds=not passed and statuses <= {0, 401})
    return figures
