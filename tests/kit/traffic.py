"""Ordinary traffic, made by a fixed generator from seeds: what people, programs and jobs do when nothing is wrong.

Offices behind one address, shifts, deployments that raise the client's version, nightly and month-end jobs, people who
travel, phones that change networks, CI runners in many clouds; keys typed wrong, programs with another maker's key or a
token of another installation, and programs that were not told of a rotation at once. Numbers are in calls a ten
minutes. Seeds for tuning and seeds for measuring are apart; nothing here knows what a detector looks for.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tollway.contract.records import Refused
from tollway.policy.detect.profile import Row

TUNING_SEEDS = tuple(range(100, 110))
HELD_OUT_SEEDS = tuple(range(900, 920))

SLOT = 600
DAY = 86_400
WEEK = 7 * DAY
BEGIN = 20_000 * DAY + 4 * DAY
"""A Monday in 2024."""

Source = Callable[["Token", random.Random, int], Iterator[Row]]


@dataclass
class Token:
    """One token, and who uses it. `networks` are the places it is used from."""

    id: str
    team_id: str
    kind: str
    zone_hours: int
    rate: float
    cost_nanos: int
    networks: list[str]
    clients: list[str]
    version: list[int] = field(default_factory=lambda: [1, 0])
    growth: float = 1.0

    def agent(self, index: int = 0) -> str:
        return f"{self.clients[index % len(self.clients)]}/{self.version[0]}.{self.version[1]} python/3.11"


def address(rng: random.Random, network: str) -> str:
    """Return an address in a /24, given by its first three numbers."""
    return f"{network}.{rng.randint(1, 254)}"


def random_network(rng: random.Random) -> str:
    return f"{rng.randint(11, 220)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}"


CLIENTS = [
    "openai-python",
    "openai-node",
    "anthropic-sdk-python",
    "curl",
    "python-httpx",
    "langchain",
    "axios",
    "go-http-client",
]
KINDS = {
    "office": 0.28,
    "shared": 0.08,
    "shift": 0.08,
    "service": 0.22,
    "batch": 0.12,
    "traveller": 0.08,
    "mobile": 0.07,
    "runner": 0.07,
}


def make_tokens(seed: int, count: int) -> list[Token]:
    """Return the tokens of an installation: eight people and programs share an office, and so its address."""
    rng = random.Random(f"tokens/{seed}")
    offices = [f"{random_network(rng)}.{rng.randint(1, 254)}" for _ in range(max(1, count // 8))]
    tokens = []
    for number in range(count):
        kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
        rate = {"office": 6.0, "shared": 60.0, "shift": 40.0, "service": 300.0, "batch": 900.0, "runner": 60.0}.get(
            kind, 8.0
        )
        tokens.append(
            Token(
                id=f"t{seed:05d}{number:06d}",
                team_id=f"team_{number % 7}",
                kind=kind,
                zone_hours=rng.choice([-8, -5, 0, 1, 1, 1, 5, 9]),
                rate=rate * rng.lognormvariate(0, 0.8),
                cost_nanos=int(400_000 * rng.lognormvariate(0, 1.0)),
                networks=[offices[number % len(offices)], address(rng, random_network(rng))],
                clients=rng.sample(CLIENTS, 6 if kind == "shared" else 2 if kind in ("office", "traveller") else 1),
                growth=1.0 + rng.random() * 0.06,
            )
        )
    return tokens


def rows_of(token: Token, seed: int, weeks: int) -> Iterator[Row]:
    """Yield a token's calls, in order of time."""
    rng = random.Random(f"rows/{seed}/{token.id}")
    make = {"traveller": _traveller, "mobile": _mobile, "runner": _runner, "batch": _batch, "service": _service}
    source = make.get(token.kind, _people)
    for week in range(weeks):
        if rng.random() < 0.5:
            token.version[1] += 1  # a deployment
        if rng.random() < 0.03:
            token.version = [token.version[0] + 1, 0]
        if token.kind in ("office", "shared", "traveller") and rng.random() < 0.05:
            token.clients.append(rng.choice(CLIENTS))  # somebody tries another library
        token.rate *= token.growth
        yield from source(token, rng, BEGIN + week * WEEK)
    yield from _after_rotation(token, rng, BEGIN + weeks * WEEK)


