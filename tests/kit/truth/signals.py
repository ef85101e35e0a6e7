"""SIGHUP and SIGTERM under load lose nothing; a killed process is back at once."""

import asyncio
import signal
import time

from kit.load import Reply, chat
from kit.truth.rig import GENEROUS, End, Figures, Judge, Rig, until_back


async def signals(world: Rig, *, reloads: int, clients: int, settle_seconds: float = 1.0) -> Judge:
    """Reload some times and end, while clients call without streams; some on a new connection for each call."""
    token = await world.api.issue("steady", GENEROUS)
    crowd = world.crowd()
    for number in range(clients):
        caller = world.caller(token["token"], keeps_alive=number % 3 > 0)
        crowd.add(caller, lambda: chat("n=3 delay=10"), lambda: world.chance.uniform(0, 0.05))
    await asyncio.sleep(settle_seconds)
    seconds = [await _reload(world) for _ in range(reloads)]
    await asyncio.sleep(settle_seconds)
    reloaded = len(crowd.replies)
    process = world.tollway.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    while process.poll() is None:
        await asyncio.sleep(0.02)
    replies = await crowd.stop()

    def judge(end: End) -> Figures:
        figures = Figures(f"{reloads} SIGHUP and a SIGTERM, {clients} clients, 2 workers")
        figures.add("seconds a reload takes", ", ".join(f"{each:.1f}" for each in seconds))
        _judge(replies, reloaded, end, figures)
        figures.add("exit code", end.code, holds=end.code == 0)
        return figures

    return judge


async def back(world: Rig) -> Judge:
    """Kill each process once and see when it answers again."""
    token = await world.api.issue("steady")
    caller = world.caller(token["token"])
    figures = Figures("seconds until a killed process answers again")
    for role in ("worker", "ledger", "console"):
        world.tollway.kill(world.tollway.pids()[role])
        began = time.monotonic()
        if role == "worker":
            while (await caller.call(chat())).status != 200:
                await asyncio.sleep(0.01)
            caller.close()
        else:
            await asyncio.sleep(0.05)
            await until_back(world)
        figures.add(role, time.monotonic() - began)
    return lambda end: figures


async def _reload(world: Rig) -> float:
    """SIGHUP; return how long it took until all processes were new."""
    assert world.tollway.process is not None
    before = set(world.tollway.pids().values()) - {world.tollway.process.pid, world.tollway.pids()["ledger"]}
    began = time.monotonic()
    world.tollway.process.send_signal(signal.SIGHUP)
    while before & set(world.tollway.pids().values()):
        assert time.monotonic() - began < 60, "the reload did not end"
        await asyncio.sleep(0.05)
    took = time.monotonic() - began
    await until_back(world)
    return took


def _judge(replies: list[Reply], reloaded: int, end: End, figures: Figures) -> None:
    served = end.seen_of(replies)
    during = [reply for reply in replies[:reloaded] if not reply.is_whole or reply.status != 200]
    seen = {call.trace for call in served}
    # After SIGTERM the port is closed: who cannot connect was never taken on. A call that was sent must be answered.
    ended = [reply for reply in replies[reloaded:] if reply.fault != "not connected"]
    failed = [reply for reply in ended if not reply.is_whole or reply.status != 200]
    lost = [call for call in served if call.trace not in end.books.calls]
    crashed = [call for call in served if end.record_of(call.trace).outcome != "ok"]
    figures.add("calls during the reloads / failed", f"{reloaded} / {len(during)}", holds=not during)
    figures.add("calls around the SIGTERM / failed", f"{len(ended)} / {len(failed)}", holds=not failed)
    for reply in (during + failed)[:5]:
        figures.add("  failed", f"{reply.status} {reply.fault} seen={reply.trace in seen} {reply.body[:100]!r}")
    figures.add("requests the upstream saw / without a record", f"{len(served)} / {len(lost)}", holds=not lost)
    figures.add("records that are not ok", len(crashed), holds=not crashed)
