"""What calls cost, as the management API tells it."""

import json
import time
from collections.abc import Collection
from decimal import Decimal

from kit.instance import Tollway
from tollway.cli.unix_http import UnixAPI


def costs(tollway: Tollway, request_ids: Collection[str]) -> dict[str, Decimal | None]:
    """Return the cost of each call in USD, None for one that is unpriced; waits until the ledger has all of them."""
    api = UnixAPI(tollway.data / "run" / "console.sock")
    found: dict[str, Decimal | None] = {}
    for _ in range(50):
        cursor = ""
        while cursor is not None:
            after = f"&cursor={cursor}" if cursor else ""
            answer = api.request("GET", f"/api/v1/calls?limit=200{after}", {"host": "localhost"}, b"")
            assert answer.status == 200, answer.body
            page = json.loads(answer.body)
            for call in page["items"]:
                found[call["request_id"]] = None if call["cost_usd"] is None else Decimal(call["cost_usd"])
            cursor = page["next_cursor"]
        if set(request_ids) <= found.keys():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{len(set(request_ids) - found.keys())} calls are not in the ledger")
