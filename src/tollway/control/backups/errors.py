"""Refusals of backup and restore."""

from pathlib import Path

from tollway.kernel.errors import TollwayError


def not_a_backup(detail: str) -> TollwayError:
    """Return management.invalid for an archive that cannot be restored."""
    return TollwayError("management.invalid", public=f"This is not a usable backup: {detail}.")


def newer_backup(database: str, found: str, known: str) -> TollwayError:
    """Return storage.newer_schema for an archive of a newer program."""
    return TollwayError(
        "storage.newer_schema",
        public=f"The backup's {database} database has schema {found}; this program knows schemas up to {known}.",
    )


def not_empty(what: str) -> TollwayError:
    """Return management.conflict: nothing that exists is overwritten."""
    return TollwayError("management.conflict", public=f"Restore into an empty place: {what} exists already.")


def file_exists(path: Path) -> TollwayError:
    """Return management.conflict for a backup that would overwrite a file."""
    return TollwayError("management.conflict", public=f"{path} exists already.", param="path")


def already_running() -> TollwayError:
    """Return management.conflict: one backup at a time."""
    return TollwayError("management.conflict", public="A backup is being written already.")


def cannot_write(error: OSError) -> TollwayError:
    """Return management.unavailable for a disk that refuses."""
    return TollwayError("management.unavailable", public=f"The files cannot be written: {error.strerror}.")
