"""Security events, rules, decoys and reports are kept the same by both databases."""

from dataclasses import replace

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.security import SQLEventStore, SQLReportStore, SQLRuleStore
from tollway.contract.watching import Spike, Thresholds
from tollway.control.access.model import Reach, Sight
from tollway.control.security.model import (
    Cursor,
    Decoy,
    EventFilter,
    Expectation,
    Received,
    SecurityEvent,
    SecurityRules,
    TeamRules,
)

ALL = Sight(Reach.ALL)


def event(number: int, **changes: object) -> SecurityEvent:
    made = SecurityEvent(
        id=f"sec_{number}",
        kind="spike",
        severity="high",
        subject="tok",
        subject_name="shop",
        is_token=True,
        team_id="team_a",
        owner_id=None,
        detail="requests",
        facts={"address": "192.0.2.1", "in_this_hour": 5, "share": 0.5, "is_new": True},
        state="open",
        created_ns=number,
        last_ns=number,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_events_are_kept_found_paged_counted_and_purged(config: ConfigDatabase) -> None:
    store = SQLEventStore(config)
    events = [event(number) for number in range(1, 6)]
    events[3] = event(4, state="acknowledged", severity="low", team_id="team_b", owner_id="user_1")
    events[4] = event(5, act="revoke", act_state="done", act_ns=50, detail="cost_nanos")
    with config.write():
        for each in events:
            store.add(each)
        store.put(replace(events[0], count=7))
    assert store.find("sec_1") == replace(events[0], count=7) and store.find("sec_9") is None
    assert store.find_open("spike", "tok", "requests") == events[2]
    assert store.find_open("spike", "tok", "other") is None
    assert store.latest("spike", "tok", 5) == events[4] and store.latest("spike", "tok", 6) is None
    first = store.page(EventFilter(), sight=ALL, after=None, limit=2)
    rest = store.page(EventFilter(), sight=ALL, after=first.next, limit=9)
    assert [each.id for each in (*first.items, *rest.items)] == ["sec_5", "sec_4", "sec_3", "sec_2", "sec_1"]
    of_b = Sight(Reach.TEAM, "nobody", frozenset({"team_b"}))
    assert [each.id for each in store.page(EventFilter(), sight=of_b, after=None, limit=9).items] == ["sec_4"]
    own = Sight(Reach.OWN, "user_1")
    assert [each.id for each in store.page(EventFilter(), sight=own, after=None, limit=9).items] == ["sec_4"]
    assert store.page(EventFilter(), sight=Sight(Reach.OWN, ""), after=None, limit=9).items == ()
    assert store.count_open(ALL) == {"high": 4} and store.count_open(of_b) == {}
    assert store.due_revocations(50, 9) == (events[4],) and store.due_revocations(49, 9) == ()
    assert store.in_force("tok") == (events[4],) and store.in_force("other") == ()
    with config.write():
        assert store.purge(100, 9) == 1
    assert store.find("sec_4") is None


def test_rules_expectations_decoys_and_the_cursor_are_replaced_and_removed(config: ConfigDatabase) -> None:
    store = SQLRuleStore(config)
    own = TeamRules("team_a", SecurityRules(Thresholds(spike=Spike(factor=3.5, act="limit"))), 5, "user:1", 2)
    expected, decoy = Expectation("spike", "tok", "", 7, "user:1"), Decoy("id", "bait", "wiki", "tws_id…", 8, "user:1")
    assert store.cursor() == Cursor(0, 1)
    with config.write():
        store.put_rules(TeamRules("team_a", SecurityRules(), 1, "user:1"))
        store.put_rules(own)
        store.put_rules(TeamRules("", SecurityRules(undo_hours=1), 1, "user:1"))
        store.put_expectation(expected)
        store.put_expectation(expected)
        store.add_decoy(decoy)
        store.put_cursor(Cursor(3, 4))
        store.put_cursor(Cursor(2**40, 5))
    assert [each.team_id for each in store.all_rules()] == ["", "team_a"] and store.find_rules("team_a") == own
    assert (store.expectations(), store.decoys(), store.cursor()) == ((expected,), (decoy,), Cursor(2**40, 5))
    with config.write():
        store.remove_rules("team_a")
        store.remove_expectation(expected)
        assert store.remove_decoy("id") and not store.remove_decoy("id")
    assert store.find_rules("team_a") is None and store.expectations() == () and store.decoys() == ()


def test_reports_wait_in_order(config: ConfigDatabase) -> None:
    store = SQLReportStore(config)
    with config.write():
        for number in (2, 1, 3):
            store.add(Received(f"rep_{number}", bytes([number]), number))
    assert store.count() == 3 and [each.id for each in store.first(2)] == ["rep_1", "rep_2"]
    with config.write():
        store.remove("rep_1")
    assert store.first(1) == (Received("rep_2", b"\x02", 2),)
