"""Backups over the local socket."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tollway.control.audit.model import Subject
from tollway.web.asking import Operate
from tollway.web.fields import Input, Instant, Output, format_instant

router = APIRouter(prefix="/backup", tags=["backup"])


class BackupInput(Input):
    """Where to write; left out: into the data directory's `backups`."""

    path: Annotated[str, Field(min_length=1, max_length=4_096)] | None = None


class BackupOutput(Output):
    """A finished backup. `note` says what is not in it."""

    path: str
    size_bytes: int
    created_at: Instant
    schemas: dict[str, str]
    note: str


@router.post("", status_code=201)
def create_backup(ask: Operate, body: BackupInput | None = None) -> BackupOutput:
    """Copy the databases and the policy as of one instant, while everything runs. The local socket only."""
    path = Path(body.path) if body and body.path else None
    backup = ask.services.backups.create(path)
    ask.services.audit.record(ask.actor, "backup.create", Subject("backup", name=str(backup.path)))
    return BackupOutput(
        path=str(backup.path),
        size_bytes=backup.size,
        created_at=format_instant(backup.manifest.created_ns),
        schemas=backup.manifest.schemas,
        note=backup.manifest.note,
    )
