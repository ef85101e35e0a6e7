"""What the console's web face asks of its surroundings: the ports of control/gateway, under the web's own name, and
the two services that are built from much else (configuration, backups).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tollway.control.actor import Actor
from tollway.control.backups.model import Backup
from tollway.control.backups.running import BackupState
from tollway.control.configuration.model import Changes
from tollway.control.gateway.ports import (
    BudgetReading,
    Check,
    ConcurrencyReading,
    LiveSource,
    MeterReader,
    MeterReading,
    NoStats,
    Probe,
    Prober,
    Readiness,
    Readings,
    RequestReading,
    Stat,
    StatsSource,
)

__all__ = [
    "Backups",
    "BudgetReading",
    "Check",
    "ConcurrencyReading",
    "Configuration",
    "LiveSource",
    "MeterReader",
    "MeterReading",
    "NoStats",
    "Probe",
    "Prober",
    "Readiness",
    "Readings",
    "RequestReading",
    "Stat",
    "StatsSource",
]


class Configuration(Protocol):
    """Configuration as one document."""

    def export(self) -> str:
        """Return everything configured as YAML, without secrets."""
        ...

    def apply(self, document: str, actor: Actor, *, dry_run: bool) -> Changes:
        """Bring what the document names to what it says. Raises management.invalid with all faults, .conflict."""
        ...


class Backups(Protocol):
    """Online backups."""

    def create(self, path: Path | None) -> Backup:
        """Write a consistent backup; None: into the data directory. Raises management.conflict, .unavailable."""
        ...

    def begin(self, path: Path | None, ended: Callable[[Backup], None]) -> BackupState:
        """Begin one, and call `ended` when it is whole. Raises management.conflict."""
        ...

    def state(self) -> BackupState:
        """Return how far the newest is that was begun."""
        ...
