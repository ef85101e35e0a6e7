"""Usage as CSV (RFC 4180): one line a group. A cell that a spreadsheet would run as a formula is prefixed with `'`."""

import csv
import io

from tollway.contract.ledger_api import Dimension
from tollway.control.usage.shown import UsageItem, UsageOutput

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS = tuple(name for name in UsageItem.model_fields if name not in ("keys", "labels", "start"))


def write_csv(usage: UsageOutput, by: tuple[Dimension, ...]) -> str:
    """Return the sums as CSV with a head line; each dimension has a column for its id and one for its name."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([*(f"{name}{end}" for name in by for end in ("", "_name")), "start", *_NUMBERS])
    for item in usage.items:
        ids = [_safe(text) for name in by for text in (item.keys[name], item.labels[name])]
        writer.writerow([*ids, item.start or "", *(getattr(item, name) for name in _NUMBERS)])
    return target.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
