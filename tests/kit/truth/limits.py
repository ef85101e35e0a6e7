"""Request limits and budgets under more load than they allow, checked against what the upstream saw."""

import asyncio
import time

from kit.counting_upstream import INPUT_TOKENS, Served
from kit.evidence import TokenMeters
from kit.load import Crowd, Reply, chat
from kit.truth.rig import Figures, Rig, rig

INPUT_NANOS, OUTPUT_NANOS = 2_500, 10_000
"""What a token of gpt-4o costs."""
USD = 1_000_000_000


async def run_rate(
    *, workers: int, limit: int, window_seconds: int, windows: int, clients: int, kills: int = 0
) -> Figures:
    """`clients` ask for ten times the limit for some windows; with kills, a worker dies now and then."""
    async with rig(workers) as world:
        limits = {"requests": [{"requests": limit, "window_seconds": window_seconds}]}
        token = await world.api.issue("limited", limits)
        crowd = world.crowd()
        pause = clients / (10 * limit / window_seconds)
        for _ in range(clients):
            crowd.add(world.caller(token["token"]), lambda: chat("n=1"), lambda: world.chance.uniform(0, 2 * pause))
        lost = await _spend_time(world, crowd, windows * window_seconds + 0.5, kills)
        replies = await crowd.stop()
        _, served, books = await world.end()
    window_ns = window_seconds * 10**9
    behind = time.time_ns() - time.monotonic_ns()
    times = sorted(call.begun_ns for call in served)
    # A call is counted when it is let through and seen a little later; both ends of a window may be off by that much.
    travel = [
        call.begun_ns - (books.calls[call.trace][0].started_ns - behind) for call in served if call.trace in books.calls
    ]
    most = most_in_a_window(times, window_ns - max(travel))
    span = sum(1 for at in times if at < times[0] + windows * window_ns)
    figures = Figures(
        f"{clients} clients at 10 x a limit of {limit} in {window_seconds} s, {workers} workers, {kills} kills"
    )
    refused = sum(reply.status == 429 for reply in replies)
    figures.add("asked / let through / refused", f"{len(replies)} / {len(served)} / {refused}")
    figures.add("from the gateway to the upstream at most", f"{max(travel) / 1e6:.0f} ms")
    figures.add("most in any window less that, at the upstream", most, holds=most <= limit)
    let = most_in_a_window(
        [books.calls[call.trace][0].started_ns for call in served if call.trace in books.calls], window_ns
    )
    figures.add("most in any window, at the gateway", let, holds=let <= limit)
    figures.add("most in any window, at the upstream", most_in_a_window(times, window_ns))
    least = 0.99 * limit * windows - lost
    figures.add(f"in {windows} windows / at least", f"{span} / {least:.0f}", holds=span >= least)
    figures.add("of the limit", span / (limit * windows))
    return figures


async def run_budget(*, clients: int, budget_usd: int = 1, is_bounded: bool) -> Figures:
    """`clients` spend a budget until nobody is let through any more."""
    async with rig(workers=2) as world:
        token = await world.api.issue("spender", {"budgets": [{"limit_usd": str(budget_usd), "period": "total"}]})
        meters = TokenMeters(world.tollway.data, token["id"])
        crowd = world.crowd()
        body = chat("n=100 delay=20", max_tokens=100) if is_bounded else chat("n=1500 delay=20", max_tokens=None)
        tasks = [crowd.add(world.caller(token["token"]), lambda: body, lambda: 0.2) for _ in range(clients)]
        samples = await _watch(meters, crowd, budget_usd * USD)
        replies = await crowd.stop()
        assert len(tasks) == clients
        state = meters.read()["budget"]
        meters.close()
        _, served, books = await world.end()
    return _judge(
        replies,
        served,
        samples,
        (state.spent_nanos, state.reserved_nanos, books.spent[token["id"]]),
        budget_usd * USD,
        is_bounded,
    )


def most_in_a_window(times: list[int], window_ns: int) -> int:
    """The largest number of instants in any half-open window."""
    times = sorted(times)
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= window_ns:
            first += 1
        most = max(most, last - first + 1)
    return most


async def _spend_time(world: Rig, crowd: Crowd, seconds: float, kills: int) -> int:
    """Wait, killing workers at even intervals; return how many calls were in flight at the kills."""
    in_flight = 0
    for _ in range(kills):
        await asyncio.sleep(seconds / (kills + 1))
        workers = [pid for role, pid in world.tollway.pids().items() if role.startswith("worker")]
        in_flight += crowd.in_flight
        world.tollway.kill(world.chance.choice(workers))
    await asyncio.sleep(seconds / (kills + 1))
    return in_flight


async def _watch(meters: TokenMeters, crowd: Crowd, limit: int) -> tuple[int, int]:
    """Sample until everybody is refused; return (samples, the most that was spent and reserved at once)."""
    samples = most = 0
    quiet_since = time.monotonic()
    seen = 0
    while time.monotonic() - quiet_since < 1.5:
        used = min(meters.read()["budget"].used for _ in range(3))  # A read between two stores shows a call twice.
        most = max(most, used)
        samples += 1
        passed = sum(reply.status == 200 for reply in crowd.replies[seen:]) if len(crowd.replies) > seen else 0
        seen = len(crowd.replies)
        if passed or not seen:
            quiet_since = time.monotonic()
        await asyncio.sleep(0.005)
    return samples, most


def _judge(
    replies: list[Reply],
    served: list[Served],
    samples: tuple[int, int],
    sums: tuple[int, int, int],
    limit: int,
    is_bounded: bool,
) -> Figures:
    spent, reserved, ledger = sums
    paid = sum(INPUT_TOKENS * INPUT_NANOS + call.output_tokens * OUTPUT_NANOS for call in served)
    kind = "bounded" if is_bounded else "unbounded"
    figures = Figures(f"a budget of {limit / USD:.0f} USD, {kind} requests")
    passed = [reply for reply in replies if reply.status == 200]
    others = {reply.status for reply in replies} - {200, 402, 429}
    figures.add("let through / refused", f"{len(passed)} / {len(replies) - len(passed)}", holds=not others)
    figures.add(
        "samples / most spent + reserved (USD)", f"{samples[0]} / {samples[1] / USD:.6f}", holds=samples[1] <= limit
    )
    figures.add("upstream's cost / limit (USD)", f"{paid / USD:.6f} / {limit / USD:.6f}", holds=paid <= limit)
    figures.add("overshoot (USD)", f"{max(0, paid - limit) / USD:.6f}", holds=paid <= limit)
    figures.add(
        "meters = ledger = upstream", f"{spent} = {ledger} = {paid}", holds=spent == ledger == paid and not reserved
    )
    if not is_bounded:
        capped = sum("x-tollway-output-cap" in reply.headers for reply in passed)
        figures.add("answers with x-tollway-output-cap", capped, holds=capped == len(passed))
    return figures
