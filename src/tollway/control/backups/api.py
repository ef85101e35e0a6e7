"""Backups over the local socket."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tollway.control.audit.model import Subject
from tollway.control.backups.model import Backup
from tollway.control.backups.running import BackupState, Stage
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


class BackupStateOutput(Output):
    """How far the newest backup is. `total_bytes` null: not known yet; `code` and `detail`: why it failed."""

    state: Stage
    done_bytes: int
    total_bytes: int | None
    backup: BackupOutput | None
    code: str | None
    detail: str | None


@router.post("/begin", status_code=202)
def begin_backup(ask: Operate, body: BackupInput | None = None) -> BackupStateOutput:
    """Begin a backup, and answer at once; GET says how far it is. One at a time. The local socket only."""
    path = Path(body.path) if body and body.path else None
    audit, actor = ask.services.audit, ask.actor

    def ended(backup: Backup) -> None:
        audit.record(actor, "backup.create", Subject("backup", name=str(backup.path)))

    return _show_state(ask.services.backups.begin(path, ended))


@router.get("")
def get_backup(ask: Operate) -> BackupStateOutput:
    """Say how far the newest backup is that was begun here since the console started."""
    return _show_state(ask.services.backups.state())


@router.post("", status_code=201)
def create_backup(ask: Operate, body: BackupInput | None = None) -> BackupOutput:
    """Copy the databases and the policy as of one instant, while everything runs. The local socket only."""
    path = Path(body.path) if body and body.path else None
    backup = ask.services.backups.create(path)
    ask.services.audit.record(ask.actor, "backup.create", Subject("backup", name=str(backup.path)))
    return _show(backup)


def _show(backup: Backup) -> BackupOutput:
    return BackupOutput(
        path=str(backup.path),
        size_bytes=backup.size,
        created_at=format_instant(backup.manifest.created_ns),
        schemas=backup.manifest.schemas,
        note=backup.manifest.note,
    )


def _show_state(state: BackupState) -> BackupStateOutput:
    return BackupStateOutput(
        state=state.stage,
        done_bytes=state.done_bytes,
        total_bytes=state.total_bytes,
        backup=None if state.backup is None else _show(state.backup),
        code=None if state.error is None else state.error.code.name,
        detail=None if state.error is None else state.error.public,
    )
