"""After a power loss: budgets start from what the ledger knows was spent.

Runs before the first worker does. The meters of this boot are trusted as they are and nothing is asked.
"""

import logging
import time
from pathlib import Path

from tollway.adapters.ledger_client import LedgerClient
from tollway.adapters.meters import open_meters, read_boot_id
from tollway.contract.ledger_api import HealthAnswer, HealthQuery, SpentAnswer, SpentQuery
from tollway.kernel.errors import TollwayError

log = logging.getLogger(__name__)

CATCH_UP_SECONDS = 30.0


def meters_are_new(data: Path) -> bool:
    """Whether budgets must be seeded before workers run: there are no meters of this boot, or they were not seeded."""
    path = data / "meters.mm"
    if not path.exists():
        return True
    meters, needs_seed = open_meters(path, read_boot_id())
    meters.close()
    return needs_seed


def seed_meters(data: Path) -> None:
    """Seed the budgets when the meters are new. Blocking; tries for half a minute while the ledger catches up.

    Raises gateway.meters_unavailable. Without the ledger's answer budgets begin the period anew, which is logged.
    """
    meters, needs_seed = open_meters(data / "meters.mm", read_boot_id())
    try:
        if not needs_seed:
            return
        client = LedgerClient(data / "run" / "ledger.sock")
        try:
            _wait_for_ledger(client)
            answer = client.ask(SpentQuery(time.time_ns()))
        except TollwayError:
            log.exception("the ledger does not say what budgets have spent; they start the period anew")
            return
        if isinstance(answer, SpentAnswer):
            for row in answer.rows:
                meters.seed_budget(row.owner_id, row.budget_id, row.period_start_ns, row.nanos)
        meters.finish_seeding()
    finally:
        meters.close()


def _wait_for_ledger(client: LedgerClient) -> None:
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while time.monotonic() < deadline:
        health = client.ask(HealthQuery())
        if isinstance(health, HealthAnswer) and health.lag_bytes == 0:
            return
        time.sleep(0.05)