def _row(token: Token, second: int, where: str, agent: str, calls: float, rng: random.Random) -> Iterator[Row]:
    count = int(calls) + (rng.random() < calls % 1)
    if not count:
        return
    errors = sum(rng.random() < 0.01 for _ in range(min(count, 200)))
    guesses = min(errors, rng.choice((0, 0, 1)))
    targets = (rng.choice(["gpt-4o", "claude", "old-model"]),) if guesses else ()
    yield Row(
        token.id,
        token.team_id,
        second + rng.randrange(SLOT),
        where,
        agent,
        count,
        errors,
        guesses,
        targets,
        cost := int(count * token.cost_nanos * rng.uniform(0.5, 1.6)),
        # Text is paid for by its length: what costs more is longer.
        bytes=cost // 50,
    )


def _local_hour(token: Token, second: int) -> float:
    return (second / 3_600 + token.zone_hours) % 24


def _is_workday(token: Token, second: int) -> bool:
    return ((second + token.zone_hours * 3_600 - BEGIN) // DAY) % 7 < 5


def _people(token: Token, rng: random.Random, start: int) -> Iterator[Row]:
    """Office hours or shifts; some days from home; now and then an afternoon of experiments; weeks of holiday."""
    if token.kind == "office" and rng.random() < 0.06:
        return
    for day in range(7):
        at_home = token.kind == "office" and rng.random() < 0.3
        burst = rng.lognormvariate(1.2, 0.5) if rng.random() < 0.05 else 1.0
        for slot in range(DAY // SLOT):
            second = start + day * DAY + slot * SLOT
            hour = _local_hour(token, second)
            if token.kind == "shift":
                level = 1.0 if hour < 22 else 0.5
            elif not _is_workday(token, second) or not 8 <= hour < 19:
                continue
            else:
                level = 0.4 if 12 <= hour < 13 else 1.0
            if rng.random() > 0.6:
                continue
            where = token.networks[1 if at_home else 0]
            agent = token.agent(rng.randrange(6))
            yield from _row(token, second, where, agent, token.rate * level * burst * rng.uniform(0.2, 1.8), rng)


def _service(token: Token, rng: random.Random, start: int) -> Iterator[Row]:
    """Around the clock, less at night; a campaign doubles or triples an evening; servers share a network."""
    campaign = rng.randrange(7) if rng.random() < 0.1 else -1
    network = token.networks[1].rsplit(".", 1)[0]
    for slot in range(WEEK // SLOT):
        second = start + slot * SLOT
        hour = _local_hour(token, second)
        level = 0.3 if hour < 6 else 1.0 if hour < 18 else 1.4
        if slot * SLOT // DAY == campaign and 18 <= hour < 22:
            level *= rng.uniform(2, 3)
        where = f"{network}.{10 + slot % 3}"
        yield from _row(token, second, where, token.agent(), token.rate * level * rng.uniform(0.8, 1.2), rng)


def _batch(token: Token, rng: random.Random, start: int) -> Iterator[Row]:
    """An hour each night, three on Sundays, and four times as much in the week that a month ends in."""
    factor = 4.0 if (start // WEEK) % 4 == 0 else 1.0
    for day in range(7):
        begin = start + day * DAY + (2 - token.zone_hours) % 24 * 3_600 + rng.randrange(1_800)
        for slot in range(18 if day == 6 else 6):
            calls = token.rate * factor * rng.uniform(0.7, 1.3)
            yield from _row(token, begin + slot * SLOT, token.networks[1], token.agent(), calls, rng)


def _traveller(token: Token, rng: random.Random, start: int) -> Iterator[Row]:
    """As in an office, but every few weeks from hotels and airports; seldom with a library never used before."""
    trip = rng.random() < 0.25
    hotel = address(rng, random_network(rng))
    stops = [address(rng, random_network(rng)) for _ in range(3)]
    if trip and rng.random() < 0.005:
        token.clients.insert(0, "brand-new-tool")
    for day in range(7):
        is_away = trip and 1 <= day <= 4
        if not is_away and day > 4:
            continue
        for slot in range(48, 120):
            if rng.random() > 0.4:
                continue
            second = start + day * DAY + slot * SLOT
            where = token.networks[0] if not is_away else rng.choice(stops) if slot < 54 else hotel
            yield from _row(
                token, second, where, token.agent(rng.randrange(2)), token.rate * rng.uniform(0.2, 1.5), rng
            )


def _mobile(token: Token, rng: random.Random, start: int) -> Iterator[Row]:
    """A telephone: its operator's addresses by the hour, wireless networks in between, abroad now and then."""
    operator = [f"{100 + int(token.id[-2:]) % 60}.{number}" for number in range(40, 46)]
    for day in range(7):
        abroad = rng.random() < 0.03
        for slot in range(36, 138):
            if rng.random() > 0.25:
                continue
            prefix = f"{rng.randint(11, 220)}.{rng.randint(0, 255)}" if abroad else rng.choice(operator)
            where = token.networks[1] if rng.random() < 0.3 else f"{prefix}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
            second = start + day * DAY + slot * SLOT
            yield from _row(token, second, where, token.agent(), token.rate * rng.uniform(0.1, 1.0), rng)


def _runner(token: Token, rng: random.Random, start: int) -> Iterator[Row]:
    """Pipelines in working hours, each on some runners of a cloud; a release day has three times as many."""
    for day in range(5):
        is_release = rng.random() < 0.08
        for slot in range(48, 120):
            if rng.random() > 0.3:
                continue
            second = start + day * DAY + slot * SLOT
            for _ in range(rng.randint(1, 8) * (3 if is_release else 1)):
                yield from _row(
                    token, second, _runner_address(rng), token.agent(), token.rate / 8 * rng.uniform(0.3, 1.2), rng
                )


def _after_rotation(token: Token, rng: random.Random, start: int) -> Iterator[Row]:
    """One in twenty was not told of a rotation in time; it is within the hour, by its errors."""
    if rng.random() > 0.05:
        return
    for minute in range(rng.randint(1, 45)):
        calls, second = max(1, int(token.rate / 10)), start + minute * 60
        where, agent = _usual_place(token, rng), token.agent()
        yield Row(token.id, token.team_id, second, where, agent, calls, calls, calls, replaced=calls)


def _usual_place(token: Token, rng: random.Random) -> str:
    if token.kind == "runner":
        return _runner_address(rng)
    if token.kind == "mobile":
        return f"{100 + int(token.id[-2:]) % 60}.{rng.randint(40, 45)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
    return token.networks[1 if token.kind in ("service", "batch") else 0]


def _runner_address(rng: random.Random) -> str:
    cloud = rng.choice((4, 13, 20, 40, 52, 104))
    return f"{cloud}.{rng.randint(0, 60)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def refusals_of(seed: int, people: int, weeks: int) -> Iterator[tuple[int, Refused]]:
    """Yield what is refused without a token in an installation of so many people, in order of time.

    Typing errors, programs that hold another maker's key and try again and again, tokens of another installation.
    """
    rng = random.Random(f"refusals/{seed}")
    offices = [f"198.18.{number}.1" for number in range(max(1, people // 8))]
    found: list[tuple[int, Refused]] = []
    for _ in range(int(people * weeks * 0.5)):
        second, where = BEGIN + rng.randrange(weeks * WEEK), rng.choice(offices)
        what = rng.random()
        marks = (rng.randrange(4_096),)
        if what < 0.6:  # pasted without its end, twice or thrice
            times, gap, refused = rng.randint(1, 3), 7, Refused(where, "malformed", "", 1, marks, "curl/8")
        elif what < 0.85:  # the key of another maker, tried again for an hour
            times, gap, refused = 180, 20, Refused(where, "malformed", "", 3, marks, "openai-python/1")
        else:  # a token of the staging installation in production
            other = f"stage{rng.randrange(10):07d}"
            times, gap, refused = 40, 30, Refused(where, "unknown", other, 1, marks, "openai-python/1")
        found += [(second + gap * number, refused) for number in range(times)]
    found.sort(key=lambda each: each[0])
    yield from found
