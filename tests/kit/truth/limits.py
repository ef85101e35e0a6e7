"""Request limits and budgets under more load than they allow, checked against what the upstream saw."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable

from kit.counting_upstream import INPUT_TOKENS
from kit.evidence import TokenMeters
from kit.load import Crowd, chat
from kit.truth.rig import End, Figures, Judge, Rig
from tollway.contract.records import CloseRecord

INPUT_NANOS, OUTPUT_NANOS = 2_500, 10_000
"""What a token of gpt-4o costs."""
USD = 1_000_000_000


async def rate(world: Rig, *, limit: int, window_seconds: int, windows: int, clients: int, kills: int = 0) -> Judge:
    """`clients` ask for ten times the limit for some windows; with kills, a worker dies now and then."""
    token = await world.api.issue("limited", {"requests": [{"requests": limit, "window_seconds": window_seconds}]})
    crowd = world.crowd()
    pause = clients / (10 * limit / window_seconds)
    for _ in range(clients):
        crowd.add(world.caller(token["token"]), lambda: chat("n=1"), lambda: world.chance.uniform(0, 2 * pause))
    lost = await _spend_time(world, crowd, windows * window_seconds + 0.5, kills)
    replies = await crowd.stop()
    behind = time.time_ns() - time.monotonic_ns()
    title = (
        f"{clients} clients at 10 x {limit} calls in {window_seconds} s, {world.tollway.workers} workers, {kills} kills"
    )

    def judge(end: End) -> Figures:
        served = end.seen_of(replies)
        figures = Figures(title)
        refused = sum(reply.status == 429 for reply in replies)
        figures.add("asked / let through / refused", f"{len(replies)} / {len(served)} / {refused}")
        window_ns = window_seconds * 10**9
        spans = [admitted_between(end.record_of(call.trace), behind) for call in served]
        let = [begun for begun, _ in spans]
        most = surely_in_a_window(spans, window_ns)
        figures.add("most in any window, let through by the gateway", most, holds=most <= limit)
        # Seen a little later than let through: both ends of a window at the upstream may be off by that much.
        travel = max(call.begun_ns - at for call, at in zip(served, let, strict=True))
        figures.add("longest way from the gateway to the upstream", f"{travel / 1e6:.0f} ms")
        seen = [call.begun_ns for call in served]
        most = most_in_a_window(seen, window_ns - travel)
        figures.add("most in any window less that, at the upstream", most, holds=most <= limit)
        passed = sum(at < seen[0] + windows * window_ns for at in seen)
        # A machine that let the clients wait may not have asked for all of it: whoever counts exactly would not either.
        asked = {reply.trace: reply.begun_ns for reply in replies}
        late = max(call.begun_ns - asked[call.trace] for call in served)
        until = seen[0] + windows * window_ns - late
        exact = most_of([at for at in asked.values() if at < until], limit, window_ns)
        least = 0.99 * min(limit * windows, exact) - lost
        figures.add(f"in {windows} windows / at least", f"{passed} / {least:.0f}", holds=passed >= least)
        return figures

    return judge


def most_of(asked: Iterable[int], limit: int, window_ns: int) -> int:
    """Return how many of the requests that were asked at these instants an exact sliding limit lets through."""
    through: deque[int] = deque(maxlen=limit)
    count = 0
    for at in sorted(asked):
        if len(through) < limit or through[0] <= at - window_ns:
            through.append(at)
            count += 1
    return count


async def budget(world: Rig, *, clients: int, is_bounded: bool, limit_usd: str = "1") -> Judge:
    """`clients` spend a budget until nobody is let through any more."""
    token = await world.api.issue("spender", {"budgets": [{"limit_usd": limit_usd, "period": "total"}]})
    limit = round(float(limit_usd) * USD)
    meters = TokenMeters(world.tollway.data, token["id"])
    crowd = world.crowd()
    body = chat("n=100 delay=20", max_tokens=100) if is_bounded else chat("n=1500 delay=20", max_tokens=None)
    for _ in range(clients):
        crowd.add(world.caller(token["token"]), lambda: body, lambda: 0.2)
    samples = await _watch(meters, crowd)
    replies = await crowd.stop()
    state = meters.read()["cost"]
    meters.close()
    kind = "bounded" if is_bounded else "unbounded"

    def judge(end: End) -> Figures:
        served = end.seen_of(replies)
        figures = Figures(f"a budget of {limit_usd} USD, {clients} clients, {kind} requests")
        passed = [reply for reply in replies if reply.status == 200]
        others = {reply.status for reply in replies} - {200, 402, 429}
        figures.add("let through / refused", f"{len(passed)} / {len(replies) - len(passed)}", holds=not others)
        text = f"{samples[0]} / {samples[1] / USD:.6f}"
        figures.add("samples / most spent + reserved (USD)", text, holds=samples[1] <= limit)
        paid = sum(INPUT_TOKENS * INPUT_NANOS + call.output_tokens * OUTPUT_NANOS for call in served)
        figures.add("upstream's cost / limit (USD)", f"{paid / USD:.6f} / {limit / USD:.6f}", holds=paid <= limit)
        figures.add("overshoot (USD)", f"{max(0, paid - limit) / USD:.6f}", holds=paid <= limit)
        spent, ledger = state.spent, end.books.spent[token["id"]]
        is_equal = spent == ledger == paid and not state.reserved
        figures.add("meters = ledger = upstream (nano-USD)", f"{spent} = {ledger} = {paid}", holds=is_equal)
        if not is_bounded:
            capped = sum("x-tollway-output-cap" in reply.headers for reply in passed)
            figures.add("answers with x-tollway-output-cap", capped, holds=capped == len(passed))
        return figures

    return judge


def admitted_between(record: CloseRecord, behind_ns: int) -> tuple[int, int]:
    """The monotonic instants between which a call was let through: on a busy machine they lie far apart."""
    begun_ns = record.started_ns - behind_ns
    return begun_ns, begun_ns + 1_000 * (sum(record.stages_us[:4]) + 4)  # of four stages, each cut to a microsecond


def surely_in_a_window(spans: list[tuple[int, int]], window_ns: int) -> int:
    """The largest number of instants in any half-open window, when all that is known of each is where it lies."""
    return max((sum(at <= first and last < at + window_ns for first, last in spans) for at, _ in spans), default=0)


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


async def _watch(meters: TokenMeters, crowd: Crowd) -> tuple[int, int]:
    """Sample until everybody is refused; return (samples, the most that was spent and reserved at once)."""
    samples = most = 0
    quiet_since = time.monotonic()
    seen = 0
    while time.monotonic() - quiet_since < 1.5:
        used = min(meters.read()["cost"].used for _ in range(3))  # A read between two stores shows a call twice.
        most = max(most, used)
        samples += 1
        passed = sum(reply.status == 200 for reply in crowd.replies[seen:]) if len(crowd.replies) > seen else 0
        seen = len(crowd.replies)
        if passed or not seen:
            quiet_since = time.monotonic()
        await asyncio.sleep(0.005)
    return samples, most
