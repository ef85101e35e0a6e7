"""Which groups the filters of a question mean."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Select, Text, cast, select
from sqlalchemy.sql.expression import ColumnElement

from tollway.adapters.storage import ledger_tables as tables
from tollway.contract.ledger_api import TEAMS_SEPARATOR, Dimension
from tollway.ledger.model import FULL

_GROUPS = tables.groups.c
COLUMNS: Final[dict[Dimension, ColumnElement[str]]] = {
    "token": _GROUPS.token,
    "application": _GROUPS.application,
    "team": _GROUPS.team,
    "service": _GROUPS.service,
    "model": _GROUPS.model,
    "provider": _GROUPS.provider,
    "operation": _GROUPS.operation,
    "outcome": _GROUPS.outcome,
    "status": cast(_GROUPS.status, Text),
}


def full_groups(filters: dict[Dimension, str]) -> Select[Any]:
    """Return the ids of the full groups that match. By an index on token, application or service where one is given."""
    return select(_GROUPS.id).where(_GROUPS.cube == FULL, *filtered(filters))


def filtered(filters: dict[Dimension, str]) -> Iterator[ColumnElement[bool]]:
    """Yield what each filter asks of a group. A status is a number (`429`) or a class (`4xx`)."""
    for dimension, wanted in filters.items():
        if dimension == "team":
            yield COLUMNS[dimension].in_(wanted.split(TEAMS_SEPARATOR))
        elif dimension != "status":
            yield COLUMNS[dimension] == wanted
        elif len(wanted) == 3 and wanted[0].isdecimal() and wanted.endswith("xx"):
            yield _GROUPS.status.between(int(wanted[0]) * 100, int(wanted[0]) * 100 + 99)
        else:
            yield _GROUPS.status == (int(wanted) if wanted.isdecimal() and len(wanted) == 3 else -1)
