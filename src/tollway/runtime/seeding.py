"""After a power loss: budgets start from what the ledger knows was spent.

Runs before the first worker does. The meters of this boot are trusted as they are and nothing is asked.
"""

import logging
import time
from collections import defaultdict
from pathlib import Path

from tollway.adapters.ledger_client import LedgerClient
from tollway.adapters.meters import MappedMeters, open_meters, read_boot_id
from tollway.contract.ledger_api import HealthAnswer, HealthQuery, SpentAnswer, SpentQuery, SpentWindowsQuery
from tollway.contract.limits import WINDOW_SECONDS_MAX
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import HOUR_NS

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
            now_ns = time.time_ns()
            answer = client.ask(SpentQuery(now_ns))
            windows = client.ask(SpentWindowsQuery(now_ns - WINDOW_SECONDS_MAX * NANOS_PER_SECOND - HOUR_NS))
        except TollwayError:
            log.exception("the ledger does not say what budgets have spent; they start the period anew")
            return
        seed(meters, answer, windows)
        meters.finish_seeding()
    finally:
        meters.close()


def seed(meters: MappedMeters, latest: object, windows: object) -> None:
    """Raise every meter to what the ledger's answers say. Raises gateway.meters_unavailable."""
    if isinstance(latest, SpentAnswer):
        for row in latest.rows:
            if "~" not in row.budget_id:
                meters.seed_period(row.owner_id, row.budget_id, row.period_start_ns, row.nanos)
    hours: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    lengths: dict[tuple[str, str], int] = {}
    if isinstance(windows, SpentAnswer):
        for row in windows.rows:
            limit_id, _, window = row.budget_id.rpartition("~")
            if window.isdigit():
                # A window that was edited has rows of both lengths; the longest one has room for all.
                limit = row.owner_id, limit_id
                hours[limit].append((row.period_start_ns, row.nanos))
                lengths[limit] = max(lengths.get(limit, 0), int(window))
    for limit, amounts in hours.items():
        meters.seed_window(*limit, lengths[limit], amounts)


def _wait_for_ledger(client: LedgerClient) -> None:
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while time.monotonic() < deadline:
        health = client.ask(HealthQuery())
        if isinstance(health, HealthAnswer) and health.lag_bytes == 0:
            return
        time.sleep(0.05)
