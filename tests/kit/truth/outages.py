"""Console, ledger or database down or frozen: every token keeps working, nothing is lost, recovery by itself."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from kit.evidence import TokenMeters
from kit.load import Caller, Reply, chat
from kit.truth.rig import GENEROUS, Figures, Rig, rig, until_back

REVOKE_SECONDS_MAX = 20.0


async def run(*, tokens: int = 5) -> Figures:
    """One outage after the other on the same installation."""
    async with rig(workers=1) as world:
        issued = [await world.api.issue(f"t{number}", GENEROUS) for number in range(tokens)]
        figures = Figures("outages: calls answered with every token, before and after a worker restart")
        for name, outage in {
            "console frozen": _frozen(world, "console"),
            "ledger frozen": _frozen(world, "ledger"),
            "config database locked": _locked(world, "config.db"),
            "ledger database locked": _locked(world, "ledger.db"),
            "config database gone, console killed": _moved_away(world),
        }.items():
            await _suffer(world, name, outage, issued, figures)
        _, served, books = await world.end()
        lost = [call for call in served if len(books.calls.get(call.trace, ())) != 1]
        figures.add(
            "requests the upstream saw / without exactly one record", f"{len(served)} / {len(lost)}", holds=not lost
        )
        return figures


async def run_meters_lock(*, calls: int = 20) -> Figures:
    """Another process holds the lock of one token's meters and does not run: only that token waits, and briefly."""
    async with rig(workers=1) as world:
        stuck, free = await world.api.issue("stuck", GENEROUS), await world.api.issue("free", GENEROUS)
        await world.caller(stuck["token"]).call(chat())
        meters = TokenMeters(world.tollway.data, stuck["id"])
        figures = Figures("the meters lock of one token is held by a stopped process")
        with meters.held():
            crowd = world.crowd()
            for _ in range(50):
                crowd.add(world.caller(stuck["token"]), lambda: chat("n=1"), lambda: 0.01)
            await asyncio.sleep(1.5)
            other = [await world.caller(free["token"]).call(chat("n=1")) for _ in range(calls)]
            replies = await crowd.stop()
        after = await world.caller(stuck["token"]).call(chat())
        await asyncio.sleep(1.5)
        is_idle = meters.is_idle()
        meters.close()
        codes = {(reply.status, reply.code) for reply in replies}
        figures.add("answers of the stuck token", codes, holds=codes == {(503, "gateway.meters_unavailable")})
        times = sorted((reply.ended_ns - reply.begun_ns) / 1e6 for reply in other)
        is_well = all(reply.status == 200 for reply in other)
        figures.add(
            "another token meanwhile, median / most",
            f"{times[len(times) // 2]:.1f} / {times[-1]:.1f} ms",
            holds=is_well and times[-1] < 250,
        )
        figures.add("the stuck token after the lock fell", after.status, holds=after.status == 200)
        figures.add("slots and reservations back to 0", is_idle, holds=is_idle)
        return figures


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
