"""A profile stays bounded however a token is used, and can be stored and read back."""

import msgspec

from tollway.contract.watching import DEFAULTS
from tollway.policy.detect.profile import (
    CLIENTS_MAX,
    DAY,
    DAYS_KEPT,
    HOUR,
    PROVIDERS_MAX,
    TARGETS_MAX,
    Profile,
    Row,
    add_row,
    close_hour,
    remember,
)
from tollway.policy.detect.token import look


def row(second: int, **more: object) -> Row:
    return Row("t", "team", second, "192.0.2.1", "curl/8", **{"calls": 1, **more})  # type: ignore[arg-type]


def test_hours_become_part_of_their_day_when_they_end() -> None:
    profile = Profile()
    for second, calls in ((10 * DAY, 5), (10 * DAY + 60, 7), (10 * DAY + HOUR, 4)):
        add_row(profile, row(second, calls=calls, cost_nanos=calls))
    assert profile.days[10].requests == 12 and profile.hour.requests == 4
    assert (profile.active_days, profile.age_days(13 * DAY)) == (1, 3)
    close_hour(profile)
    assert profile.busiest().requests == 12
    assert profile.busiest(before_day=10).requests == 0


def test_an_unusual_hour_does_not_become_usual() -> None:
    profile = Profile()
    add_row(profile, row(10 * DAY, calls=5))
    profile.hour.is_unusual = True
    add_row(profile, row(10 * DAY + HOUR, calls=1))
    assert profile.busiest().requests == 0


def test_everything_that_is_remembered_is_bounded_and_survives_storage() -> None:
    profile = Profile()
    for number in range(3_000):
        seen = Row(
            "t",
            "team",
            (20_000 + number // 40) * DAY + number % 40,
            f"{number % 200}.{number % 250}.0.1",
            f"agent{number}/1",
            1,
            1,
            1,
            tuple(f"model {number * 7 + each}" for each in range(7)),
        )
        look(seen, profile, DEFAULTS)
    assert len(profile.providers) <= PROVIDERS_MAX and len(profile.clients) <= CLIENTS_MAX
    assert len(profile.days) <= DAYS_KEPT and len(profile.hour.targets) <= TARGETS_MAX
    raw = msgspec.msgpack.encode(profile)
    assert len(raw) < 60_000
    assert msgspec.msgpack.encode(msgspec.msgpack.decode(raw, type=Profile)) == raw


def test_an_episode_goes_on_while_it_is_true_again_in_time() -> None:
    profile = Profile()
    said = [profile.begin_episode("x", second, 100) for second in (1_000, 1_050, 1_149, 1_300)]
    assert said == [True, False, False, True]
    for number in range(PROVIDERS_MAX + 10):
        profile.begin_episode(str(number), 2_000 + number, 100)
    assert len(profile.episodes) == PROVIDERS_MAX


def test_the_least_is_forgotten_first() -> None:
    known = {"a": 1, "b": 2}
    remember(known, "c", 3, 2)
    assert known == {"b": 2, "c": 3}
