"""Records as CSV (RFC 4180). A cell that a spreadsheet would run as a formula is prefixed with `'`: names and addresses
in the log are chosen by whoever acted, and an export is opened by whoever looks after that.
"""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(records: Iterable[Sequence[str]]) -> bytes:
    """Return the records, a line each."""
    target = io.StringIO()
    csv.writer(target).writerows([_safe(cell) for cell in record] for record in records)
    return target.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
