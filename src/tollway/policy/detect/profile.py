"""What is remembered of a token: enough to tell the unusual from its own past, bounded however it is used."""

from typing import Final

import msgspec

DAYS_KEPT: Final = 35
"""A month and a little, so that what happens once a month is never new."""
PROVIDERS_MAX: Final = 64
CLIENTS_MAX: Final = 32
PLACES_MAX: Final = 1_024
TARGETS_MAX: Final = 64
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400


class Row(msgspec.Struct, gc=False):
    """Calls of one token in one minute from one address with one client, added up."""

    token_id: str
    team_id: str
    second: int
    """When the last of them began."""
    address: str
    agent: str
    calls: int = 0
    errors: int = 0
    """Answered 4xx, but for 429: the caller's own doing."""
    guesses: int = 0
    """Answered 401, 403, 404 or 405: not allowed, or not there."""
    targets: tuple[str, ...] = ()
    """The models and services that guesses were at."""
    cost_nanos: int = 0
    ended: int = 0
    """Refused since the token is revoked or expired."""
    replaced: int = 0
    """Refused since its secret was replaced and the overlap is over."""
    bytes: int = 0
    """Of requests and answers."""


class Busiest(msgspec.Struct, gc=False, array_like=True):
    """The greatest figures of one day: of any of its hours, or at once."""

    requests: int = 0
    cost_nanos: int = 0
    errors: int = 0
    networks: int = 0
    clients: int = 0
    bytes: int = 0


class Hour(msgspec.Struct, gc=False, array_like=True):
    """The running hour."""

    number: int = 0
    requests: int = 0
    cost_nanos: int = 0
    errors: int = 0
    guesses: int = 0
    targets: list[str] = []
    is_unusual: bool = False
    """A spike was found in it: it does not become what is usual."""
    bytes: int = 0


class Profile(msgspec.Struct, array_like=True):
    """A token's past. Lives in the ledger's memory and, encoded, in its database."""

    first_second: int = 0
    active_days: int = 0
    last_day: int = 0
    providers: dict[str, int] = {}
    """Coarse network -> last day of use."""
    clients: dict[str, int] = {}
    """Client -> last day of use."""
    hour: Hour = msgspec.field(default_factory=Hour)
    days: dict[int, Busiest] = {}
    """Day -> its greatest figures; at most DAYS_KEPT of them."""
    networks_now: dict[str, int] = {}
    """Network -> last second of use, of the last minutes."""
    clients_now: dict[str, int] = {}
    """Client -> last second of use, of the last hour."""
    episodes: dict[str, int] = {}
    """What was found -> when it was last true."""
    ended_since: int = 0
    """Since when a secret that ended has been presented; 0: it has not."""
    ended_calls: int = 0

    def age_days(self, second: int) -> int:
        """Return how long ago the token was first used, in whole days."""
        return (second - self.first_second) // DAY

    def busiest(self, *, before_day: int | None = None) -> Busiest:
        """Return the greatest figures of all days that are kept, or of those before one."""
        found = Busiest()
        for day, figures in self.days.items():
            if before_day is not None and day >= before_day:
                continue
            found.requests = max(found.requests, figures.requests)
            found.cost_nanos = max(found.cost_nanos, figures.cost_nanos)
            found.errors = max(found.errors, figures.errors)
            found.networks = max(found.networks, figures.networks)
            found.clients = max(found.clients, figures.clients)
            found.bytes = max(found.bytes, figures.bytes)
        return found

    def begin_episode(self, key: str, second: int, again_seconds: int) -> bool:
        """Return whether this is a new episode, and remember that it is true now.

        An episode goes on for as long as it is true again within `again_seconds`.
        """
        last = self.episodes.get(key)
        self.episodes[key] = max(second, last or 0)
        if len(self.episodes) > PROVIDERS_MAX:
            oldest = min(self.episodes, key=self.episodes.__getitem__)
            del self.episodes[oldest]
        return last is None or second - last > again_seconds


def add_row(profile: Profile, row: Row) -> None:
    """Count a row in the running hour; when its hour is a new one, put the hour before into its day first."""
    number = row.second // HOUR
    hour = profile.hour
    if number > hour.number:
        close_hour(profile)
        hour = profile.hour = Hour(number)
    day = row.second // DAY
    if day > profile.last_day:
        profile.active_days += 1
        profile.last_day = day
        for old in [each for each in profile.days if each <= day - DAYS_KEPT]:
            del profile.days[old]
    if not profile.first_second:
        profile.first_second = row.second
    hour.requests += row.calls
    hour.cost_nanos += row.cost_nanos
    hour.errors += row.errors
    hour.bytes += row.bytes
    hour.guesses += row.guesses
    for target in row.targets:
        if len(hour.targets) < TARGETS_MAX and target not in hour.targets:
            hour.targets.append(target)


def close_hour(profile: Profile) -> None:
    """Make the running hour part of its day, unless something unusual was found in it."""
    hour = profile.hour
    if not hour.number or hour.is_unusual:
        return
    figures = figures_of(profile, hour.number * HOUR // DAY)
    figures.requests = max(figures.requests, hour.requests)
    figures.cost_nanos = max(figures.cost_nanos, hour.cost_nanos)
    figures.errors = max(figures.errors, hour.errors)
    figures.bytes = max(figures.bytes, hour.bytes)


def figures_of(profile: Profile, day: int) -> Busiest:
    """Return the figures of a day, to be raised."""
    found = profile.days.get(day)
    if found is None:
        found = profile.days[day] = Busiest()
    return found


def remember(known: dict[str, int], key: str, value: int, at_most: int) -> None:
    """Put a key; when there are too many, the one with the smallest value is forgotten."""
    known[key] = value
    if len(known) > at_most:
        del known[min(known, key=known.__getitem__)]
