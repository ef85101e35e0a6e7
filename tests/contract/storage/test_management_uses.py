"""Uses of tokens at the management API, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.management_uses import SQLManagementUses
from tollway.adapters.storage.migrate import migrate
from tollway.contract.ledger_api import LastUse

MINUTE_NS = 60 * 10**9


@pytest.fixture
def uses(database, tmp_path: Path) -> SQLManagementUses:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return SQLManagementUses(ConfigDatabase(writer, database("config", writer=False)))


def test_a_use_is_kept_once_a_minute_and_never_moves_back(uses: SQLManagementUses) -> None:
    assert uses.last_uses(["a"]) == {}
    for now_ns, address in ((10, "a"), (11, "b"), (10 + MINUTE_NS, "c"), (20, "d"), (9 + 2 * MINUTE_NS, "e")):
        uses.note("a", now_ns, address=address, agent="curl")
    uses.note("b", 7, address="::1", agent="")
    assert uses.last_uses(["a", "b", "c"]) == {
        "a": LastUse("a", 10, 10 + MINUTE_NS, "c", "curl", 0),
        "b": LastUse("b", 7, 7, "::1", "", 0),
    }


def test_of_simultaneous_first_uses_one_is_kept(uses: SQLManagementUses) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: uses.note("a", 1 + n, address=str(n), agent=""), range(8)))
    assert uses.last_uses(["a"]).keys() == {"a"}
