"""Console, ledger or database down or frozen: every token keeps working, nothing is lost, recovery by itself."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from kit.evidence import TokenMeters
from kit.load import Caller, Reply, chat, until
from kit.truth.rig import GENEROUS, End, Figures, Judge, Rig, until_back

REVOKE_SECONDS_MAX = 8.0
SHORT_SECONDS = 0.2
"""How long a busy machine may put aside who holds a lock."""
WAIT_SECONDS = 5.0
"""The default of `timeouts.meters_seconds`."""
ALL = ("console frozen", "ledger frozen", "config.db locked", "ledger.db locked", "config.db gone, console killed")


async def outages(world: Rig, names: Sequence[str] = ALL, *, tokens: int = 5) -> Judge:
    """One outage after the other on the same installation."""
    issued = [await world.api.issue(f"t{number}", GENEROUS) for number in range(tokens)]
    figures = Figures("outages: calls answered with every token, before and after a worker restart")
    replies: list[Reply] = []
    for name in names:
        replies += await _suffer(world, name, _outage(world, name), issued, figures)

    def judge(end: End) -> Figures:
        served = end.seen_of(replies)
        lost = [call for call in served if len(end.books.calls.get(call.trace, ())) != 1]
        figures.add(
            "calls the upstream saw / without exactly one record", f"{len(served)} / {len(lost)}", holds=not lost
        )
        return figures

    return judge


async def held_lock(world: Rig, *, calls: int = 20) -> Judge:
    """Another process holds the lock of one token's meters and does not run, for a moment and then for too long."""
    stuck, free = await world.api.issue("stuck", GENEROUS), await world.api.issue("free", GENEROUS)
    one, other = world.caller(stuck["token"]), world.caller(free["token"])
    for caller in (one, other):
        await caller.call(chat())
    meters = TokenMeters(world.tollway.data, stuck["id"])
    figures = Figures("the meters lock of one token is held by a process that does not run")
    with meters.held():
        waiting = [asyncio.create_task(_call_once(world, stuck["token"])) for _ in range(50)]
        await asyncio.sleep(SHORT_SECONDS)
    briefly = await asyncio.gather(*waiting)
    times = _times(briefly)
    are_well = all(reply.status == 200 for reply in briefly)
    figures.add(f"answers 200 of 50 when held for {SHORT_SECONDS} s, median / most",
                f"{sum(reply.status == 200 for reply in briefly)}, {times[25]:.0f} / {times[-1]:.0f} ms",
                holds=are_well)  # fmt: skip
    with meters.held():
        waiting = [asyncio.create_task(_call_once(world, stuck["token"])) for _ in range(50)]
        await asyncio.sleep(0.2)
        meanwhile = [await other.call(chat("n=1")) for _ in range(calls)]
        refused = await asyncio.gather(*waiting)
    after = await one.call(chat())
    seconds = await until(meters.is_idle, 5)
    for closable in (meters, one, other):
        closable.close()
    codes = {f"{reply.status} {reply.code}" for reply in refused}
    holds = codes == {"503 gateway.meters_unavailable"} and _times(refused)[0] >= 1_000 * WAIT_SECONDS
    text = f"{len(refused)} x {', '.join(sorted(codes))}, after {_times(refused)[0] / 1_000:.1f} s at least"
    figures.add("answers to the stuck token when held for ever", text, holds=holds)
    times = _times(meanwhile)
    is_well = all(reply.status == 200 for reply in meanwhile) and times[len(times) // 2] < 100
    figures.add("another token, median / most", f"{times[len(times) // 2]:.1f} / {times[-1]:.1f} ms", holds=is_well)
    figures.add("the stuck token once the lock is free", after.status, holds=after.status == 200)
    figures.add("slots and reservations back to 0 after", seconds)
    return lambda end: figures


async def _call_once(world: Rig, token: str) -> Reply:
    caller = world.caller(token)
    try:
        return await caller.call(chat("n=1"))
    finally:
        caller.close()


def _times(replies: Sequence[Reply]) -> list[float]:
    """How long each took, in milliseconds, ascending."""
    return sorted((reply.ended_ns - reply.begun_ns) / 1e6 for reply in replies)


def _outage(world: Rig, name: str) -> AbstractAsyncContextManager[None]:
    what, how = name.split(" ")[:2]
    match how.rstrip(","):
        case "frozen":
            return _frozen(world, what)
        case "locked":
            return _locked(world, what)
        case _:
            return _moved_away(world)


async def _suffer(
    world: Rig, name: str, outage: AbstractAsyncContextManager[None], issued: list[dict[str, str]], figures: Figures
) -> None:
    spare = await world.api.issue("spare")
    async with outage:
        before = await _call_all(world, issued)
        world.tollway.kill(world.tollway.pids()["worker"])
        after = await _call_all(world, issued)
        began = time.monotonic()
        status = await world.api.revoke(spare["id"], seconds=REVOKE_SECONDS_MAX)
        took = time.monotonic() - began
    back = await until_back(world)
    caller = Caller(world.tollway.gateway_url, spare["token"])
    is_in_force = status != 200 or (await caller.call(chat())).status == 401
    again = await world.api.revoke(spare["id"])
    refused = (await caller.call(chat())).status == 401
    caller.close()
    good = sum(reply.status == 200 for reply in before + after)
    figures.add(
        name,
        f"{good}/{2 * len(issued)} calls, revoke {status or 'unanswered'} in {took:.1f} s, back in {back:.1f} s",
        holds=good == 2 * len(issued) and is_in_force and status in (0, 200, 503) and again == 200 and refused,
    )
    return before + after


async def _call_all(world: Rig, issued: list[dict[str, str]]) -> list[Reply]:
    """One call with each token. The restart of a worker takes a moment: an unanswered call is tried again."""
    replies = []
    for token in issued:
        caller = Caller(world.tollway.gateway_url, token["token"])
        deadline = time.monotonic() + 15
        while not (reply := await caller.call(chat("n=2"), timeout_seconds=15)).status and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        replies.append(reply)
        caller.close()
    return replies


@asynccontextmanager
async def _frozen(world: Rig, role: str) -> AsyncIterator[None]:
    pid = world.tollway.pids()[role]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def _locked(world: Rig, name: str) -> AsyncIterator[None]:
    """Somebody else holds the database's write lock; nothing is written by them."""
    connection = sqlite3.connect(world.tollway.data / name, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@asynccontextmanager
async def _moved_away(world: Rig) -> AsyncIterator[None]:
    """The file is not there and the console has to start without it."""
    data = world.tollway.data
    names = ["config.db", "config.db-wal", "config.db-shm"]
    world.tollway.kill(world.tollway.pids()["console"])
    aside = data / "aside"
    aside.mkdir()
    for name in names:
        if (data / name).exists():
            (data / name).rename(aside / name)
    await asyncio.sleep(5)
    try:
        yield
    finally:
        assert not (data / "config.db").exists(), "an empty database was made in place of the one that is gone"
        for path in list(aside.iterdir()):
            path.rename(data / path.name)
        aside.rmdir()
