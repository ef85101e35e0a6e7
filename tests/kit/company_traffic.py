"""Ordinary traffic of one company, made another way than in `traffic.py`: by what happens, not by kinds of tokens.

There is one calendar for everybody: working days, month ends, outages of a provider with the storm of retries that
follows, releases of SDKs that roll out over weeks, deployments, nights on call. People have an office (behind a pool of
addresses, or IPv6), a home (an address that changes, or IPv6 privacy addresses), a telephone (an operator's exits) and
trips; programs have a cloud with few or many exits. Written from the list of situations alone, without looking at what
detectors measure; figures are calls in half an hour. Seeds for measuring were never used for tuning.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tollway.policy.detect.profile import Row

TUNING_SEEDS = tuple(range(4_000, 4_010))
HELD_OUT_SEEDS = tuple(range(7_700, 7_720))

HALF_HOUR = 1_800
FIRST_DAY = date(2025, 3, 3)
"""A Monday."""
_PROGRAMS = ("web", "queue", "nightly", "month_end", "pipeline", "fleet")
_PEOPLE = ("desk", "shift", "traveller", "phone", "on_call")
_SHARES = {
    "web": 14,
    "queue": 8,
    "nightly": 10,
    "month_end": 6,
    "pipeline": 6,
    "fleet": 4,
    "desk": 26,
    "shift": 8,
    "traveller": 8,
    "phone": 6,
    "on_call": 4,
}


def _v4(rng: random.Random) -> str:
    return f"{rng.choice((31, 46, 62, 77, 80, 85, 91, 93, 109, 151, 176, 188, 212))}.{rng.randrange(256)}"


def _v6(rng: random.Random, bits: int) -> str:
    """Return the beginning of an IPv6 network of 32 or 48 bits."""
    groups = [f"2a{rng.randrange(256):02x}", f"{rng.randrange(65_536):x}"]
    if bits == 48:
        groups.append(f"{rng.randrange(65_536):x}")
    return ":".join(groups)


@dataclass
class Operator:
    """A telephone operator: exits in a few networks, shared by everybody; IPv6 a /64 each, new when it reconnects."""

    networks: list[str]
    v6: str

    def exit(self, rng: random.Random) -> str:
        if rng.random() < 0.5:
            return f"{self.v6}:{rng.randrange(65_536):x}:{rng.randrange(65_536):x}::{rng.randrange(1, 65_536):x}"
        return f"{rng.choice(self.networks)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


@dataclass
class Company:
    """What its tokens have in common."""

    seed: int
    weeks: int
    offices: list[list[str]] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    outages: list[tuple[int, int]] = field(default_factory=list)
    """(first, last) half hour."""
    releases: dict[str, int] = field(default_factory=dict)
    """SDK -> the day on which its maker renames the product."""

    def __post_init__(self) -> None:
        rng = random.Random(f"company/{self.seed}")
        for _ in range(3):
            if rng.random() < 0.4:
                self.offices.append([_v6(rng, 48)])
            else:
                start = f"{_v4(rng)}.{rng.randrange(256)}"
                self.offices.append([f"{start}.{rng.randrange(200) + each}" for each in range(rng.randint(1, 4))])
        self.operators = [Operator([_v4(rng) for _ in range(rng.randint(2, 6))], _v6(rng, 32)) for _ in range(4)]
        for _ in range(max(1, self.weeks // 4)):
            first = rng.randrange(self.weeks * 7 * 48)
            self.outages.append((first, first + rng.randint(1, 4)))
        self.releases = {
            sdk: rng.randrange(self.weeks * 7) for sdk in ("openai-python", "acme-sdk") if rng.random() < 0.5
        }

    def load_of_outage(self, slot: int) -> float:
        """Return by how much programs call more: they retry while it lasts, and then do what was left."""
        for first, last in self.outages:
            if first <= slot <= last:
                return 2.5
            if last < slot <= last + 2:
                return 1.8
        return 1.0


@dataclass
class Holder:
    """A token and what is constant about whoever holds it."""

    id: str
    team_id: str
    habit: str
    calls: float
    nanos: int
    agents: list[str]
    office: list[str]
    home: str
    cloud: list[str]
    operator: Operator
    has_v6_home: bool


_SDKS = ("openai-python", "openai-node", "acme-sdk", "anthropic-sdk-python", "go-http-client", "java-http-client")
_TOOLS = ("curl", "httpie", "postman", "jupyter", "vscode", "cursor")


def holders(company: Company, count: int) -> list[Holder]:
    """Return the tokens of the company."""
    rng = random.Random(f"holders/{company.seed}")
    found = []
    for number in range(count):
        habit = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        agents = [rng.choice(_SDKS)]
        if habit in _PEOPLE:
            agents += rng.sample(_TOOLS, rng.randint(0, 3))
        has_v6_home = rng.random() < 0.5
        base = f"{_v4(rng)}.{rng.randrange(256)}"
        exits = rng.randint(3, 12) if habit == "fleet" else rng.randint(1, 3)
        usual = {"web": 400, "queue": 250, "nightly": 2_000, "month_end": 500, "pipeline": 120, "fleet": 900}
        found.append(
            Holder(
                f"c{company.seed:05d}{number:06d}",
                f"team_{number % 5}",
                habit,
                usual.get(habit, 12) * rng.lognormvariate(0, 0.9),
                int(300_000 * rng.lognormvariate(0, 1.2)),
                agents,
                rng.choice(company.offices),
                f"{_v6(rng, 48)}:{rng.randrange(65_536):x}" if has_v6_home else _v4(rng),
                [f"{base}.{rng.randrange(1, 255)}" for _ in range(exits)],
                rng.choice(company.operators),
                has_v6_home,
            )
        )
    return found


def traffic(company: Company, holder: Holder) -> Iterator[Row]:
    """Yield the token's calls, in order of time."""
    rng = random.Random(f"traffic/{company.seed}/{holder.id}")
    trip: tuple[int, int, str] = (-1, -1, "")
    for day in range(company.weeks * 7):
        today = FIRST_DAY + timedelta(days=day)
        _adopt_release(company, holder, day, rng)
        if holder.habit in _PROGRAMS:
            yield from _program_day(company, holder, (day, today), rng)
            continue
        if day > trip[1] and rng.random() < (0.08 if holder.habit == "traveller" else 0.004):
            trip = (day + 1, day + rng.randint(2, 6), f"{_v4(rng)}.{rng.randrange(256)}.{rng.randrange(1, 255)}")
        is_away = trip[0] <= day <= trip[1]
        yield from _persons_day(company, holder, (day, today), rng, trip[2] if is_away else "")


