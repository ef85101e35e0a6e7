"""Adds up cells into the rows that detectors look at: a token, a minute, an address and a client each. Pure."""

from collections.abc import Sequence

from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.ledger.cells import Counted
from tollway.ledger.model import Sums
from tollway.policy.detect.profile import Row

_GUESSES = frozenset((401, 403, 404, 405))
_LIMITED = 429
_COST = Sums.COLUMNS.index("cost_nanos")
TARGETS_MAX = 16
"""Models and services that one row names."""
ENDED = frozenset(("token.revoked", "token.expired"))
REPLACED = "token.replaced"


def build_rows(cells: Sequence[Counted]) -> list[Row]:
    """Return the rows of calls with a token, in order of time."""
    rows: dict[tuple[str, int, str, str], Row] = {}
    for cell in cells:
        token_id = cell.group.token
        if not token_id:
            continue
        key = (token_id, cell.minute_start, cell.address, cell.agent)
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(token_id, cell.group.team, 0, cell.address, cell.agent)
        _add(row, cell)
    return sorted(rows.values(), key=_second)


def _add(row: Row, cell: Counted) -> None:
    count, status = len(cell.starts), cell.group.status
    row.second = max(row.second, max(cell.starts) // NANOS_PER_SECOND)
    row.calls += count
    row.cost_nanos += cell.sums.counts[_COST]
    row.bytes += cell.bytes_moved
    if 400 <= status < 500 and status != _LIMITED:
        row.errors += count
        if status in _GUESSES:
            row.guesses += count
            _add_guesses(row, cell)


def _add_guesses(row: Row, cell: Counted) -> None:
    """Add what the calls were at, and whether their secret had ended. A model that only the caller named counts."""
    if cell.target not in row.targets and len(row.targets) < TARGETS_MAX:
        row.targets = (*row.targets, cell.target)
    row.ended += sum(cell.codes.get(code, 0) for code in ENDED)
    row.replaced += cell.codes.get(REPLACED, 0)


def _second(row: Row) -> int:
    return row.second
