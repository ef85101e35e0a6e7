"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "info", "warning", "high"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found. `fix` says what to do, as a command where there is one; empty when nothing needs doing."""

    check: str
    severity: Severity
    detail: str
    fix: str = ""
