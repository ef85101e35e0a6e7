"""Filters mean the same groups on both databases."""

from sqlalchemy import insert

from tollway.adapters.storage import ledger_tables as tables
from tollway.adapters.storage.ledger_groups import full_groups
from tollway.contract.ledger_api import TEAMS_SEPARATOR
from tollway.ledger.model import FULL, Group

GROUPS = {
    1: Group(FULL, "tokA", "app1", "team1", "", "m1", "prov1", "chat", "ok", "live", 200),
    2: Group(FULL, "tokB", "app1", "team2", "", "m1", "prov2", "embeddings", "refused", "live", 429),
    3: Group(FULL, "tokC", "", "team3", "svc1", "", "", "http", "failed", "live", 503),
    4: Group(1, "", "app1", "team1", "", "m1", "prov1", "chat", "ok", "live", 200),
}


CASES = [
    ({}, {1, 2, 3}),
    ({"token": "tokA"}, {1}),
    ({"application": "app1"}, {1, 2}),
    ({"application": "app1", "model": "m1", "provider": "prov2"}, {2}),
    ({"team": TEAMS_SEPARATOR.join(("team1", "team3"))}, {1, 3}),
    ({"service": "svc1"}, {3}),
    ({"operation": "chat"}, {1}),
    ({"outcome": "failed"}, {3}),
    ({"status": "429"}, {2}),
    ({"status": "4xx"}, {2}),
    ({"status": "5xx"}, {3}),
    ({"status": "xx"}, set()),
    ({"status": "429 OR 1"}, set()),
]


def test_filters_find_the_full_groups_that_match(ledger):
    ingest, reader = ledger
    with ingest._store._begin() as connection:
        rows = [{"id": group_id, **group._asdict()} for group_id, group in GROUPS.items()]
        connection.execute(insert(tables.groups), rows)
    with reader._connect() as connection:
        for filters, wanted in CASES:
            assert set(connection.execute(full_groups(filters)).scalars()) == wanted, filters
