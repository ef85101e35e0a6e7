"""In which order what is over is condensed, and when it is not; the sums are tested with both databases."""

from tollway.ledger.condensing.condenser import GRACE_SECONDS, LOOK_SECONDS, Condenser
from tollway.ledger.model import DAY, HOUR, SPANS, Sums, Unit

FIRST = 640 * DAY
NOW = FIRST + 5 * DAY + 2 * HOUR


class Store:
    """Remembers what was built, in order."""

    def __init__(self, *built: Unit) -> None:
        self.known, self.done = set(built), list[Unit]()

    def built(self):
        return set(self.known)

    def oldest(self, resolution):
        return FIRST + 3 * DAY if resolution == HOUR else FIRST

    def find_plain(self, unit, cube):
        return []

    def find_parts(self, unit, cube, groups):
        return [(1, Sums())]

    def last_group_id(self):
        return 1

    def put(self, unit, sums, groups):
        self.done.append(unit)

    def put_part(self, unit, cube, groups, sums):
        pass

    def mark(self, unit):
        self.done.append(unit)


def make(store: Store) -> Condenser:
    return Condenser(store, lambda groups: ({}, []))  # type: ignore[arg-type]  # as much of it as is needed


def drain(condenser: Condenser, now: int) -> None:
    while condenser.step(now * 10**9):
        pass


def test_the_newest_hours_come_first_then_days_then_spans_from_fine_to_coarse():
    store = Store()
    drain(make(store), NOW)
    hours = [unit.start for unit in store.done if unit.resolution == HOUR]
    assert hours == list(range(NOW - 2 * HOUR, FIRST + 3 * DAY - 1, -HOUR)), "the last hour is not over long enough"
    rest = store.done[len(hours) :]
    assert rest == [
        *(Unit(DAY, FIRST + day * DAY) for day in range(4, -1, -1)),
        Unit(SPANS[0], FIRST),
    ]


def test_an_hour_waits_until_most_of_its_calls_have_ended():
    store = Store()
    condenser = make(store)
    drain(condenser, NOW + GRACE_SECONDS - 1)
    assert Unit(HOUR, NOW - HOUR) not in store.done
    drain(condenser, NOW + GRACE_SECONDS - 1 + LOOK_SECONDS)
    assert Unit(HOUR, NOW - HOUR) in store.done


def test_a_late_call_takes_back_every_unit_that_holds_it():
    store = Store()
    condenser = make(store)
    drain(condenser, NOW)
    late = FIRST + 3 * DAY + 61
    assert condenser.touch({late - late % 60}) == [
        Unit(HOUR, late - late % HOUR),
        Unit(DAY, FIRST + 3 * DAY),
        Unit(SPANS[0], FIRST),
    ]
    assert condenser.touch({late - late % 60}) == []
    store.done.clear()
    drain(condenser, NOW + LOOK_SECONDS)
    assert store.done == [Unit(HOUR, FIRST + 3 * DAY), Unit(DAY, FIRST + 3 * DAY), Unit(SPANS[0], FIRST)]


def test_a_late_call_stops_the_span_under_way():
    store = Store()
    condenser = make(store)
    while Unit(DAY, FIRST) not in store.done:
        condenser.step(NOW * 10**9)
    condenser.step(NOW * 10**9)
    condenser.touch({FIRST})
    drain(condenser, NOW)
    assert Unit(SPANS[0], FIRST) not in store.done
    drain(condenser, NOW + LOOK_SECONDS)
    assert store.done[-2:] == [Unit(DAY, FIRST), Unit(SPANS[0], FIRST)]


def test_what_is_built_already_is_left_alone():
    store = Store(*(Unit(DAY, FIRST + day * DAY) for day in range(5)), Unit(SPANS[0], FIRST))
    drain(make(store), NOW)
    assert {unit.resolution for unit in store.done} == {HOUR}
