"""Limits of every measure at every level, and at several levels at once, used up by a crowd.

Each round gives one owner one limit, lets a crowd call until nobody is let in any more, and holds what the upstream saw
against the limit, the meters and the ledger.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kit.counting_upstream import INPUT_TOKENS, Served
from kit.evidence import CallMeters
from kit.load import CHAT_PATH, Crowd, Reply, chat
from kit.truth.limits import INPUT_NANOS, OUTPUT_NANOS
from kit.truth.rig import End, Figures, Judge, Rig
from tollway.adapters.meters import MeterState
from tollway.adapters.meters.leases import CALLS_AHEAD

OUTPUT_TOKENS, OUTPUT_MAX = 5, 8
BODY = chat(f"n={OUTPUT_TOKENS} delay=4", max_tokens=OUTPUT_MAX)
CALL_NANOS = INPUT_TOKENS * INPUT_NANOS + OUTPUT_TOKENS * OUTPUT_NANOS
QUIET_SECONDS = 0.4
REFUSED_MIN = 20
"""Nobody was let in for so long, and so many were refused: it is used up."""


@dataclass(frozen=True)
class Kind:
    """A measure: how much is allowed, how much one call of BODY uses, and the most that one call may reserve."""

    amount: int
    used: int
    reserved: int


KINDS: dict[str, Kind] = {
    "requests": Kind(50, 1, 1),
    "input_tokens": Kind(1_200, INPUT_TOKENS, len(BODY)),
    "output_tokens": Kind(250, OUTPUT_TOKENS, OUTPUT_MAX),
    "total_tokens": Kind(1_500, INPUT_TOKENS + OUTPUT_TOKENS, len(BODY) + OUTPUT_MAX),
    # The dearest service tier costs less than twice the usual one.
    "cost": Kind(5_000_000, CALL_NANOS, 2 * (len(BODY) * INPUT_NANOS + OUTPUT_MAX * OUTPUT_NANOS)),
    "bytes": Kind(20_000, 0, 2_000),
    "concurrency": Kind(3, 1, 1),
}
FAR = 100_000
"""So many times as much is allowed where limits are far."""
LEVELS = ("token", "plan", "application", "team", "user", "global", "model", "provider", "service")
SERVICE_KINDS = ("requests", "bytes", "concurrency")
"""What a service has limits of: what its answers say of tokens and money nobody reads."""
SERVICE_PATH = "/counted/chat/completions"
LEFT_SECONDS = 0.05
"""A call is settled so soon after its answer was read, also where the machine is busy."""
WINDOWS: dict[str, dict[str, object]] = {
    "day": {"period": "day", "zone": "Asia/Tokyo"},
    "total": {"period": "total"},
    "slides": {"window_seconds": 7_200},
}


TOGETHER = (
    ({"token": "requests", "plan": "cost", "application": "output_tokens", "team": "total_tokens"}, "day"),
    ({"global": "total_tokens", "model": "input_tokens", "provider": "cost", "plan": "concurrency"}, "slides"),
    ({"token": "bytes", "team": "requests", "global": "cost"}, "total"),
    ({"user": "total_tokens", "token": "cost", "plan": "requests", "provider": "output_tokens"}, "day"),
    ({"service": "requests", "token": "bytes", "team": "concurrency"}, "slides"),
)
"""Measures by level, and how they are counted: several at once."""


@dataclass
class Round:
    """One round: the limits by level, what became of the calls, and what the meters show at its end."""

    limits: dict[str, str]
    window: str
    replies: list[Reply]
    states: dict[str, MeterState]
    kills: int = 0
    in_flight: int = 0
    owners: dict[str, str] = field(default_factory=dict)
    is_far: bool = False
    """Whether so much was allowed that workers took room ahead and nobody was refused."""


async def levels(
    world: Rig,
    *,
    rounds: Sequence[tuple[dict[str, str], str]] = TOGETHER,
    clients: int = 30,
    kills: int = 0,
    is_far: bool = False,
) -> Judge:
    """Play rounds of (measure by level, window); with kills, workers die while the crowd calls.

    Where limits are far, they are so all the time, and room is taken ahead; else a round goes on until nothing is left.
    """
    played = [
        await _play(world, at, Round(limits, window, [], {}, kills, is_far=is_far), clients)
        for at, (limits, window) in enumerate(rounds)
    ]

    def judge(end: End) -> Figures:
        far = "far " if is_far else ""
        figures = Figures(
            f"{far}limits of every level, {clients} clients, {world.tollway.workers} workers, {kills} kills"
        )
        for one in played:
            _judge(one, end, figures)
        return figures

    return judge


async def _play(world: Rig, at: int, one: Round, clients: int) -> Round:
    limits, window, name = one.limits, one.window, f"{'far' if one.is_far else 'r'}{at}"
    one.owners, token = await _owners(world, name, is_personal="user" in limits)
    for level, measure in limits.items():
        rule = _rule(f"{name} {measure}", measure, window, FAR if one.is_far else 1)
        await _limit(world, level, one.owners[level], {"limits": [rule]})
    crowd = world.crowd()
    path = SERVICE_PATH if "service" in limits else CHAT_PATH
    for _ in range(clients):
        crowd.add(world.caller(token, path=path), lambda: BODY, lambda: 0.0 if one.is_far else 0.02)
    for _ in range(one.kills):
        await asyncio.sleep(0.15)
        one.in_flight += crowd.in_flight
        workers = [pid for role, pid in world.tollway.pids().items() if role.startswith("worker")]
        world.tollway.kill(world.chance.choice(workers))
    meters = CallMeters(world.tollway.data, one.owners["token"], "gpt-4o", one.owners["service"])
    if one.is_far or {*limits.values()} == {"concurrency"}:
        await _for_a_while()
    else:
        await _until_quiet(crowd, meters)
    one.replies = await crowd.stop()
    await _until_idle(meters)
    one.states = {f"{state.claim.owner_kind}/{state.claim.measure}": state for state in meters.read()}
    meters.close()
    for level in limits:
        await _limit(world, level, one.owners[level], {})
    return one


async def _owners(world: Rig, name: str, *, is_personal: bool) -> tuple[dict[str, str], str]:
    """Make an owner of each level; return their ids and a token that they all hold for.

    A token is an application's or, when `is_personal`, a service account's.
    """
    team = (await _ask(world, "POST", "/teams", {"name": name}))["id"]
    plan = (await _ask(world, "POST", "/plans", {"name": name}))["id"]
    application = (await _ask(world, "POST", "/applications", {"name": name, "team_id": team}))["id"]
    account = await _account(world, name, team) if is_personal else ""
    provider = (await _ask(world, "GET", "/providers"))["items"][0]["id"]
    owner = {"owner_id": account} if is_personal else {"application_id": application}
    token = await _ask(world, "POST", "/tokens", {"name": name, "plan_id": plan, **owner})
    ids = {"token": token["id"], "plan": plan, "application": application, "team": team, "user": account}
    fixed = {"global": "global", "model": "gpt-4o", "provider": provider, "service": await _service(world)}
    return {**ids, **fixed}, token["token"]


async def _account(world: Rig, name: str, team: str) -> str:
    """Return the id of a service account, for which a person answers who has set a password."""
    invited = await _ask(world, "POST", "/users", {"name": f"{name}-person", "role": "developer", "team_ids": [team]})
    link_token = invited["link"]["url"].partition("token=")[2]
    await _ask(world, "POST", "/welcome", {"link_token": link_token, "password": f"only for {link_token}"})
    body = {"name": name, "role": "developer", "team_id": team, "owner_id": invited["user"]["id"]}
    return str((await _ask(world, "POST", "/service-accounts", body))["id"])


async def _service(world: Rig) -> str:
    """Return the id of a service in front of the counting upstream, made where there is none."""
    services = (await _ask(world, "GET", "/services"))["items"]
    known = next((service["id"] for service in services if service["name"] == "counted"), None)
    if known is not None:
        return str(known)
    url = f"http://127.0.0.1:{world.upstream.port}/v1"
    body = {"name": "counted", "path_prefix": "/counted", "base_url": url, "allow_private": True, "strip_prefix": True}
    return str((await _ask(world, "POST", "/services", body))["id"])


async def _limit(world: Rig, level: str, owner_id: str, limits: dict[str, object]) -> None:
    if level == "plan":
        await _ask(world, "PATCH", f"/plans/{owner_id}", {"limits": limits})
    else:
        await _ask(world, "PUT", f"/limits/{level}/{owner_id}", limits)


def _rule(name: str, measure: str, window: str, far: int) -> dict[str, object]:
    """A limit is known by its name, and what was counted stays: each round has its own."""
    most = KINDS[measure].amount * far
    amount: dict[str, object] = {"amount": most}
    if measure == "cost":
        amount = {"amount_usd": f"{most / 1e9:.9f}"}
    return {"name": name, "measure": measure, **amount, **({} if measure == "concurrency" else WINDOWS[window])}


async def _ask(world: Rig, method: str, path: str, body: object = None) -> dict[str, Any]:
    status, answer = await world.api.ask(method, path, body)
    assert 200 <= status < 300, (method, path, status, answer)
    return dict(answer or {})


async def _for_a_while() -> None:
    await asyncio.sleep(0.7)


async def _until_quiet(crowd: Crowd, meters: CallMeters) -> None:
    quiet_since, seen, refused = time.monotonic(), 0, 0
    while time.monotonic() - quiet_since < QUIET_SECONDS or refused < REFUSED_MIN:
        latest = [reply.status for reply in crowd.replies[seen:]]
        refused += latest.count(429)
        # What calls under way have reserved comes back when they end, which on a busy machine takes its time.
        if 200 in latest or any(state.reserved for state in meters.read()):
            quiet_since, refused = time.monotonic(), 0
        seen += len(latest)
        await asyncio.sleep(0.02)


async def _until_idle(meters: CallMeters) -> None:
    """Calls are settled just after their answers, and those of dead workers within a second."""
    deadline = time.monotonic() + 5
    while any(state.reserved for state in meters.read()) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


def _judge(one: Round, end: End, figures: Figures) -> None:
    served = end.seen_of(one.replies)
    where = " and ".join(f"{measure} of {level}" for level, measure in one.limits.items()) + f", {one.window}"
    passed = sum(reply.status == 200 for reply in one.replies)
    refused = [reply for reply in one.replies if reply.status == 429]
    usual = {200, 429, 0, 502} if one.kills else {200, 429}
    unusual = [reply.code or reply.fault for reply in one.replies if reply.status not in usual]
    text = f"{passed} / {len(refused)}" + (f", and {len(unusual)} {sorted(set(unusual))}" if unusual else "")
    figures.add(f"{where}: let through / refused", text, holds=not unusual and bool(refused) != one.is_far)
    told = [str(json.loads(reply.body)) for reply in refused]
    is_named = all(any(_names(level, text) for level in one.limits) for text in told)
    figures.add("  refusals name the rule and its level", len(told), holds=is_named)
    for level, measure in one.limits.items():
        _judge_limit(one, level, measure, served, end, figures)
    _judge_full(one, figures)


def _names(level: str, text: str) -> bool:
    owner = {"plan": "of this token in the plan", "global": "of this installation"}.get(level, f"of this {level}")
    return owner in text


def _judge_limit(one: Round, level: str, measure: str, served: list[Served], end: End, figures: Figures) -> None:
    kind = KINDS[measure]
    allowed = kind.amount * (FAR if one.is_far else 1)
    state = one.states[f"{'token' if level == 'plan' else level}/{measure}"]
    if measure == "concurrency":
        most = _most_at_once(served)
        figures.add("  most at once / allowed", f"{most} / {allowed}", holds=most <= allowed)
        figures.add("  in flight at the end", state.used, holds=state.used == 0)
        return
    used = _used(measure, one, served)
    # Nobody knows how long an answer gets: those that were under way when there was room last go beyond it.
    beyond = _answers_at_once(one.replies) if measure == "bytes" else 0
    holds = used <= allowed + beyond and state.limit == allowed
    text = f"{used} / {allowed}" + (f" and at most {beyond} of answers under way" if beyond else "")
    figures.add(f"  {measure} used / allowed", text, holds=holds)
    lost = one.in_flight * kind.reserved
    # A kill while room is taken ahead or given back, some microseconds of ten milliseconds, charges all of it.
    ahead = CALLS_AHEAD * kind.reserved
    # A call that dies is charged what it had reserved, in which nothing is of its answer's bytes.
    longest = max((len(reply.body) for reply in one.replies if reply.status == 200), default=0)
    unsettled = one.in_flight * longest if measure == "bytes" else 0
    # A provider is asked last: a call that it has no room for was a request at every other level.
    at_provider = sum(b"of this provider" in reply.body for reply in one.replies) if measure == "requests" else 0
    is_equal = (
        used <= state.used <= used + at_provider
        if not one.kills
        else used - unsettled <= state.used <= used + lost + one.kills * ahead
        if one.is_far
        else used - unsettled <= state.used <= max(used + lost, allowed + lost)
    )
    figures.add("  meters = upstream", f"{state.used} = {used}", holds=is_equal and not state.reserved)
    if one.window != "slides" and measure != "bytes":
        charged = _charged(end, state, {reply.trace for reply in one.replies})
        is_equal = used <= charged <= used + at_provider if not one.kills else charged <= state.used
        figures.add("  ledger = upstream", f"{charged} = {used}", holds=is_equal)


def _judge_full(one: Round, figures: Figures) -> None:
    """The crowd was refused for a reason: there was no room for one call more in one of the limits."""
    kinds = {measure: KINDS[measure] for measure in one.limits.values() if measure != "concurrency"}
    if not kinds or one.is_far:
        return
    lost = one.in_flight
    # As the meters have it: what a provider refused was a request at other levels all the same.
    used = {state.claim.measure: state.used for state in one.states.values()}
    left = {name: kind.amount - used[name] for name, kind in kinds.items()}
    is_full = any(rest < kinds[name].reserved * (1 + lost) for name, rest in left.items())
    figures.add("  left of each at the end", ", ".join(f"{n} {rest}" for n, rest in left.items()), holds=is_full)


def _used(measure: str, one: Round, served: list[Served]) -> int:
    if measure == "bytes":
        return sum(len(BODY) + len(reply.body) for reply in one.replies if reply.status == 200)
    outputs = sum(call.output_tokens for call in served)
    inputs = INPUT_TOKENS * len(served)
    units: dict[str, Callable[[], int]] = {
        "requests": lambda: len(served),
        "input_tokens": lambda: inputs,
        "output_tokens": lambda: outputs,
        "total_tokens": lambda: inputs + outputs,
        "cost": lambda: inputs * INPUT_NANOS + outputs * OUTPUT_NANOS,
    }
    return units[measure]()


def _charged(end: End, state: MeterState, traces: set[str]) -> int:
    claim = state.claim
    records = [record for trace in traces for record in end.books.calls.get(trace, ())]
    return sum(
        charge.nanos
        for record in records
        for charge in record.charges
        if (charge.owner_id, charge.budget_id) == (claim.owner_id, claim.charge_id)
    )


def _answers_at_once(replies: list[Reply]) -> int:
    """The most bytes of answers that were under way, or not settled yet, at one instant."""
    passed = [reply for reply in replies if reply.status == 200]
    left_ns = int(LEFT_SECONDS * 10**9)
    edges = [(reply.begun_ns, len(reply.body)) for reply in passed]
    edges += [(reply.ended_ns + left_ns, -len(reply.body)) for reply in passed]
    most = now = 0
    for _, change in sorted(edges, key=lambda edge: (edge[0], -edge[1])):
        now += change
        most = max(most, now)
    return most


def _most_at_once(served: list[Served]) -> int:
    edges = sorted([(call.begun_ns, 1) for call in served] + [(call.ended_ns, -1) for call in served if call.ended_ns])
    most = now = 0
    for _, change in edges:
        now += change
        most = max(most, now)
    return most
