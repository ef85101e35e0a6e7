"""When tokens were last used at the management API: one row a token, written at most once a minute.

Implements UseLog (of bearers) and OtherUses (of usage). Calls through the gateway are the ledger's, not this table's.
"""

from collections.abc import Collection

from sqlalchemy import insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import chunks
from tollway.adapters.storage.sessions_schema import management_uses
from tollway.contract.ledger_api import LastUse
from tollway.control.bearers.ports import UseLog
from tollway.control.usage.ports import OtherUses
from tollway.kernel.clock import NANOS_PER_SECOND

_TOUCH_NS = 60 * NANOS_PER_SECOND


class SQLManagementUses:
    """Implements UseLog and OtherUses. Thread-safe."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def note(self, token_id: str, now_ns: int, *, address: str, agent: str) -> None:
        """Remember a use unless one was remembered in the minute before; never moves back. By the primary key."""
        table = management_uses
        query = select(table.c.last_ns).where(table.c.token_id == token_id)
        with self._database.reading() as connection:
            last_ns = connection.execute(query).scalar()
        if last_ns is not None and now_ns - last_ns < _TOUCH_NS:
            return
        seen = {"last_ns": now_ns, "last_address": address, "last_agent": agent}
        with self._database.write():
            connection = self._database.writing()
            later = update(table).where(table.c.token_id == token_id, table.c.last_ns <= now_ns)
            if connection.execute(later.values(seen)).rowcount == 0 and connection.execute(query).scalar() is None:
                connection.execute(insert(table).values(token_id=token_id, first_ns=now_ns, **seen))

    def last_uses(self, token_ids: Collection[str]) -> dict[str, LastUse]:
        """Return the last use of each token that was ever used here, by the primary key. `calls` is 0."""
        table, found = management_uses, {}
        columns = (table.c.token_id, table.c.first_ns, table.c.last_ns, table.c.last_address, table.c.last_agent)
        with self._database.reading() as connection:
            for chunk in chunks(token_ids):
                for row in connection.execute(select(*columns).where(table.c.token_id.in_(chunk))):
                    found[row.token_id] = LastUse(*row, calls=0)
        return found


_: type[UseLog] = SQLManagementUses
_of_usage: type[OtherUses] = SQLManagementUses
