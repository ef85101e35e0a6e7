"""Alerts are kept the same by both databases."""

from dataclasses import replace

from tollway.adapters.storage.alerts import SQLAlertStore
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.control.access.model import Reach, Sight
from tollway.control.alerts.model import Alert, AlertFilter, AlertState

ALL = Sight(Reach.ALL)


def alert(number: int, **changes: object) -> Alert:
    made = Alert(
        id=f"alrt_{number}",
        kind="budget",
        subject=f"budget/{number}",
        owner_level="team",
        owner_id="team_a",
        owner_name="shop",
        limit_id="bud_1",
        limit_name="month",
        measure="cost",
        alert_percent=80,
        percent=81,
        used=2**62,
        allowed=2**62,
        is_soft=False,
        created_ns=number,
        until_ns=100,
        team_id="team_a",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of Alert


def test_alerts_are_kept_found_paged_counted_and_purged(config: ConfigDatabase) -> None:
    store = SQLAlertStore(config)
    alerts = [alert(number) for number in range(1, 5)]
    alerts[1] = alert(2, team_id=None, user_id="user_1", until_ns=2**63 - 1, used_up_ns=7)
    with config.write():
        for each in alerts:
            store.add(each)
        store.acknowledge(replace(alerts[2], acknowledged_ns=9, acknowledged_by="user:1", note="seen"))
        store.prolong("budget/4", now_ns=99, until_ns=300)
        store.prolong("budget/1", now_ns=100, until_ns=300)  # it is over by then
    assert store.find("alrt_2") == alerts[1] and store.find("alrt_9") is None
    assert (store.find("alrt_4"), store.find("alrt_1")) == (replace(alerts[3], until_ns=300), alerts[0])

    def listed(state: AlertState | None = None, sight: Sight = ALL, now_ns: int = 100) -> list[str]:
        found, after = [], None
        while True:
            page = store.page(AlertFilter(state), sight=sight, now_ns=now_ns, after=after, limit=2)
            found += [each.id for each in page.items]
            after = page.next
            if after is None:
                return found

    assert listed() == ["alrt_4", "alrt_3", "alrt_2", "alrt_1"]
    assert (listed("open"), listed("over"), listed("acknowledged")) == (["alrt_4", "alrt_2"], ["alrt_1"], ["alrt_3"])
    assert listed(sight=Sight(Reach.OWN, "user_1")) == ["alrt_2"] and listed(sight=Sight(Reach.OWN, "")) == []
    assert listed(sight=Sight(Reach.TEAM, "", frozenset({"team_a"}))) == ["alrt_4", "alrt_3", "alrt_1"]
    assert (store.count_open(ALL, 100), store.count_open(Sight(Reach.OWN, "user_1"), 100)) == (2, 1)
    with config.write():
        store.purge(before_ns=200)
    assert listed() == ["alrt_4", "alrt_2"]
