"""kill -9 of random processes under load: what the upstream saw, the books, the meters and the tokens agree."""

import asyncio
from dataclasses import dataclass, field

from kit.counting_upstream import INPUT_TOKENS, Served
from kit.evidence import TokenMeters
from kit.load import Caller, Crowd, chat, until
from kit.truth.rig import GENEROUS, End, Figures, Judge, Rig, until_back
from tollway.contract.records import CloseRecord

ROLES = ("worker", "worker-2") * 6 + ("ledger",) * 3 + ("console",) * 2 + ("supervisor",) * 2
WRITES_PER_SECOND = 20


@dataclass
class Writes:
    """Management writes and which of them were acknowledged."""

    issued: dict[str, str] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    maybe_revoked: set[str] = field(default_factory=set)
    failed: int = 0

    async def go_on(self, world: Rig, stop: asyncio.Event) -> None:
        """Issue and revoke in turn until told to stop."""
        number = 0
        while not stop.is_set():
            number += 1
            alive = [token_id for token_id in self.issued if token_id not in self.revoked | self.maybe_revoked]
            if number % 2 and len(alive) > 5:
                await self._revoke(world, world.chance.choice(alive))
            else:
                await self._issue(world, f"w{number}")
            await asyncio.sleep(1 / WRITES_PER_SECOND)

    async def _issue(self, world: Rig, name: str) -> None:
        status, token = await world.api.ask("POST", "/tokens", {"name": name}, seconds=10)
        if status == 201:
            self.issued[token["id"]] = token["token"]
        else:
            self.failed += 1

    async def _revoke(self, world: Rig, token_id: str) -> None:
        if await world.api.revoke(token_id, seconds=10) == 200:
            self.revoked.add(token_id)
        else:
            self.maybe_revoked.add(token_id)
            self.failed += 1


async def kills(world: Rig, *, count: int, clients: int, pause_seconds: tuple[float, float] = (0.3, 1.0)) -> Judge:
    """Kill `count` times at random while `clients` call and tokens are issued and revoked."""
    token = await world.api.issue("loaded", GENEROUS)
    meters = TokenMeters(world.tollway.data, token["id"])
    crowd, writes, stop = world.crowd(), Writes(), asyncio.Event()
    for number in range(clients):
        crowd.add(world.caller(token["token"]), lambda number=number: _body(world, number), lambda: 0.01)
    writing = asyncio.create_task(writes.go_on(world, stop))
    await asyncio.sleep(1)
    killed, in_flight = await _kill(world, crowd, count, pause_seconds)
    await asyncio.sleep(1)
    stop.set()
    await writing
    replies = await crowd.stop()
    seconds = await until(meters.is_idle, 10)
    spent = meters.read()["cost"].spent
    meters.close()
    await until_back(world)
    tried = await _try_tokens(world, writes)

    def judge(end: End) -> Figures:
        figures = Figures(f"kill -9 of random processes, {clients} clients, 2 workers, 20 management writes/s")
        figures.add("kills", ", ".join(f"{role} {number}" for role, number in sorted(killed.items())))
        figures.add("calls by clients", f"{len(replies)}, answered whole {sum(reply.is_whole for reply in replies)}")
        records = [record for record in end.books.opened if record.token_id == token["id"]]
        _check_records(end, end.seen_of(replies), records, in_flight, figures)
        _check_writes(writes, end.token_states, tried, figures)
        integrity = end.books.integrity
        figures.add("integrity_check", ", ".join(integrity), holds=integrity == ("ok", "ok"))
        figures.add("slots and reservations back to 0 after", f"{seconds:.2f} s", holds=seconds <= 5)
        _check_money(spent, end.books.spent[token["id"]], records, killed["worker"], figures)
        return figures

    return judge


def _body(world: Rig, number: int) -> bytes:
    chance = world.chance
    if number % 2:
        return chat(f"n={chance.randrange(1, 8)} delay={chance.randrange(20)}")
    return chat(f"n={chance.randrange(1, 8)} pause={chance.randrange(1, 15)}", stream=True)