def _adopt_release(company: Company, holder: Holder, day: int, rng: random.Random) -> None:
    """Whoever uses the SDK takes the release within three weeks; its product has another name then."""
    for place, agent in enumerate(holder.agents):
        released = company.releases.get(agent)
        if released is not None and day >= released and rng.random() < 0.08:
            holder.agents[place] = f"{agent}-next"


def _workday_at_month_end(today: date) -> bool:
    following = today + timedelta(days=1)
    while following.weekday() > 4:
        following += timedelta(days=1)
    return today.weekday() < 5 and (following.month != today.month or today.day <= 2)


def _program_day(company: Company, holder: Holder, when: tuple[int, date], rng: random.Random) -> Iterator[Row]:
    day, today = when
    is_month_end, is_weekend = _workday_at_month_end(today), today.weekday() > 4
    deploys = {rng.randrange(18, 34) for _ in range(rng.choice((0, 0, 1, 3)))} if not is_weekend else set()
    broken = rng.randrange(48) if rng.random() < 0.004 else -1
    for half in range(48):
        slot = day * 48 + half
        load = _program_load(holder.habit, half, is_weekend=is_weekend, is_month_end=is_month_end, rng=rng)
        if not load:
            continue
        load *= company.load_of_outage(slot)
        places = holder.cloud if holder.habit != "pipeline" else [_runner(rng) for _ in range(rng.randint(1, 9))]
        if half in deploys:  # the new machines stand beside the old ones for a while
            places = [*places, f"{holder.cloud[0].rsplit('.', 2)[0]}.{rng.randrange(256)}.{rng.randrange(1, 255)}"]
        calls = holder.calls * load * rng.uniform(0.85, 1.2)
        if rng.random() < 0.3:
            places = rng.sample(places, max(1, len(places) // 2))
        for place in places:
            # A release that asks for a model that is gone; somebody rolls it back within the half hour.
            share = 0.9 if half == broken else 0.002
            yield from _calls(holder, slot, (place, holder.agents[0]), calls / len(places), share, rng)


def _program_load(habit: str, half: int, *, is_weekend: bool, is_month_end: bool, rng: random.Random) -> float:
    hour = half / 2
    wave = 0.55 - 0.45 * math.cos((hour - 3) / 24 * 2 * math.pi)
    match habit:
        case "web" | "fleet":
            return wave * (0.6 if is_weekend else 1.0) * (1.3 if is_month_end else 1.0)
        case "queue":
            return rng.choice((0.0, 0.2, 1.0, 2.5)) * wave
        case "nightly":
            return 1.0 if 1 <= hour < (2 if not is_month_end else 4) else 0.0
        case "month_end":
            return (3.0 if is_month_end else 1.0) if 19 <= hour < (20 if not is_month_end else 23) else 0.0
        case _:
            return 0.0 if is_weekend or not 8 <= hour < 20 else rng.choice((0.0, 0.5, 1.0, 3.0))


def _runner(rng: random.Random) -> str:
    return f"{rng.choice((20, 40, 52))}.{rng.randrange(240)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _persons_day(
    company: Company, holder: Holder, when: tuple[int, date], rng: random.Random, hotel: str
) -> Iterator[Row]:
    day, today = when
    is_called = holder.habit == "on_call" and rng.random() < 0.2
    if today.weekday() > 4 and holder.habit not in ("shift", "phone") and not is_called:
        return
    is_at_home = rng.random() < 0.4
    keen = rng.lognormvariate(0, 0.5)
    for half in range(48):
        hour = half / 2
        at_night = is_called and 1 <= hour < 4
        if not at_night and not _is_up(holder.habit, hour, day):
            continue
        if rng.random() < (0.2 if at_night else 0.45):
            continue
        place = _place(company, holder, day, rng, (hotel, is_at_home or at_night))
        agent = rng.choice(holder.agents)
        # Whoever is called at night asks ten times as much as by day.
        load = keen * (10.0 if at_night else 1.0) * (1.6 if _workday_at_month_end(today) else 1.0)
        yield from _calls(
            holder, day * 48 + half, (place, agent), holder.calls * load * rng.uniform(0.1, 2.0), 0.015, rng
        )


def _is_up(habit: str, hour: float, day: int) -> bool:
    if habit == "shift":
        first = (6, 14, 22)[day // 7 % 3]
        return (hour - first) % 24 < 8
    if habit == "phone":
        return 7 <= hour < 23
    return 8.5 <= hour < 18


def _place(company: Company, holder: Holder, day: int, rng: random.Random, where: tuple[str, bool]) -> str:
    hotel, is_at_home = where
    if holder.habit == "phone" or rng.random() < 0.06:
        return holder.operator.exit(rng)
    if hotel:
        return rng.choice(company.operators).exit(rng) if rng.random() < 0.3 else hotel
    if is_at_home and holder.has_v6_home:  # a privacy address a day, in one network (RFC 8981)
        return f"{holder.home}::{(day * 7_919 + hash_of(holder.id)) % 65_536:x}"
    if is_at_home:  # the provider gives another address every few days
        block = (day // 3 * 31 + hash_of(holder.id)) % 65_536
        return f"{holder.home}.{block // 256}.{block % 254 + 1}"
    exit_ = rng.choice(holder.office)
    return exit_ if "." in exit_ else f"{exit_}:{hash_of(holder.id) % 8:x}::{(day + hash_of(holder.id)) % 65_536:x}"


def hash_of(text: str) -> int:
    """Return a number that is the same in every process."""
    return sum(ord(character) * 31**place for place, character in enumerate(text)) % 65_521


def _calls(
    holder: Holder, slot: int, origin: tuple[str, str], calls: float, error_share: float, rng: random.Random
) -> Iterator[Row]:
    count = int(calls) + (rng.random() < calls % 1)
    if not count:
        return
    begin = int(datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC).timestamp())
    errors = min(count, int(count * error_share + rng.random()))
    gone = errors if error_share > 0.5 else min(errors, rng.randrange(2))
    cost = int(count * holder.nanos * rng.lognormvariate(0, 0.4))
    yield Row(
        holder.id,
        holder.team_id,
        begin + slot * HALF_HOUR + rng.randrange(HALF_HOUR),
        origin[0],
        f"{origin[1]}/2.{slot // 336}",
        count,
        errors,
        gone,
        ("old-model",) if gone else (),
        cost,
        bytes=int(count * rng.lognormvariate(8.7, 0.6)),
    )