async def _kill(world: Rig, crowd: Crowd, kills: int, pause_seconds: tuple[float, float]) -> tuple[dict[str, int], int]:
    killed = {"worker": 0}
    in_flight = done = 0
    while done < kills:
        role = world.chance.choice(ROLES)
        pid = world.tollway.pids().get(role)
        if pid is not None:
            if role in ("worker", "worker-2", "supervisor"):
                in_flight += crowd.in_flight
            world.tollway.kill(pid)
            name = role.partition("-")[0]
            killed[name] = killed.get(name, 0) + 1
            done += 1
            if role == "supervisor":
                await asyncio.to_thread(world.tollway.start)
        await asyncio.sleep(world.chance.uniform(*pause_seconds))
    return killed, in_flight


async def _try_tokens(world: Rig, writes: Writes) -> tuple[int, int]:
    """Ask the gateway itself: (revoked tokens it accepts, good tokens it refuses)."""
    accepted = refused = 0
    for token_id, secret in writes.issued.items():
        if token_id in writes.maybe_revoked:
            continue
        caller = Caller(world.tollway.gateway_url, secret)
        status = (await caller.call(chat())).status
        caller.close()
        accepted += token_id in writes.revoked and status != 401
        refused += token_id not in writes.revoked and status != 200
    return accepted, refused


def _check_records(
    end: End, served: list[Served], records: list[CloseRecord], in_flight: int, figures: Figures
) -> None:
    calls = end.books.calls
    traces = {call.trace for call in served}
    missing = traces - calls.keys()
    twice = [record for record in records if len(calls[record.trace_id]) > 1]
    crashed = [record for record in records if record.outcome == "crashed"]
    figures.add("requests the upstream saw", len(served), holds=len(traces) == len(served))
    figures.add("without a record / with two", f"{len(missing)} / {len(twice)}", holds=not missing and not twice)
    figures.add("left open in the ledger", end.books.open_calls, holds=end.books.open_calls == 0)
    is_marked = all(record.usage.is_estimated for record in crashed)
    few = len(crashed) <= in_flight and is_marked
    figures.add("crashed records / in flight at the kills", f"{len(crashed)} / {in_flight}", holds=few)
    closed = [(call, record) for call in served for record in calls.get(call.trace, ())[:1]]
    whole = [(call, record) for call, record in closed if record.outcome == "ok"]
    wrong = [pair for pair in whole if not _is_equal(*pair)]
    figures.add("closed as ok / tokens differ from the upstream's", f"{len(whole)} / {len(wrong)}", holds=not wrong)


def _is_equal(call: Served, record: CloseRecord) -> bool:
    usage = record.usage
    return (call.how, usage.input_tokens, usage.output_tokens) == ("ok", INPUT_TOKENS, call.output_tokens)


def _check_writes(writes: Writes, states: dict[str, str], tried: tuple[int, int], figures: Figures) -> None:
    lost = [token_id for token_id in writes.issued if token_id not in states]
    risen = [token_id for token_id in writes.revoked if states.get(token_id) != "revoked"]
    figures.add("writes acknowledged / not", f"{len(writes.issued) + len(writes.revoked)} / {writes.failed}")
    figures.add("acknowledged and lost / revoked and alive", f"{len(lost)} / {len(risen)}", holds=not lost + risen)
    figures.add("gateway: revoked accepted / good refused", f"{tried[0]} / {tried[1]}", holds=tried == (0, 0))


def _check_money(meters: int, ledger: int, records: list[CloseRecord], workers_killed: int, figures: Figures) -> None:
    """A worker is one thread, so each kill can leave one call between record and settlement: charged in full."""
    charges = [charge.nanos for record in records for charge in record.charges]
    figures.add(
        "charged by records / the ledger (nano-USD)", f"{sum(charges)} / {ledger}", holds=sum(charges) == ledger
    )
    above, bound = meters - ledger, max(charges, default=0) * workers_killed
    figures.add("meters above the ledger / at most", f"{above} / {bound}", holds=0 <= above <= bound)
